-- Shared by every script. KEYS[1] is the start of every key; its hash tag keeps all keys in one cluster slot.
--   c: code   f: family   fa: a family's live access tokens   r: refresh token   a: access token
--   xc: xu: xg: cut-off of a client, a user, a grant   lc: lu: list of a client, a user (by issue)
--   x expiry of listed things   s: session   su: a user's sessions   n: counter   o: seen once   ev events
local base = KEYS[1]
local DAY = 86400000

-- A family holds at most so many live access tokens; the one that ends first is revoked to make room.
local MAX_ACCESS = 1000

-- Lists, and what is in them, stay a little longer than they must, so that not every write moves them.
local LIST_SLACK = DAY

-- Numbers are doubles here: written out in full, or 1763760000000 could become 1.76376e+12.
local function text(number)
  return string.format('%.0f', number)
end

-- Lengthens a key's life, never shortens it; with slack, so that not every call has to.
local function keep(key, ttl)
  if redis.call('PTTL', key) < ttl then
    redis.call('PEXPIRE', key, text(ttl + LIST_SLACK))
  end
end

local function publish(event, now)
  local seconds = tonumber(redis.call('TIME')[1])
  local key = base .. 'ev'
  redis.call('XADD', key, 'MINID', '~', text(seconds * 1000 - 8 * DAY), '*', 'e', event, 't', text(now))
  redis.call('PEXPIRE', key, text(9 * DAY))
end

local function publish_token(jti, expires, now)
  publish('{"kind":"token","jti":"' .. jti .. '","exp":' .. text(math.ceil(expires / 1000)) .. '}', now)
end

-- Whether what was authorized at a moment has been cut off since.
local function cut_off(client, user, moment)
  local marks
  if user == '' then
    marks = { redis.call('GET', base .. 'xc:' .. client) }
  else
    marks = redis.call('MGET', base .. 'xc:' .. client, base .. 'xu:' .. user, base .. 'xg:' .. user .. ':' .. client)
  end
  for _, mark in ipairs(marks) do
    if mark and tonumber(mark) >= moment then
      return true
    end
  end
  return false
end

local function unlist(entry)
  local member, user, client = string.match(entry, '^([^|]*)|([^|]*)|(.*)$')
  redis.call('ZREM', base .. 'x', entry)
  redis.call('ZREM', base .. 'lc:' .. client, member)
  if user ~= '' then
    redis.call('ZREM', base .. 'lu:' .. user, member)
  end
end

-- Takes at most `batch` things off the lists that ended long enough ago.
local function trim_lists(now, batch)
  local gone = redis.call('ZRANGEBYSCORE', base .. 'x', '-inf', text(now), 'LIMIT', 0, batch)
  for _, entry in ipairs(gone) do
    unlist(entry)
  end
  return #gone
end

local function list_until(member, client, user, issued, expires, now)
  local ttl = expires - now
  local by_client = base .. 'lc:' .. client
  redis.call('ZADD', by_client, text(issued), member)
  keep(by_client, ttl)
  if user ~= '' then
    local by_user = base .. 'lu:' .. user
    redis.call('ZADD', by_user, text(issued), member)
    keep(by_user, ttl)
  end
  redis.call('ZADD', base .. 'x', text(expires), member .. '|' .. user .. '|' .. client)
  keep(base .. 'x', ttl)
  trim_lists(now, 8)
end

-- The five arguments that describe a new access token.
local function access_argument(first)
  return {
    key = ARGV[first],
    jti = ARGV[first + 1],
    issued = tonumber(ARGV[first + 2]),
    expires = tonumber(ARGV[first + 3]),
    scope = ARGV[first + 4],
  }
end

