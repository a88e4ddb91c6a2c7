-- ARGV: user, sid, now
local sessions = base .. 'su:' .. ARGV[1]
for _, cookie in ipairs(redis.call('ZRANGEBYSCORE', sessions, '(' .. ARGV[3], '+inf')) do
  local key = base .. 's:' .. cookie
  local session = redis.call('HGET', key, 'j')
  if session and cjson.decode(session).sid == ARGV[2] then
    redis.call('DEL', key)
    redis.call('ZREM', sessions, cookie)
    return 1
  end
end
return 0
