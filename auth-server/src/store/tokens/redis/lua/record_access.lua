-- ARGV: client, user, grant, then access token (5)
local access = access_argument(4)
if access.expires > access.issued then
  local key = base .. 'a:' .. access.key
  redis.call('HSET', key, 'j', access.jti, 'c', ARGV[1], 'u', ARGV[2], 'g', ARGV[3], 't', text(access.issued),
    'e', text(access.expires), 's', access.scope)
  redis.call('PEXPIRE', key, text(access.expires - access.issued))
  list_until('token:' .. access.key, ARGV[1], ARGV[2], access.issued, access.expires, access.issued)
end
