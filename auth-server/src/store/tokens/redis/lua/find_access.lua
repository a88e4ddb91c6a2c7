-- ARGV: key, now
local now = tonumber(ARGV[2])
local row = redis.call('HMGET', base .. 'a:' .. ARGV[1], 'j', 'f', 't', 'e', 's', 'g', 'c', 'u')
local jti, family, issued, expires, scope, grant, client, user = unpack(row)
if not jti or tonumber(expires) <= now then
  return false
end
local authorized = tonumber(issued)
if family then
  local facts = redis.call('HMGET', base .. 'f:' .. family, 'g', 'c', 'u', 'm', 'r')
  if not facts[1] or facts[5] then
    return false
  end
  grant, client, user, authorized = facts[1], facts[2], facts[3], tonumber(facts[4])
end
if cut_off(client, user, authorized) then
  return false
end
return { jti, family or '', grant, issued, expires, scope }
