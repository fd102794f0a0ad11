-- The Neovim plugin in a real Neovim: diagnostics from `flowdbg lsp`, and debug
-- sessions with `flowdbg dap`. Started by ../neovim.sh, with the plugin on
-- 'runtimepath' from the start, as a user has it.
--
--   FLOWDBG_BIN  the binary       TEST_DIR  the folder editors/test
--   WORKSPACE    a fresh copy of the workspace
--   NVIM_DAP     a copy of nvim-dap (optional)
local test_dir, workspace, binary = vim.env.TEST_DIR, vim.env.WORKSPACE, vim.env.FLOWDBG_BIN
package.path = test_dir .. '/neovim/?.lua;' .. package.path
local checks = require('checks')
local check, wait, equal = checks.check, checks.wait, checks.equal
local Client = require('dap_client')

local LIMIT_MS = 120000 -- for everything; a hang ends here
local limit = vim.uv.new_timer()
limit:start(LIMIT_MS, 0, function()
  checks.failed = checks.failed + 1
  io.stdout:write(('FAILED the whole test: no end after %d s\n'):format(LIMIT_MS / 1000))
  checks.close()
end)

vim.o.swapfile = false
local function path(name) return workspace .. '/' .. name end
local function open(name)
  vim.cmd.edit(vim.fn.fnameescape(path(name)))
  return vim.api.nvim_get_current_buf()
end
local function clients(buffer) return vim.lsp.get_clients({ bufnr = buffer, name = 'flowdbg' }) end

--- Waits until the diagnostics of a buffer name each of the texts.
local function diagnosed(buffer, ...)
  local texts = { ... }
  local seen
  local ok = pcall(wait, 'diagnostics', function()
    seen = vim.tbl_map(function(d) return ('%d: %s'):format(d.lnum + 1, d.message) end, vim.diagnostic.get(buffer))
    local all = table.concat(seen, '\n')
    for _, text in ipairs(texts) do
      if not all:find(text, 1, true) then return false end
    end
    return #seen > 0
  end)
  if not ok then error(('no diagnostic for each of %s among %s'):format(vim.inspect(texts), vim.inspect(seen)), 2) end
end

--- The line of the good workflow that holds this text.
local good = vim.fn.readfile(path('good.workflow.yaml'))
local function line_of(text)
  for number, line in ipairs(good) do
    if line:find(text, 1, true) then return number end
  end
  error('the good workflow has no line with ' .. text)
end

-- nvim-dap may not be had in CI: this stands for the parts that the plugin uses.
local stub = { adapters = {}, providers = { configs = {} }, started = {} }
function stub.run(configuration) table.insert(stub.started, configuration) end
package.preload.dap = function() return stub end

-- ---------------------------------------------------------------------------
checks.title(('The plugin in Neovim %s'):format(tostring(vim.version())))

check('the plugin was loaded at start', function()
  equal(true, vim.g.loaded_flowdbg)
  equal(2, vim.fn.exists(':FlowdbgInfo'))
  equal(nil, package.loaded['flowdbg'], 'the rest is loaded with the first file only')
end)

