-- ARGV: name, expires, now
local key, expires, now = base .. 'o:' .. ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local seen = redis.call('GET', key)
if expires <= now or (seen and tonumber(seen) > now) then
  return 0
end
redis.call('SET', key, ARGV[2], 'PX', text(expires - now))
return 1
