-- What nvim-dap needs to know, where it is installed.
local config = require('flowdbg.config')
local recognise = require('flowdbg.recognise')

local M = {}

M.type = 'flowdbg'

--- The adapter's entry of dap.adapters.
function M.adapter()
  local command = config.command('dap')
  return { type = 'executable', command = command[1], args = vim.list_slice(command, 2) }
end

--- The launch configurations for a buffer: none if it is not a workflow.
function M.configurations(buffer)
  if not recognise.is_workflow(buffer) then return {} end
  local program = vim.api.nvim_buf_get_name(buffer)
  local function launch(name, more)
    return vim.tbl_extend('force', {
      type = M.type,
      request = 'launch',
      name = name,
      program = program,
    }, more)
  end
  return {
    launch('Debug workflow', {}),
    launch('Debug workflow, stop on entry', { stopOnEntry = true }),
    launch('Run workflow without debugging', { noDebug = true }),
  }
end

--- Registers adapter and configurations. Returns whether a usable nvim-dap is there.
function M.register()
  local found, dap = pcall(require, 'dap')
  -- A provider is asked for each buffer, so that other YAML files get nothing.
  -- It came with nvim-dap 0.8.
  if not found or not dap.providers then return false end
  -- A function, so that a later setup() is heeded.
  dap.adapters[M.type] = dap.adapters[M.type] or function(callback)
    if config.require_program() then callback(M.adapter()) end
  end
  dap.providers.configs[M.type] = function(buffer) return M.configurations(buffer) end
  return true
end

--- Debugs the workflow in a buffer, as :FlowdbgDebug does.
function M.debug(buffer)
  local configuration = M.configurations(buffer)[1]
  if not configuration then
    vim.notify('flowdbg: this buffer is not a workflow file', vim.log.levels.ERROR)
  elseif not M.register() then
    vim.notify('flowdbg: debugging in Neovim needs the plugin nvim-dap, 0.8 or newer', vim.log.levels.ERROR)
  else
    require('dap').run(configuration)
  end
end

return M
