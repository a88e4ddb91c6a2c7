"""An application's side of OAuth: tokens, refusals, and how soon the API refuses a token that is over."""

import base64
import hashlib
import secrets
import time
import urllib.parse

from web import PLAIN, open_url, send
from world import CREDENTIALS, ELSEWHERE, ISSUER, ROOMS, expect


def post(path, client, **form):
    """A form to the authorization server, with the credentials of one of the demo's applications."""
    pair = ":".join(urllib.parse.quote(CREDENTIALS[f"{client}_{part}"], safe="") for part in ("ID", "SECRET"))
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    return open_url(PLAIN, ISSUER + path, urllib.parse.urlencode(form).encode(), headers, "POST")


def tokens(client, **form):
    """A token response that must succeed."""
    answer = post("/oauth2/token", client, **form)
    expect(answer.status == 200 and answer.json.get("access_token"), answer)
    expect(answer.headers["cache-control"] == "no-store", f"Cache-Control: {answer.headers['cache-control']}")
    return answer.json


def refused(answer, error, status=400):
    """Expects an error response of RFC 6749 5.2."""
    expect(answer.status == status and answer.json.get("error") == error, f"{answer} (expected {error})")


def refused_within(seconds, token):
    """Waits until the rooms API refuses a token; answers after how many milliseconds it did."""
    began = time.monotonic()
    while True:
        answer = send("GET", ROOMS, token)
        passed = time.monotonic() - began
        if answer.status == 401:
            return f"{passed * 1000:.0f} ms"
        expect(passed < seconds, f"still {answer.status} after {passed:.1f} s")
        time.sleep(0.01)


def authorization_url(client, **more):
    """Where an application sends its users, with the state and the code verifier that it keeps."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {"response_type": "code", "client_id": CREDENTIALS[f"{client}_ID"], "redirect_uri": ELSEWHERE,
             "state": state, "code_challenge": challenge, "code_challenge_method": "S256", **more}
    return f"{ISSUER}/oauth2/authorize?{urllib.parse.urlencode(query)}", state, verifier


def authorize(browser, client, user, decision="allow", **more):
    """An authorization request, answered by a user through the pages; the answer's parameters, and the verifier."""
    url, state, verifier = authorization_url(client, **more)
    page = browser.open(url)
    if urllib.parse.urlsplit(page.url).path == "/login":
        page = browser.sign_in(page, user)
    if page.status == 200:
        page = browser.submit(page, "/consent", decision=decision)
    expect(page.location.startswith(ELSEWHERE + "?"), page.location)
    answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.location).query))
    expect(answer.get("state") == state, f"state {answer.get('state')!r}, sent {state!r}")
    expect(answer.get("iss") == ISSUER, f"iss {answer.get('iss')!r}")
    return answer, verifier


def exchange(answer, verifier):
    """What an application sends for a code."""
    return {"grant_type": "authorization_code", "code": answer.get("code", ""), "redirect_uri": ELSEWHERE,
            "code_verifier": verifier}
