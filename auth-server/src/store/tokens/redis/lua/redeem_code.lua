-- ARGV: hash, now, then access token (5), refresh hash, its end, the family's end
local REPLAY_WATCH = 600000
local key, now = base .. 'c:' .. ARGV[1], tonumber(ARGV[2])
local row = redis.call('HMGET', key, 'f', 'c', 'u', 'g', 'b', 'e', 't', 'k')
local family, client, user, grant, binding, expires, issued, kept = unpack(row)
if not family then
  return { 'unknown' }
end
if kept then
  if tonumber(kept) <= now then
    return { 'unknown' }
  end
  revoke_family(family, now)
  return { 'replayed', family, grant }
end
if tonumber(expires) <= now or cut_off(client, user, tonumber(issued)) then
  return { 'unknown' }
end
kept = math.max(tonumber(expires), now + REPLAY_WATCH)
redis.call('HSET', key, 'k', text(kept))
redis.call('PEXPIRE', key, text(kept - now))
open_family(family, client, user, grant, tonumber(issued), 3, now)
return { 'redeemed', family, grant, binding, expires }
