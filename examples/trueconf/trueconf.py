#!/usr/bin/env python3
"""The four ways to a token that TrueConf Server has, and conferences.

Python 3.9 or later, no packages:

    AUTH_URL=https://auth.example API_URL=https://rooms.example CLIENT_ID=... CLIENT_SECRET=... \
        python3 trueconf.py WAY

WAY is one of
    server      client credentials: a server-wide token, no user behind it
    password    user credentials: EMAIL and PASSWORD of a user, then the refresh token
    code        authorization code, then the refresh token: it prints the address to open in a browser and reads the
                address at which the browser ends up, which a web application gets as a request to its REDIRECT_URI
"""

import base64
import hashlib
import json
import os
import secrets
import sys
from urllib.error import HTTPError
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from urllib.request import Request, urlopen

AUTH_URL = os.environ.get("AUTH_URL", "http://localhost:8080")
API_URL = os.environ.get("API_URL", "http://localhost:8081")
REDIRECT_URI = os.environ.get("REDIRECT_URI", "https://localhost/")
CLIENT_ID = os.environ.get("CLIENT_ID")
CLIENT_SECRET = os.environ.get("CLIENT_SECRET")


class Failure(Exception):
    """The message is for people."""


def call(method, url, data=None, headers=None):
    """The JSON of an answer; nothing when it has no body."""
    try:
        with urlopen(Request(url, data, headers or {}, method=method), timeout=30) as response:
            body = response.read()
            return json.loads(body) if body else None
    except HTTPError as error:
        text = error.read().decode(errors="replace")
        raise Failure(f"{method} {url}: {error.code} {text} (X-Error-Id {error.headers['x-error-id']})") from None


def token(**fields):
    """The token endpoint: a form, with application id and secret."""
    fields = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **fields}
    answer = call("POST", AUTH_URL + "/oauth2/v1/token", urlencode(fields).encode(),
                  {"Content-Type": "application/x-www-form-urlencoded"})
    print(f"{fields['grant_type']}: {answer['expires_in']} s, "
          f"{'with' if 'refresh_token' in answer else 'without'} refresh token")
    return answer


def user_credentials():
    """User credentials: the application gets to see the password. For new applications, use the code."""
    email, password = os.environ.get("EMAIL"), os.environ.get("PASSWORD")
    if not email or not password:
        raise Failure("EMAIL and PASSWORD must be set")
    return token(grant_type="password", username=email, password=password)


def authorization_code():
    """Authorization code: the user signs in at the server, and the application never sees the password."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = urlencode({
        "response_type": "code", "client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "state": state,
        "code_challenge": challenge, "code_challenge_method": "S256",
    })
    print(f"Open in a browser: {AUTH_URL}/oauth2/authorize?{query}")
    print("Then paste the address at which the browser ends up:", flush=True)
    answer = {name: values[0] for name, values in parse_qs(urlsplit(sys.stdin.readline().strip()).query).items()}
    if answer.get("state") != state:
        raise Failure("This is not the answer to my request: the state is not mine.")
    if "code" not in answer:
        raise Failure(f"The user did not allow it: {answer.get('error')}: {answer.get('error_description')}")
    return token(grant_type="authorization_code", code=answer["code"], redirect_uri=REDIRECT_URI,
                 code_verifier=verifier)


def refreshed(first):
    """A token for a day. The refresh token stays what it is, and is good for seven days in all."""
    return token(grant_type="refresh_token", refresh_token=first["refresh_token"])


def api(access_token):
    """A client of the API."""
    def request(method, path, body=None):
        headers = {"Authorization": f"Bearer {access_token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        return call(method, API_URL + "/api/v3" + path, body, headers)
    return request


def work(request, server_wide):
    """What both kinds of tokens can do. A server-wide token sees everything, a user's what is the user's."""
    print(f"Conferences: {request('GET', '/conferences')['count']}")
    template = request("POST", "/templates/conferences", {"name": "Weekly", "duration_minutes": 30})
    conference = request("POST", "/conferences", {
        "template_id": template["id"], "schedule": {"starts_at": "2030-01-31T09:30:00Z"}})
    one = f"/conferences/{conference['id']}"
    print(f"Created: {conference['name']}, {conference['schedule']['duration_minutes']} minutes, "
          f"{len(conference['owners'])} owner(s)")
    renamed = request("PATCH", one, {"name": "Weekly, room 4"})
    print(f"Changed: {renamed['name']}")
    request("POST", one + "/invitations", {"email": "guest@example.com"})
    print(f"Invited: {request('GET', one + '/invitations')['results'][0]['email']}")
    print(f"Participants: {request('GET', one + '/participants')['count']}")
    print(f"Recordings: {request('GET', one + '/records')['count']}")

    users = request("GET", "/users")
    print(f"Users: {users['count']}")
    if server_wide:
        group = request("POST", "/groups", {"name": f"Team {secrets.token_hex(4)}"})
        if users["results"]:
            request("POST", f"/groups/{group['id']}/users", {"user_id": users["results"][0]["id"]})
        print(f"In the new group: {request('GET', '/groups/' + group['id'] + '/users')['count']}")
        request("DELETE", f"/groups/{group['id']}")
    else:
        book = f"/users/{users['results'][0]['id']}/addressbook"
        contact = request("POST", book, {"name": "Ann Lee", "email": f"{secrets.token_hex(4)}@example.com"})
        print(f"Contacts: {request('GET', book)['count']}")
        request("DELETE", f"{book}/{contact['id']}")

    request("DELETE", one)
    request("DELETE", f"/templates/conferences/{template['id']}")
    print("Deleted.")


def main():
    """One way, chosen by the argument."""
    if not CLIENT_ID or not CLIENT_SECRET:
        raise Failure("CLIENT_ID and CLIENT_SECRET must be set")
    way = sys.argv[1] if len(sys.argv) == 2 else None
    if way == "server":
        tokens = token(grant_type="client_credentials")
    elif way == "password":
        tokens = refreshed(user_credentials())
    elif way == "code":
        tokens = refreshed(authorization_code())
    else:
        raise Failure("usage: trueconf.py server|password|code")
    work(api(tokens["access_token"]), way == "server")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
    except OSError as error:
        sys.exit(f"Not reached: {error}")
