-- ARGV: hash, client, 'rotate' or 'keep', successor, its end, grace, now, then access token (5)
local now = tonumber(ARGV[7])
local key = base .. 'r:' .. ARGV[1]
local row = redis.call('HMGET', key, 'f', 'e', 'u', 's')
if not row[1] or tonumber(row[2]) <= now then
  return { 'unknown' }
end
local family = live_family(row[1], now)
if not family then
  return { 'unknown' }
end
if family.client ~= ARGV[2] then
  return { 'wrong_client' }
end

local rotate, successor = ARGV[3] == 'rotate', ARGV[4]
local outcome, expires = 'refreshed', tonumber(row[2])
if row[3] then
  local grace = tonumber(ARGV[6])
  local again = rotate and grace > 0 and tonumber(row[3]) + grace >= now and row[4] == successor
  if again then
    local held = redis.call('HMGET', base .. 'r:' .. successor, 'f', 'u')
    again = held[1] and not held[2]
  end
  if not again then
    revoke_family(family.id, now)
    return { 'replayed', family.id, family.grant }
  end
  outcome = 'repeated'
elseif rotate then
  expires = math.min(tonumber(ARGV[5]), family.ends)
  redis.call('HSET', key, 'u', text(now), 's', successor)
  if expires > now then
    add_refresh(successor, family, tonumber(ARGV[10]), expires, now)
  end
end
add_access(access_argument(8), family, expires, now)
return { outcome, family.id, family.grant }
