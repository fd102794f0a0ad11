-- The language server: attached to the buffers that are workflows or the settings of their checks.
local config = require('flowdbg.config')

local M = {}

M.name = 'flowdbg'

-- A client's methods take the client from 0.11 on, and do not on 0.10.
local function stop(client, force)
  if vim.fn.has('nvim-0.11') == 1 then client:stop(force) else client.stop(force) end
end

--- Attaches the server to a buffer, starting it if need be. Returns its client's id.
function M.attach(buffer)
  if not config.options.lsp or not config.require_program() then return end
  local file = vim.api.nvim_buf_get_name(buffer)
  local folder = file ~= '' and vim.fs.dirname(file) or vim.uv.cwd()
  local client = vim.tbl_deep_extend('force', {
    name = M.name,
    cmd = config.command('lsp'),
    root_dir = vim.fs.root(buffer, { '.git' }) or vim.fs.root(buffer, { 'flowdbg.toml' }) or folder,
  }, config.options.lsp)
  return vim.lsp.start(client, { bufnr = buffer })
end

-- How long a server may take to stop before it is killed.
local LOOK_EVERY_MS = 50
local LOOKS = 60

--- Stops the servers; calls `on_stopped` when the last one has ended.
function M.stop(on_stopped)
  local ids = {}
  for _, client in ipairs(vim.lsp.get_clients({ name = M.name })) do
    table.insert(ids, client.id)
    stop(client)
  end
  local function look(looks_left)
    local running = vim.tbl_filter(function(id) return vim.lsp.get_client_by_id(id) ~= nil end, ids)
    if #running == 0 then return on_stopped() end
    if looks_left == 0 then
      for _, id in ipairs(running) do stop(vim.lsp.get_client_by_id(id), true) end
      looks_left = LOOKS
    end
    vim.defer_fn(function() look(looks_left - 1) end, LOOK_EVERY_MS)
  end
  look(LOOKS)
end

return M
