-- ARGV: event, now
publish(ARGV[1], tonumber(ARGV[2]))
