--- A session in a headless Neovim: `nvim --headless -u NONE -l`-like, run by `tests/tests/neovim.rs` with
--- `nvim --headless -u NONE --cmd 'set rtp+=PLUGIN' -c 'luafile session.lua'`. MCPZ names the binary, PACKAGE a package made by `mcpz new`.
--- It ends with 0 and prints one line for each thing that worked, or with 1 and says what did not.

local package = vim.env.PACKAGE
local WAIT = 20000

local function fail(text)
  io.stdout:write("FAILED " .. text .. "\n")
  vim.cmd("cquit 1")
end

local function ok(text)
  io.stdout:write("ok " .. text .. "\n")
end

local function wait(what, condition)
  if not vim.wait(WAIT, condition, 20) then
    fail(what)
  end
  ok(what)
end

local function position(row, column)
  return { textDocument = vim.lsp.util.make_text_document_params(), position = { line = row, character = column } }
end

local function request(method, params)
  local answers = vim.lsp.buf_request_sync(0, method, params, WAIT) or {}
  for _, answer in pairs(answers) do
    if answer.error then
      fail(method .. ": " .. vim.inspect(answer.error))
    end
    return answer.result
  end
  fail(method .. " was not answered")
end

--- The first line that holds a text, and the column of it, from zero.
local function find(text)
  for row, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local at = line:find(text, 1, true)
    if at then
      return row - 1, at - 1
    end
  end
  fail("no `" .. text .. "` in the buffer")
end

vim.cmd("filetype plugin on")
vim.cmd("syntax on")
require("mcpz").setup({ cmd = { vim.env.MCPZ, "lsp" } })
vim.cmd("edit " .. package .. "/policy/rules.mcpz")
if vim.bo.filetype ~= "mcpz" then
  fail("the file type is " .. vim.bo.filetype)
end
ok("file type")
if vim.b.current_syntax ~= "mcpz" then
  fail("no syntax file")
end
local first = find("permit employee")
if vim.fn.synIDattr(vim.fn.synID(first + 1, 1, 1), "name") == "" then
  fail("`permit` is not highlighted")
end
ok("highlighting")
wait("client", function()
  local client = vim.lsp.buf_get_clients(0)[1] or select(2, next(vim.lsp.buf_get_clients(0)))
  return client ~= nil and client.initialized
end)

-- A tool that does not exist is underlined, with its code.
local row = find("read_note}")
local line = vim.api.nvim_buf_get_lines(0, row, row + 1, false)[1]
vim.api.nvim_buf_set_lines(0, row, row + 1, false, { (line:gsub("read_note}", "read_noet}")) })
wait("diagnostics", function()
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    if diagnostic.message:find("read_noet", 1, true) and diagnostic.lnum == row then
      return true
    end
  end
  return false
end)
vim.api.nvim_buf_set_lines(0, row, row + 1, false, { line })
wait("diagnostics go", function()
  return #vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR }) == 0
end)

-- After `notes.` come the tools.
local last = vim.api.nvim_buf_line_count(0)
vim.api.nvim_buf_set_lines(0, last, last, false, { "", "permit employee to call notes." })
local items = request("textDocument/completion", position(last + 1, #"permit employee to call notes."))
items = items and (items.items or items) or {}
local labels = {}
for _, item in ipairs(items) do
  labels[item.label] = true
end
if not (labels["read_note"] and labels["delete_note"]) then
  fail("completion: " .. vim.inspect(vim.tbl_keys(labels)))
end
ok("completion")
vim.api.nvim_buf_set_lines(0, last, last + 2, false, {})

local capabilities = select(2, next(vim.lsp.buf_get_clients(0))).server_capabilities
if capabilities.hoverProvider then
  local at, column = find("read_note")
  local hover = request("textDocument/hover", position(at, column + 1))
  if not (hover and vim.inspect(hover.contents):find("Read a note", 1, true)) then
    fail("hover: " .. vim.inspect(hover))
  end
  ok("hover")
end
if capabilities.renameProvider then
  vim.cmd("edit " .. package .. "/policy/who.mcpz")
  vim.wait(WAIT, function() return next(vim.lsp.buf_get_clients(0)) ~= nil end, 20)
  local at, column = find("role editor")
  local params = position(at, column + #"role ")
  params.newName = "author"
  local edit = request("textDocument/rename", params)
  local files = vim.tbl_count((edit or {}).changes or {}) + #((edit or {}).documentChanges or {})
  if files < 2 then
    fail("rename changes " .. files .. " files: " .. vim.inspect(edit))
  end
  ok("rename")
end
vim.cmd("qall!")
