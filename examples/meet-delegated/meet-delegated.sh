#!/usr/bin/env bash
# A trusted application gets a token for the user with an e-mail address, then works with that user's rooms.
#
#   AUTH_URL=https://auth.example API_URL=https://rooms.example CLIENT_ID=... CLIENT_SECRET=... \
#     ./meet-delegated.sh user@example.com
#
# bash and curl are all it needs. Secrets go to curl through files in /dev/fd: arguments are seen by every process.
set -euo pipefail

: "${AUTH_URL:=http://localhost:8080}" "${API_URL:=http://localhost:8081}"
: "${CLIENT_ID:?must be set}" "${CLIENT_SECRET:?must be set}"
email=${1:?the e-mail address of a user is missing}
rooms=$API_URL/external-api/v1.0/rooms

text() { # TEXT: as a JSON string
    local escaped=${1//\\/\\\\}
    printf '"%s"' "${escaped//\"/\\\"}"
}

field() { # NAME: the first value of that name in the JSON on standard input
    grep -o "\"$1\":\(\"[^\"]*\"\|[0-9]*\)" | head -n 1 | cut -d: -f2- | tr -d '"'
}

request() { # METHOD URL [OPTION]...: prints the body; anything but success ends the script
    local answer status
    answer=$(curl -sS -X "$1" "${@:3}" -w '\n%{http_code}' "$2")
    status=${answer##*$'\n'}
    if [[ $status != 2* ]]; then
        printf '%s %s: %s %s\n' "$1" "$2" "$status" "${answer%$'\n'*}" >&2
        return 1
    fi
    printf '%s\n' "${answer%$'\n'*}"
}

json='Content-Type: application/json'

# The user is named in `scope`. There is no refresh token: for another hour, ask again.
answer=$(request POST "$AUTH_URL/external-api/v1.0/application/token/" -H "$json" --data @- <<END
{"client_id": $(text "$CLIENT_ID"), "client_secret": $(text "$CLIENT_SECRET"),
 "grant_type": "client_credentials", "scope": $(text "$email")}
END
)
token=$(field access_token <<<"$answer")
echo "Granted for $(field expires_in <<<"$answer") s: $(field scope <<<"$answer")"

as_user() { # METHOD URL [OPTION]...: the same on behalf of the user
    request "$@" -H @<(printf 'Authorization: Bearer %s' "$token")
}

room=$(as_user POST "$rooms" -H "$json" --data '{}')
id=$(field id <<<"$room")
echo "Created: $(field access_level <<<"$room") room at $(field url <<<"$room")"

room=$(as_user GET "$rooms/$id")
echo "Retrieved: $(field slug <<<"$room")"

page=$(as_user GET "$rooms?page=1&page_size=20")
echo "Rooms: $(field count <<<"$page")"

as_user PATCH "$rooms/$id" -H "$json" --data '{"attendees": ["guest@example.com"]}' >/dev/null
echo "Past the lobby: guest@example.com"

as_user DELETE "$rooms/$id" >/dev/null
echo "Deleted."
