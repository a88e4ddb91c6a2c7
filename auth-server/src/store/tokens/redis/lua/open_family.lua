-- ARGV: family, client, user, grant, then access token (5), refresh hash, its end, the family's end
local issued = tonumber(ARGV[7])
open_family(ARGV[1], ARGV[2], ARGV[3], ARGV[4], issued, 5, issued)