-- A family that is alive: known, not revoked, not over, not cut off.
local function live_family(id, now)
  local row = redis.call('HMGET', base .. 'f:' .. id, 'c', 'u', 'g', 'm', 't', 'e', 'x', 'i', 'r')
  if not row[1] or row[9] or tonumber(row[6]) <= now then
    return nil
  end
  local family = {
    id = id,
    client = row[1],
    user = row[2],
    grant = row[3],
    authorized = tonumber(row[4]),
    issued = tonumber(row[5]),
    ends = tonumber(row[6]),
    expires = tonumber(row[7]),
    listed = tonumber(row[8]),
  }
  if cut_off(family.client, family.user, family.authorized) then
    return nil
  end
  return family
end

local function add_refresh(hash, family, issued, expires, now)
  local key = base .. 'r:' .. hash
  redis.call('HSET', key, 'f', family.id, 't', text(issued), 'e', text(expires))
  redis.call('PEXPIRE', key, text(expires - now))
end

-- Records an access token of a family, and that the family was used and lives at least until `expires`.
local function add_access(access, family, expires, now)
  local key = base .. 'a:' .. access.key
  redis.call('HSET', key, 'j', access.jti, 'f', family.id, 't', text(access.issued), 'e', text(access.expires),
    's', access.scope)
  redis.call('PEXPIRE', key, text(access.expires - now))

  family.expires = math.max(family.expires, expires, access.expires)
  local family_key = base .. 'f:' .. family.id
  redis.call('HSET', family_key, 'l', text(access.issued), 'x', text(family.expires))
  redis.call('PEXPIRE', family_key, text(family.expires - now))
  if family.expires > family.listed then
    family.listed = family.expires + LIST_SLACK
    redis.call('HSET', family_key, 'i', text(family.listed))
    list_until('family:' .. family.id, family.client, family.user, family.issued, family.listed, now)
  end

  local live = base .. 'fa:' .. family.id
  redis.call('ZREMRANGEBYSCORE', live, '-inf', text(now))
  redis.call('ZADD', live, text(access.expires), access.jti .. '|' .. access.key)
  redis.call('PEXPIRE', live, text(family.expires - now))
  if redis.call('ZCARD', live) > MAX_ACCESS then
    local first = redis.call('ZPOPMIN', live)
    local jti, access_key = string.match(first[1], '^([^|]*)|(.*)$')
    redis.call('DEL', base .. 'a:' .. access_key)
    publish_token(jti, tonumber(first[2]), now)
  end
end

-- Opens a family with its first tokens; the arguments from `first` on describe them.
local function open_family(id, client, user, grant, authorized, first, now)
  local access = access_argument(first)
  local refresh, refresh_expires, ends = ARGV[first + 5], tonumber(ARGV[first + 6]), tonumber(ARGV[first + 7])
  local family = {
    id = id, client = client, user = user, issued = access.issued, ends = ends, expires = 0, listed = 0,
  }
  redis.call('HSET', base .. 'f:' .. id, 'c', client, 'u', user, 'g', grant, 'm', text(authorized),
    't', text(access.issued), 'e', text(ends))
  local last = access.expires
  if refresh ~= '' then
    last = math.min(refresh_expires, ends)
    if last > now then
      add_refresh(refresh, family, access.issued, last, now)
    end
  end
  add_access(access, family, last, now)
end

-- Revokes a family and tells the followers of each of its live access tokens. Again: changes nothing.
local function revoke_family(id, now)
  local key = base .. 'f:' .. id
  local row = redis.call('HMGET', key, 'c', 'u', 'r')
  if not row[1] or row[3] then
    return
  end
  redis.call('HSET', key, 'r', '1')
  local live = base .. 'fa:' .. id
  local tokens = redis.call('ZRANGEBYSCORE', live, '(' .. text(now), '+inf', 'WITHSCORES')
  for i = 1, #tokens, 2 do
    local jti, access_key = string.match(tokens[i], '^([^|]*)|(.*)$')
    redis.call('DEL', base .. 'a:' .. access_key)
    publish_token(jti, tonumber(tokens[i + 1]), now)
  end
  redis.call('DEL', live)
  unlist('family:' .. id .. '|' .. row[2] .. '|' .. row[1])
end
