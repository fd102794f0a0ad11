-- flowdbg in Neovim: the plugin's functions.
--
--   require('flowdbg').setup({ cmd = { '/path/to/flowdbg' } })   -- optional
local config = require('flowdbg.config')
local dap = require('flowdbg.dap')
local lsp = require('flowdbg.lsp')
local recognise = require('flowdbg.recognise')

local M = {}

-- Buffers that were recognised. One that was stays known while it is loaded,
-- so that an edit of its first lines does not detach the server.
local known = {}

--- Changes options; see :help flowdbg-setup.
function M.setup(options)
  config.set(options or {})
  if next(known) then M.restart() end
end

--- Whether a buffer is a workflow.
M.is_workflow = recognise.is_workflow

--- Looks at a buffer, and takes care of it if it is a workflow, or the settings of the checks.
function M.look(buffer)
  if known[buffer] or not vim.api.nvim_buf_is_loaded(buffer) or vim.bo[buffer].buftype ~= '' then return end
  if not (recognise.is_settings(buffer) or recognise.is_workflow(buffer)) then return end
  known[buffer] = true
  lsp.attach(buffer)
  if config.options.dap then dap.register() end
end

--- Forgets a buffer that is gone.
function M.forget(buffer)
  known[buffer] = nil
end

--- Stops the language server and starts it for every workflow buffer.
function M.restart()
  lsp.stop(function()
    for buffer in pairs(known) do lsp.attach(buffer) end
  end)
end

--- Debugs the workflow in the current buffer with nvim-dap.
function M.debug()
  dap.debug(vim.api.nvim_get_current_buf())
end

--- What :FlowdbgInfo prints, as a list of lines.
function M.info()
  local buffer = vim.api.nvim_get_current_buf()
  local attached = #vim.lsp.get_clients({ bufnr = buffer, name = lsp.name }) > 0
  local program = config.command()[1]
  local path = vim.fn.exepath(program)
  return {
    'program: ' .. (path ~= '' and path or ('"' .. program .. '" was not found')),
    'this buffer: ' .. (recognise.is_settings(buffer) and 'the settings of the checks'
      or recognise.is_workflow(buffer) and 'a workflow' or 'not a workflow'),
    'language server: ' .. (attached and 'attached' or 'not attached'),
    'nvim-dap: ' .. (pcall(require, 'dap') and 'installed' or 'not installed'),
  }
end

return M