check('workflow files are told from others', function()
  local recognise = require('flowdbg.recognise')
  local cases = vim.json.decode(table.concat(vim.fn.readfile(test_dir .. '/recognition.json'), '\n'))
  assert(#cases > 20, 'too few cases')
  for _, case in ipairs(cases) do
    local lines = vim.split(case.text, '\r?\n')
    equal(case.workflow, recognise.is_workflow_name('/somewhere/' .. case.name) or recognise.is_workflow_head(lines), case.about)
  end
end)

check('a missing program is told once', function()
  local told, notify = {}, vim.notify
  vim.notify = function(text) table.insert(told, text) end
  require('flowdbg').setup({ cmd = '/nowhere/flowdbg' })
  local first = open('broken.workflow.yaml')
  local second = open('by-content.yaml')
  vim.notify = notify
  equal(1, #told, 'messages')
  assert(told[1]:find('/nowhere/flowdbg', 1, true), told[1])
  vim.cmd.bwipeout(first)
  vim.cmd.bwipeout(second)
end)

check('a wrong option is named', function()
  local ok, problem = pcall(require('flowdbg').setup, { comand = 'flowdbg' })
  equal(false, ok)
  assert(problem:find('comand', 1, true), problem)
end)

require('flowdbg').setup({ cmd = binary })
local broken, plain

check('a wrong workflow shows both of its faults', function()
  plain = open('plain.yaml')
  equal('yaml', vim.bo.filetype)
  broken = open('broken.workflow.yaml')
  diagnosed(broken, 'nowhere', 'colour')
end)

check('a workflow known by its content is checked, a plain file is not', function()
  diagnosed(open('by-content.yaml'), 'elsewhere')
  equal(0, #clients(plain))
  equal({}, vim.diagnostic.get(plain))
end)

check('an edit that mends a fault clears its diagnostic', function()
  vim.api.nvim_set_current_buf(broken)
  local function has(text)
    return vim.iter(vim.diagnostic.get(broken)):any(function(d) return d.message:find(text, 1, true) ~= nil end)
  end
  vim.cmd([[%s/then: nowhere/then: second/]])
  wait('the diagnostic to go', function() return not has('nowhere') end)
  vim.cmd.undo()
  diagnosed(broken, 'nowhere')
  vim.bo.modified = false
end)

check('settings are checked, and change what is said as soon as they are written', function()
  local settings = open('flowdbg.toml')
  vim.api.nvim_buf_set_lines(settings, 0, -1, false, { '[check]', 'alow = ["OW0201"]' })
  vim.cmd.write()
  equal(clients(broken)[1].id, wait('the server', function() return clients(settings)[1] end).id)
  diagnosed(settings, '`alow` is not a key of `[check]`')
  diagnosed(broken, 'flowdbg.toml:2:1: `alow`', 'nowhere')
  vim.api.nvim_buf_set_lines(settings, 1, 2, false, { 'allow = ["OW0201"]' })
  vim.cmd.write()
  wait('both to go', function()
    local left = vim.iter(vim.diagnostic.get(broken)):map(function(d) return d.code end):totable()
    return #vim.diagnostic.get(settings) == 0 and vim.deep_equal(left, { 'OW0101' })
  end)
  vim.fn.delete(path('flowdbg.toml'))
  vim.cmd('bwipeout!')
  vim.api.nvim_set_current_buf(broken)
end)

check('a plain file becomes a workflow when its head is written', function()
  vim.api.nvim_set_current_buf(plain)
  vim.api.nvim_buf_set_lines(plain, 0, 0, false, {
    "document: { dsl: '1.0.3', namespace: editors, name: typed, version: '0.1.0' }",
  })
  vim.api.nvim_exec_autocmds('TextChanged', { buffer = plain })
  equal(1, #clients(plain))
  diagnosed(plain, 'nowhere')
  vim.cmd('bwipeout!')
end)

check(':FlowdbgRestart starts the server anew', function()
  vim.api.nvim_set_current_buf(broken)
  local before = clients(broken)[1].id
  vim.cmd.FlowdbgRestart()
  wait('another client', function()
    local client = clients(broken)[1]
    return client and client.id ~= before
  end)
  diagnosed(broken, 'nowhere')
end)

check(':FlowdbgInfo and :checkhealth tell how things are', function()
  local info = vim.api.nvim_exec2('FlowdbgInfo', { output = true }).output
  assert(info:find('program: ' .. binary, 1, true) and info:find('language server: attached', 1, true), info)
  vim.cmd.checkhealth('flowdbg')
  local report = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
  assert(report:find('the program is ' .. binary, 1, true) and not report:find('ERROR', 1, true), report)
end)

check('the help can be opened', function()
  local docs = vim.fs.joinpath(vim.fs.dirname(test_dir), 'neovim/doc')
  vim.cmd.helptags(vim.fn.fnameescape(docs))
  vim.cmd.help('flowdbg-setup')
  equal('flowdbg.txt', vim.fs.basename(vim.api.nvim_buf_get_name(0)))
end)

-- ---------------------------------------------------------------------------
checks.title('Debugging')

--- The adapter that the plugin gave to nvim-dap.
local function adapter()
  local entry = assert(stub.adapters.flowdbg, 'no adapter was registered')
  if type(entry) == 'function' then
    local resolved
    entry(function(value) resolved = value end)
    entry = resolved
  end
  return entry
end

--- A launch configuration with its functions called, as nvim-dap does.
local function resolve(configuration)
  return vim.tbl_map(function(value)
    if type(value) == 'function' then return value() end
    return value
  end, configuration)
end

local good_buffer
check('nvim-dap learns of the adapter, and of configurations for workflows only', function()
  good_buffer = open('good.workflow.yaml')
  equal({ type = 'executable', command = binary, args = { 'dap' } }, adapter())
  local configurations = stub.providers.configs.flowdbg(good_buffer)
  equal('Debug workflow', configurations[1].name)
  equal(nil, configurations[1].input)
  equal({}, stub.providers.configs.flowdbg(open('plain.yaml')))
end)

check(':FlowdbgDebug runs the first configuration', function()
  vim.api.nvim_set_current_buf(good_buffer)
  vim.cmd.FlowdbgDebug()
  equal(1, #stub.started)
  equal(path('good.workflow.yaml'), stub.started[1].program)
end)

--- Debugs the good workflow from its first breakpoint to its end.
local function session(client)
  local function stopped_at(line)
    local stop = client:event('stopped')
    local frames = client:request('stackTrace', { threadId = stop.threadId }).stackFrames
    equal(line, frames[1].line, 'line of the top frame')
    return stop.threadId, frames[1]
  end
  client:request('initialize', { adapterID = 'flowdbg', clientID = 'test', linesStartAt1 = true, columnsStartAt1 = true, pathFormat = 'path' })
  -- An adapter may answer `launch` only after `configurationDone`.
  local launch = client:send('launch', resolve(require('flowdbg.dap').configurations(good_buffer)[1]))
  client:event('initialized')
  local set = client:request('setBreakpoints', {
    source = { path = path('good.workflow.yaml') },
    breakpoints = { { line = line_of('- greet:') }, { line = line_of('- tell:') } },
  }).breakpoints
  equal({ true, true }, vim.tbl_map(function(b) return b.verified end, set), 'verified')
  client:request('configurationDone')
  client:answer(launch, 'launch')

  local thread, frame = stopped_at(line_of('- greet:'))
  assert(frame.name:find('greet', 1, true), frame.name)
  local input = vim.iter(client:request('scopes', { frameId = frame.id }).scopes):find(function(s) return s.name == 'Input' end)
  assert(input, 'no scope "Input"')
  local values = {}
  for _, v in ipairs(client:request('variables', { variablesReference = input.variablesReference }).variables) do
    values[v.name] = v.value
  end
  assert(values.name and values.name:find('world', 1, true) and values.numbers, vim.inspect(values))
  equal('6', client:request('evaluate', { expression = '.numbers | add', frameId = frame.id, context = 'repl' }).result)

  client:request('next', { threadId = thread })
  thread = stopped_at(line_of('- double:'))
  client:request('continue', { threadId = thread })
  thread = stopped_at(line_of('- tell:'))
  client:request('continue', { threadId = thread })
  client:event('terminated')
  client:request('disconnect')
end

check('a session over standard streams: breakpoints, input, jq, step, end', function()
  local client = Client.spawn(adapter())
  local ok, problem = xpcall(session, debug.traceback, client)
  client.close()
  if ok then
    wait('the adapter to exit', function() return client.exit_code end)
  else
    client.kill()
    error(problem .. '\nstandard error of the adapter: ' .. client.errors, 0)
  end
  equal(0, client.exit_code, 'exit status')
end)

check('the same session over TCP', function()
  local host = Client.spawn({ command = binary, args = { 'dap', '--port', '0' } })
  local ok, problem = xpcall(function()
    local port = wait('the port', function() return host.errors:match('listening on 127%.0%.0%.1:(%d+)') end)
    local client = Client.connect(tonumber(port))
    session(client)
    client.close()
  end, debug.traceback)
  host.close()
  host.kill()
  if not ok then error(problem .. '\nstandard error of the adapter: ' .. host.errors, 0) end
end)

-- ---------------------------------------------------------------------------
if not vim.env.NVIM_DAP then
  checks.skip('a session in nvim-dap', 'it is in no package registry; name a copy in NVIM_DAP')
else
  check('a session in nvim-dap', function()
    package.preload.dap, package.loaded.dap = nil, nil
    vim.opt.runtimepath:prepend(vim.env.NVIM_DAP)
    vim.api.nvim_set_current_buf(good_buffer)
    local dap = require('dap')
    assert(dap ~= stub and dap.continue, 'this is not nvim-dap')
    vim.api.nvim_win_set_cursor(0, { line_of('- greet:'), 0 })
    dap.set_breakpoint()
    vim.cmd.FlowdbgDebug()
    local frame
    local function stopped(line)
      -- Until the frames have come, nvim-dap has none or the one of the stop before.
      wait('the stop at line ' .. line, function()
        local current = dap.session() and dap.session().current_frame
        if current and current ~= frame and current.line == line then
          frame = current
          return true
        end
      end)
    end
    stopped(line_of('- greet:'))
    wait('the cursor on the frame', function() return vim.api.nvim_win_get_cursor(0)[1] == line_of('- greet:') end)
    dap.step_over()
    stopped(line_of('- double:'))
    dap.clear_breakpoints()
    dap.continue()
    wait('the session to end', function() return dap.session() == nil end)
  end)
end

checks.title('The end')
check('the language server ends with its client', function()
  local stopped = false
  require('flowdbg.lsp').stop(function() stopped = true end)
  wait('the stop', function() return stopped end)
  equal(0, #vim.lsp.get_clients({ name = 'flowdbg' }))
end)
checks.close()
