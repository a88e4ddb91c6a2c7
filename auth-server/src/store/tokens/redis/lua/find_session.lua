-- ARGV: cookie, now
local row = redis.call('HMGET', base .. 's:' .. ARGV[1], 'j', 'e')
return row[1] and tonumber(row[2]) > tonumber(ARGV[2]) and row[1]
