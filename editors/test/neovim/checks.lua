-- Runs named checks one after the other and counts them.
local M = { passed = 0, failed = 0, skipped = 0 }

local function say(format, ...)
  io.stdout:write(format:format(...), '\n')
  io.stdout:flush()
end

--- Runs one check. A failed one does not end the others.
function M.check(name, run)
  local start = vim.uv.hrtime()
  local ok, problem = xpcall(run, debug.traceback)
  if ok then
    M.passed = M.passed + 1
    say('  ok       %s (%.2f s)', name, (vim.uv.hrtime() - start) / 1e9)
  else
    M.failed = M.failed + 1
    say('  FAILED   %s\n           %s', name, (tostring(problem):gsub('\n', '\n           ')))
  end
end

function M.skip(name, reason)
  M.skipped = M.skipped + 1
  say('  skipped  %s: %s', name, reason)
end

function M.title(text) say('%s', text) end

--- Prints the closing line and ends the process.
function M.close()
  say('%d passed, %d failed%s', M.passed, M.failed, M.skipped > 0 and (', %d skipped'):format(M.skipped) or '')
  os.exit(M.failed == 0 and M.passed > 0 and 0 or 1)
end

--- Runs the event loop until `look` returns something true, and returns that.
function M.wait(what, look)
  local value
  local ok = vim.wait(15000, function()
    value = look()
    return value and true or false
  end, 10)
  if not ok then error('timed out waiting for ' .. what, 2) end
  return value
end

function M.equal(want, got, what)
  if not vim.deep_equal(want, got) then
    error(('%s: want %s, got %s'):format(what or 'values differ', vim.inspect(want), vim.inspect(got)), 2)
  end
end

return M
