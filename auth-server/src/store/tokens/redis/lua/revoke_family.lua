-- ARGV: family, now
revoke_family(ARGV[1], tonumber(ARGV[2]))
