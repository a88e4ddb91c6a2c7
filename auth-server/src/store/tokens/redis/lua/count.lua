-- ARGV: now, window, then name and amount of each counter
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local totals = {}
for i = 3, #ARGV, 2 do
  local key = base .. 'n:' .. ARGV[i]
  local ends = redis.call('HGET', key, 'e')
  if ends and tonumber(ends) > now then
    table.insert(totals, redis.call('HINCRBY', key, 'n', ARGV[i + 1]))
  else
    redis.call('HSET', key, 'n', ARGV[i + 1], 'e', text(now + window))
    redis.call('PEXPIRE', key, text(window))
    table.insert(totals, tonumber(ARGV[i + 1]))
  end
end
return totals
