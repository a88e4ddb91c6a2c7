-- ARGV: cookie, user, session, created, expires
local created, expires = tonumber(ARGV[4]), tonumber(ARGV[5])
local ttl = expires - created
if ttl > 0 then
  local key, sessions = base .. 's:' .. ARGV[1], base .. 'su:' .. ARGV[2]
  redis.call('HSET', key, 'u', ARGV[2], 'j', ARGV[3], 'e', ARGV[5])
  redis.call('PEXPIRE', key, text(ttl))
  redis.call('ZREMRANGEBYSCORE', sessions, '-inf', ARGV[4])
  redis.call('ZADD', sessions, ARGV[5], ARGV[1])
  keep(sessions, ttl)
end
