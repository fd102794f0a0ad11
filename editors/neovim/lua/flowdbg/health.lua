-- :checkhealth flowdbg
local config = require('flowdbg.config')

local M = {}

function M.check()
  vim.health.start('flowdbg')
  if vim.fn.has('nvim-0.10') == 1 then
    vim.health.ok('Neovim is 0.10 or newer')
  else
    vim.health.error('Neovim 0.10 or newer is needed')
  end
  local program = config.command()[1]
  if vim.fn.executable(program) == 1 then
    vim.health.ok('the program is ' .. vim.fn.exepath(program))
  else
    vim.health.error(
      ('no program "%s" was found'):format(program),
      { 'Install flowdbg and have it on PATH', "or name it: require('flowdbg').setup({ cmd = { '/path/to/flowdbg' } })" }
    )
  end
  if pcall(require, 'dap') then
    vim.health.ok('nvim-dap is installed')
  else
    vim.health.warn('nvim-dap is not installed: workflows can be edited but not debugged')
  end
end

return M
