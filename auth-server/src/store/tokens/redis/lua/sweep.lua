-- ARGV: batch, now. Everything else ends by itself.
return trim_lists(tonumber(ARGV[2]), tonumber(ARGV[1]))
