-- ARGV: user, cookie to keep (or nothing)
local sessions = base .. 'su:' .. ARGV[1]
for _, cookie in ipairs(redis.call('ZRANGE', sessions, 0, -1)) do
  if cookie ~= ARGV[2] then
    redis.call('DEL', base .. 's:' .. cookie)
    redis.call('ZREM', sessions, cookie)
  end
end
