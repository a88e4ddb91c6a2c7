#!/usr/bin/env python3
"""Sends a user through the authorization-code flow with PKCE, then works with the user's rooms.

Python 3.9 or later, no packages:

    AUTH_URL=https://auth.example API_URL=https://rooms.example CLIENT_ID=... CLIENT_SECRET=... python3 meet.py

It prints the address to open in a browser and reads the address at which the browser ends up, which a web application
gets as a request to its REDIRECT_URI. A public application has no CLIENT_SECRET.
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
REDIRECT_URI = os.environ.get("REDIRECT_URI", "https://app.example/callback")
CLIENT_ID = os.environ.get("CLIENT_ID")
CLIENT_SECRET = os.environ.get("CLIENT_SECRET")
ROOMS = API_URL + "/external-api/v1.0/rooms"
# The base scope is mandatory. Each of the others allows one kind of request.
SCOPE = " ".join(["lasuite_visio"] + [f"lasuite_visio:rooms:{verb}" for verb in
                                      ("list", "retrieve", "create", "update", "delete")])


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


def post_form(url, **fields):
    """A form, with the application's credentials: HTTP Basic, or the id alone for a public application."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if CLIENT_SECRET:
        pair = f"{quote(CLIENT_ID, safe='')}:{quote(CLIENT_SECRET, safe='')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        fields["client_id"] = CLIENT_ID
    return call("POST", url, urlencode(fields).encode(), headers)


def authorize(server):
    """The user signs in and decides; answers with the tokens."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = urlencode({
        "response_type": "code", "client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "scope": SCOPE,
        "state": state, "code_challenge": challenge, "code_challenge_method": "S256",
    })
    print(f"Open in a browser: {server['authorization_endpoint']}?{query}")
    print("Then paste the address at which the browser ends up:", flush=True)
    answer = {name: values[0] for name, values in parse_qs(urlsplit(sys.stdin.readline().strip()).query).items()}
    if answer.get("state") != state or answer.get("iss") != server["issuer"]:
        raise Failure("This is not the answer to my request: state or iss differ.")
    if "code" not in answer:
        raise Failure(f"The user did not allow it: {answer.get('error')}: {answer.get('error_description')}")
    return post_form(server["token_endpoint"], grant_type="authorization_code", code=answer["code"],
                     redirect_uri=REDIRECT_URI, code_verifier=verifier)


def api(token):
    """A client of the rooms API that acts for the user."""
    def request(method, url=ROOMS, body=None):
        headers = {"Authorization": f"Bearer {token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        return call(method, url, body, headers)
    return request


def main():
    """The whole way, from the sign-in to the end of the connection."""
    if not CLIENT_ID:
        raise Failure("CLIENT_ID must be set")
    server = call("GET", AUTH_URL + "/.well-known/oauth-authorization-server")
    granted = authorize(server)
    print(f"Granted for {granted['expires_in']} s: {granted['scope']}")

    # An access token lasts an hour. After that, and here at once to show it. The old refresh token is used up:
    # keep the new one in its place.
    tokens = post_form(server["token_endpoint"], grant_type="refresh_token", refresh_token=granted["refresh_token"])
    print(f"Refreshed, with {'a new' if tokens['refresh_token'] != granted['refresh_token'] else 'the same'} refresh token")
    request = api(tokens["access_token"])

    room = request("POST", body={"name": "Planning"})
    print(f"Created: {room['name']}, {room['access_level']}, at {room['url']}")
    one = f"{ROOMS}/{room['id']}"
    print(f"Retrieved: {request('GET', one)['slug']}")
    page = request("GET", ROOMS + "?page=1&page_size=20")
    print(f"Rooms: {page['count']}")
    changed = request("PATCH", one, {"attendees": ["guest@example.com"]})
    print(f"Past the lobby: {', '.join(changed['attendees'])}")
    request("DELETE", one)
    print("Deleted.")

    # When the user disconnects: the access token ends with the refresh token.
    post_form(server["revocation_endpoint"], token=tokens["refresh_token"])
    print("Disconnected.")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(str(failure))
    except OSError as error:
        sys.exit(f"Not reached: {error}")
