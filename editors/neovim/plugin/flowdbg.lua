-- Loaded at start: only watches for workflow files. The rest is loaded with
-- the first YAML or JSON buffer.
if vim.g.loaded_flowdbg or vim.fn.has('nvim-0.10') == 0 then return end
vim.g.loaded_flowdbg = true

local group = vim.api.nvim_create_augroup('flowdbg', {})
-- TOML for flowdbg.toml, the settings of the checks.
local filetypes = { yaml = true, json = true, jsonc = true, toml = true }

vim.api.nvim_create_autocmd('FileType', {
  group = group,
  pattern = vim.tbl_keys(filetypes),
  desc = 'Attach flowdbg to workflow files',
  callback = function(event) require('flowdbg').look(event.buf) end,
})
-- A file can become a workflow while it is written.
vim.api.nvim_create_autocmd({ 'InsertLeave', 'TextChanged', 'BufWritePost' }, {
  group = group,
  desc = 'Attach flowdbg to files that have become workflows',
  callback = function(event)
    if filetypes[vim.bo[event.buf].filetype] then require('flowdbg').look(event.buf) end
  end,
})
vim.api.nvim_create_autocmd('BufUnload', {
  group = group,
  desc = 'Forget workflow buffers that are gone',
  callback = function(event)
    if package.loaded.flowdbg then require('flowdbg').forget(event.buf) end
  end,
})

local function command(name, desc, run)
  vim.api.nvim_create_user_command(name, run, { desc = desc })
end
command('FlowdbgInfo', 'What flowdbg knows of this buffer', function()
  for _, line in ipairs(require('flowdbg').info()) do print(line) end
end)
command('FlowdbgRestart', 'Restart the flowdbg language server', function() require('flowdbg').restart() end)
command('FlowdbgDebug', 'Debug the workflow in this buffer', function() require('flowdbg').debug() end)
