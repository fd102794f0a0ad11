-- A small client of the Debug Adapter Protocol, over a process's standard
-- streams or over TCP. It waits for each answer, and keeps events in order.
local wait = require('checks').wait

local Client = {}
Client.__index = Client

local function new()
  return setmetatable({ seq = 0, responses = {}, events = {}, pending = '', errors = '', ended = false }, Client)
end

--- Takes in bytes, which may hold any number of messages or a part of one.
function Client:take(bytes)
  self.pending = self.pending .. bytes
  while true do
    local _, header_end, length = self.pending:find('^.-Content%-Length: *(%d+).-\r\n\r\n')
    if not header_end or #self.pending < header_end + length then return end
    local message = vim.json.decode(self.pending:sub(header_end + 1, header_end + length), { luanil = { object = true } })
    self.pending = self.pending:sub(header_end + length + 1)
    if message.type == 'response' then
      self.responses[message.request_seq] = message
    elseif message.type == 'event' then
      table.insert(self.events, message)
    end
  end
end

--- Speaks to the adapter that this entry of nvim-dap's table describes.
function Client.spawn(adapter)
  local self = new()
  local stdin, stdout, stderr = vim.uv.new_pipe(), vim.uv.new_pipe(), vim.uv.new_pipe()
  local process, problem
  process, problem = vim.uv.spawn(adapter.command, { args = adapter.args, stdio = { stdin, stdout, stderr } }, function(code)
    self.exit_code = code
    process:close()
  end)
  assert(process, problem)
  stdout:read_start(function(_, data)
    if data then self:take(data) else self.ended = true end
  end)
  stderr:read_start(function(_, data) self.errors = self.errors .. (data or '') end)
  self.write = function(bytes) stdin:write(bytes) end
  self.close = function()
    if not stdin:is_closing() then stdin:close() end
  end
  self.kill = function()
    if not process:is_closing() then process:kill('sigkill') end
  end
  return self
end

--- Speaks to an adapter that listens on this port of the loopback.
function Client.connect(port)
  local self = new()
  local socket = vim.uv.new_tcp()
  local connected
  socket:connect('127.0.0.1', port, function(problem) connected = problem or true end)
  wait('the connection', function() return connected end)
  assert(connected == true, connected)
  socket:read_start(function(_, data)
    if data then self:take(data) else self.ended = true end
  end)
  self.write = function(bytes) socket:write(bytes) end
  self.close = function()
    if not socket:is_closing() then socket:close() end
  end
  return self
end

--- Sends a request and returns its number.
function Client:send(command, arguments)
  self.seq = self.seq + 1
  local body = vim.json.encode({
    seq = self.seq, type = 'request', command = command, arguments = arguments or vim.empty_dict(),
  })
  self.write(('Content-Length: %d\r\n\r\n%s'):format(#body, body))
  return self.seq
end

--- The body of the answer to a request that was sent.
function Client:answer(seq, command)
  local response = wait('the answer to ' .. command, function() return self.responses[seq] end)
  if not response.success then error(('%s failed: %s'):format(command, vim.inspect(response)), 2) end
  return response.body or {}
end

function Client:request(command, arguments)
  return self:answer(self:send(command, arguments), command)
end

--- Takes events up to and including the first one of this name; returns its body.
function Client:event(name)
  return wait('the event ' .. name, function()
    while #self.events > 0 do
      local event = table.remove(self.events, 1)
      if event.event == name then return event.body or {} end
    end
  end)
end

return Client
