-- The options of the plugin, and where the flowdbg program is.
local M = {}

M.options = {
  --- The program: a name on PATH, a path, or a list that starts with one.
  cmd = { 'flowdbg' },
  --- Merged into the client of vim.lsp.start (capabilities, on_attach, …); false: no language server.
  lsp = {},
  --- Whether nvim-dap, where it is installed, learns of flowdbg.
  dap = true,
}

local told = {}

-- The Lua types that each option may have.
local TYPES = {
  cmd = { string = true, table = true },
  lsp = { boolean = true, table = true },
  dap = { boolean = true },
}

function M.set(options)
  for name, value in pairs(options) do
    local allowed = TYPES[name]
    if not allowed then error(('flowdbg: there is no option "%s"'):format(name), 0) end
    if not allowed[type(value)] then
      error(('flowdbg: the option "%s" must be a %s'):format(name, table.concat(vim.tbl_keys(allowed), ' or a ')), 0)
    end
  end
  M.options = vim.tbl_extend('force', M.options, options)
  if type(M.options.cmd) == 'string' then M.options.cmd = { M.options.cmd } end
  if M.options.lsp == true then M.options.lsp = {} end
  told = {}
end

--- The command line with these arguments added to it.
function M.command(...)
  local command = vim.list_extend({}, M.options.cmd)
  command[1] = vim.fs.normalize(command[1] or '')
  return vim.list_extend(command, { ... })
end

--- Whether the program can be run. Says once in a session that it can not.
function M.require_program()
  local program = M.command()[1]
  if vim.fn.executable(program) == 1 then return true end
  if not told[program] then
    told[program] = true
    vim.notify(
      ('flowdbg: no program "%s" was found. Install flowdbg, or name it: require("flowdbg").setup({ cmd = { "/path/to/flowdbg" } })')
        :format(program),
      vim.log.levels.ERROR
    )
  end
  return false
end

return M
