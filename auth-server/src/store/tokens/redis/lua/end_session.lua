-- ARGV: cookie
local key = base .. 's:' .. ARGV[1]
local user = redis.call('HGET', key, 'u')
if user then
  redis.call('DEL', key)
  redis.call('ZREM', base .. 'su:' .. user, ARGV[1])
end
