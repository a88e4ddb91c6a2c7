-- ARGV: key, now
local now = tonumber(ARGV[2])
local key = base .. 'a:' .. ARGV[1]
local row = redis.call('HMGET', key, 'j', 'e', 'f', 'c', 'u')
if row[1] and tonumber(row[2]) > now then
  redis.call('DEL', key)
  if row[3] then
    redis.call('ZREM', base .. 'fa:' .. row[3], row[1] .. '|' .. ARGV[1])
  else
    unlist('token:' .. ARGV[1] .. '|' .. row[5] .. '|' .. row[4])
  end
  publish_token(row[1], tonumber(row[2]), now)
end
