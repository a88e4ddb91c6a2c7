-- ARGV: hash, family, client, user, grant, binding, expires, now
local now, expires = tonumber(ARGV[8]), tonumber(ARGV[7])
if expires > now then
  local key = base .. 'c:' .. ARGV[1]
  redis.call('HSET', key, 'f', ARGV[2], 'c', ARGV[3], 'u', ARGV[4], 'g', ARGV[5], 'b', ARGV[6], 'e', ARGV[7],
    't', ARGV[8])
  redis.call('PEXPIRE', key, text(expires - now))
end
