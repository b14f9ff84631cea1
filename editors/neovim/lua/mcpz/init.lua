--- Starts `mcpz lsp` for the package of each policy file. Needs nothing but Neovim 0.7.

local M = {}

local defaults = { cmd = { "mcpz", "lsp" }, on_attach = nil, capabilities = nil }
local options = defaults
--- Clients by root, so that the files of a package share one.
local clients = {}
local warned = false

--- The folder of `mcpz.toml` above a file, else its own folder.
local function root_of(file)
  local folder = vim.fn.fnamemodify(file, ":p:h")
  local manifest = vim.fn.findfile("mcpz.toml", vim.fn.escape(folder, " ,;") .. ";")
  return manifest ~= "" and vim.fn.fnamemodify(manifest, ":p:h") or folder
end

--- Attaches a buffer to the server of its package; starts the server if it does not run.
function M.attach(buffer)
  local file = vim.api.nvim_buf_get_name(buffer)
  if file == "" then
    return nil
  end
  if vim.fn.executable(options.cmd[1]) == 0 then
    if not warned then
      warned = true
      vim.notify(
        "mcpz: " .. options.cmd[1] .. " cannot be run. Build it with `cargo build --release -p mcpz` and put it on PATH.",
        vim.log.levels.WARN
      )
    end
    return nil
  end
  local root = root_of(file)
  local id = clients[root]
  if id == nil or vim.lsp.get_client_by_id(id) == nil then
    id = vim.lsp.start_client({
      name = "mcpz",
      cmd = options.cmd,
      root_dir = root,
      workspace_folders = { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ":t") } },
      on_attach = options.on_attach,
      capabilities = options.capabilities,
    })
    clients[root] = id
  end
  if id ~= nil then
    vim.lsp.buf_attach_client(buffer, id)
  end
  return id
end

--- Sets the plugin up. `cmd`: how to start the server; `on_attach` and `capabilities` as everywhere in `vim.lsp`.
function M.setup(given)
  options = vim.tbl_extend("force", defaults, given or {})
  local group = vim.api.nvim_create_augroup("mcpz", { clear = true })
  vim.api.nvim_create_autocmd("FileType", {
    group = group,
    pattern = "mcpz",
    callback = function(event)
      M.attach(event.buf)
    end,
  })
end

return M
