-- ARGV: user, now
local found = {}
for _, cookie in ipairs(redis.call('ZRANGEBYSCORE', base .. 'su:' .. ARGV[1], '(' .. ARGV[2], '+inf')) do
  local session = redis.call('HGET', base .. 's:' .. cookie, 'j')
  if session then
    table.insert(found, session)
  end
end
return found
