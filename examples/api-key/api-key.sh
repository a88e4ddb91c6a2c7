#!/usr/bin/env bash
# The four parts of the API, with an API key and a user's token.
#
#   AUTH_URL=https://auth.example API_URL=https://rooms.example API_KEY=ak-... \
#     EMAIL=user@example.com PASSWORD=... ./api-key.sh
#
# bash and curl are all it needs. Secrets go to curl through files in /dev/fd: arguments are seen by every process.
set -euo pipefail

: "${AUTH_URL:=http://localhost:8080}" "${API_URL:=http://localhost:8081}"
: "${API_KEY:?must be set}" "${EMAIL:?must be set}" "${PASSWORD:?must be set}"

text() { # TEXT: as a JSON string
    local escaped=${1//\\/\\\\}
    printf '"%s"' "${escaped//\"/\\\"}"
}

field() { # NAME: the first value of that name in the JSON on standard input
    { grep -o "\"$1\":\(\"[^\"]*\"\|[0-9]*\)" || true; } | head -n 1 | cut -d: -f2- | tr -d '"'
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

with_key() { # METHOD URL [OPTION]...
    request "$@" -H @<(printf 'X-API-KEY: %s' "$API_KEY")
}

as_user() { # METHOD URL [OPTION]...
    with_key "$@" -H @<(printf 'Authorization: Bearer %s' "$token")
}

json='Content-Type: application/json'

# /ext/: nothing to show.
status=$(request GET "$API_URL/ext/status")
echo "Open: $(field service <<<"$status") $(field version <<<"$status")"

# /public/token: a user's token for e-mail address and password ...
answer=$(with_key POST "$AUTH_URL/public/token" -H "$json" --data @- <<END
{"grant_type": "password", "username": $(text "$EMAIL"), "password": $(text "$PASSWORD")}
END
)
echo "Token for $(field expires_in <<<"$answer") s: $(field scope <<<"$answer")"

# ... and for the refresh token. Each works once: keep the new one in place of the old one.
answer=$(with_key POST "$AUTH_URL/public/token" -H "$json" --data @- <<END
{"grant_type": "refresh_token", "refresh_token": $(text "$(field refresh_token <<<"$answer")")}
END
)
token=$(field access_token <<<"$answer")
echo "Refreshed for $(field expires_in <<<"$answer") s"

# /user/: the key and the token.
me=$(as_user GET "$API_URL/user/me")
echo "User: $(field name <<<"$me") <$(field email <<<"$me")>"
rooms=$(as_user GET "$API_URL/user/rooms?page_size=1")
echo "Rooms: $(field count <<<"$rooms")"

# /public/: the key alone.
slug=$(field slug <<<"$rooms")
if [[ -n $slug ]]; then
    room=$(with_key GET "$API_URL/public/rooms/$slug")
    echo "Public: $(field url <<<"$room")"
fi

# /pro/: the key and the token, about the user's establishment. PUT would replace a record that is there.
if ! record=$(as_user GET "$API_URL/pro/establishment" 2>/dev/null); then
    record=$(as_user PUT "$API_URL/pro/establishment" -H "$json" \
        --data '{"name": "Corner House", "city": "Lyon", "country": "FR"}')
fi
echo "Establishment: $(field name <<<"$record")"
published=$(as_user PUT "$API_URL/pro/establishment/publications/directory")
echo "Published: $(field feed <<<"$published")"
as_user DELETE "$API_URL/pro/establishment/publications/directory" >/dev/null
echo "Withdrawn."
