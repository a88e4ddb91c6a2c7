-- ARGV: list, offset, limit, now
local CHUNK = 100
-- Dead entries are stepped over; so many are looked at before the answer is cut short.
local MAX_STEPS = 10000
local key, offset, limit, now = base .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

local function family_line(member)
  local row = redis.call('HMGET', base .. 'f:' .. string.sub(member, 8), 'c', 'u', 'g', 'm', 't', 'l', 'x', 'r')
  if row[1] and not row[8] and tonumber(row[7]) > now and not cut_off(row[1], row[2], tonumber(row[4])) then
    return { member, row[3], row[5], row[6], row[7], '' }
  end
end

local function token_line(member)
  local row = redis.call('HMGET', base .. 'a:' .. string.sub(member, 7), 'c', 'u', 'g', 't', 'e', 's')
  if row[1] and tonumber(row[5]) > now and not cut_off(row[1], row[2], tonumber(row[4])) then
    return { member, row[3], row[4], row[4], row[5], row[6] }
  end
end

local lines, at = {}, 0
while #lines < limit and at < MAX_STEPS do
  local members = redis.call('ZREVRANGE', key, at, at + CHUNK - 1)
  for _, member in ipairs(members) do
    local line = string.sub(member, 1, 7) == 'family:' and family_line(member) or token_line(member)
    if line and offset > 0 then
      offset = offset - 1
    elseif line and #lines < limit then
      table.insert(lines, line)
    end
  end
  if #members < CHUNK then
    break
  end
  at = at + CHUNK
end
return lines
