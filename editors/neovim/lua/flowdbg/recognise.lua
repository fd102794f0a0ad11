-- Which files are workflows. The rule is the same in every editor and is
-- described in editors/README.md; editors/test/recognition.json holds the cases
-- that each implementation of it is tested with.
local M = {}

--- How many lines at the top of a file may hold the `document:` mapping.
M.head_lines = 30

local NAMES = {
  '%.workflow%.yaml$', '%.workflow%.yml$', '%.workflow%.json$', '%.ow%.yaml$', '%.ow%.yml$',
}

-- Lua patterns have no alternatives: each key is written plain and quoted.
local DOCUMENT_KEYS = {
  '^document%s*:(.*)$', '^"document"%s*:(.*)$', "^'document'%s*:(.*)$",
  -- a member of a JSON object
  '^%s*"document"%s*:(.*)$', '[{,]%s*"document"%s*:(.*)$',
}
local DSL_KEYS = { '^%s+dsl%s*:', '^%s+"dsl"%s*:', "^%s+'dsl'%s*:" }
local DSL_INLINE = { '[{,]%s*dsl%s*:', '[{,]%s*"dsl"%s*:', "[{,]%s*'dsl'%s*:" }

--- What the first pattern that matches captures, or nil.
local function match_any(text, patterns)
  for _, pattern in ipairs(patterns) do
    local found = text:match(pattern)
    if found then return found end
  end
end

--- Whether the name alone says that a file is a workflow.
function M.is_workflow_name(path)
  return match_any(path:lower(), NAMES) ~= nil
end

--- Whether the first lines of a file hold a `document:` mapping with a `dsl:` key.
function M.is_workflow_head(lines)
  local in_document = false
  for i = 1, math.min(#lines, M.head_lines) do
    local line = lines[i]
    local value = match_any(line, DOCUMENT_KEYS)
    if value then
      value = vim.trim(value)
      local first = value:sub(1, 1)
      if first == '{' and match_any(value, DSL_INLINE) then return true end
      in_document = first == '' or first == '#' or first == '{'
    elseif in_document then
      if match_any(line, DSL_KEYS) then return true end
      -- The mapping ends at the next key of the outer level, or at its brace.
      local blank = line:match('^%s*$') or line:match('^%s*#')
      if not blank and (line:match('^[^%s{]') or line:match('^%s*}')) then in_document = false end
    end
  end
  return false
end

--- Whether a buffer is the settings of a project's checks.
function M.is_settings(buffer)
  return vim.fs.basename(vim.api.nvim_buf_get_name(buffer)) == 'flowdbg.toml'
end

--- Whether a buffer is a workflow.
function M.is_workflow(buffer)
  return M.is_workflow_name(vim.api.nvim_buf_get_name(buffer))
    or M.is_workflow_head(vim.api.nvim_buf_get_lines(buffer, 0, M.head_lines, false))
end

return M
