-- ARGV: hash, now
local now = tonumber(ARGV[2])
local row = redis.call('HMGET', base .. 'r:' .. ARGV[1], 'f', 't', 'e', 'u')
if not row[1] or tonumber(row[3]) <= now then
  return false
end
local family = live_family(row[1], now)
if not family then
  return false
end
return { family.id, family.grant, row[2], row[3], row[4] and '1' or '0' }
