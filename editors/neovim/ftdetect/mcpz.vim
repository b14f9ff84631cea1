autocmd BufRead,BufNewFile *.mcpz setfiletype mcpz
autocmd BufRead,BufNewFile mcpz.lock setfiletype toml
