-- ARGV: list, moment and member behind which to begin (or two empty ones), limit, now
local CHUNK = 100
-- Dead entries are stepped over; so many are looked at in one go, for a script keeps all others waiting. The answer then
-- names the last one, behind which the caller goes on.
local MAX_STEPS = 10000
local key, moment, behind, limit, now = base .. ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])

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

local first = 0
if moment ~= '' then
  local rank = redis.call('ZREVRANK', key, behind)
  first = rank and rank + 1 or redis.call('ZCOUNT', key, '(' .. moment, '+inf')
end

local lines, at, last = {}, first, nil
while #lines < limit and at < first + MAX_STEPS do
  local members = redis.call('ZREVRANGE', key, at, at + CHUNK - 1)
  for _, member in ipairs(members) do
    local line = string.sub(member, 1, 7) == 'family:' and family_line(member) or token_line(member)
    if line and #lines < limit then
      table.insert(lines, line)
    end
  end
  if #members < CHUNK then
    return { lines, false }
  end
  at, last = at + CHUNK, members[CHUNK]
end
if #lines < limit then
  return { lines, { redis.call('ZSCORE', key, last), last } }
end
return { lines, false }
