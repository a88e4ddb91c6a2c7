-- ARGV: mark, now, event, list that is empty afterwards (or nothing)
-- Longer than any token lives, since the mark must outlast what it revokes.
local MARK_LIFE = 400 * DAY
local key, now = base .. ARGV[1], tonumber(ARGV[2])
local before = redis.call('GET', key)
if not before or tonumber(before) < now then
  redis.call('SET', key, ARGV[2], 'PX', text(MARK_LIFE))
  if ARGV[4] ~= '' then
    redis.call('UNLINK', base .. ARGV[4])
  end
  publish(ARGV[3], now)
end
