-- ARGV: family, now
local row = redis.call('HMGET', base .. 'f:' .. ARGV[1], 'c', 'u', 'g', 'm', 'x', 'r')
if not row[1] or row[6] or tonumber(row[5]) <= tonumber(ARGV[2]) or cut_off(row[1], row[2], tonumber(row[4])) then
  return false
end
return row[3]
