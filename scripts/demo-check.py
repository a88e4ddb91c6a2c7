"""Tries what the demo offers, over HTTP, as its users and applications would. Started by `scripts/demo --check`.

One line for each step; exit status 0 when every step is well. Python's standard library is all it needs.
"""

import base64
import hashlib
import html.parser
import http.cookiejar
import json
import os
import pathlib
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

ISSUER, RESOURCE, APP = (os.environ[name] for name in ("ISSUER_URL", "RESOURCE_URL", "APP_URL"))
FOLDER = pathlib.Path(os.environ["DEMO_FOLDER"])
CREDENTIALS = dict(line.split("=", 1) for line in (FOLDER / "credentials").read_text().splitlines())
ROOMS = RESOURCE + "/external-api/v1.0/rooms"
ELSEWHERE = "https://client.example/callback"
ALICE = {"email": "alice@example.com", "password": "alice-password"}
BOB = {"email": "bob@example.com", "password": "bob-password"}


class Failure(Exception):
    """Something was not as it should be; the message says what was seen."""


def expect(condition, seen):
    """Fails, with what was seen, unless the condition holds."""
    if not condition:
        raise Failure(str(seen))


# HTTP ---------------------------------------------------------------------------------------------------------

class Answer:
    """An HTTP response."""

    def __init__(self, response, url):
        self.status, self.headers, self.url = response.status, response.headers, url
        self.text = response.read().decode(errors="replace")

    @property
    def json(self):
        """The body, read as JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            raise Failure(f"{self} is not JSON") from None

    @property
    def location(self):
        """Where a redirect leads."""
        expect(300 <= self.status < 400 and "location" in self.headers, f"{self} is no redirect")
        return urllib.parse.urljoin(self.url, self.headers["location"])

    def __str__(self):
        return f"{self.status} from {self.url.split('?')[0]}: {self.text[:200]!r}"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are looked at, not followed."""

    def redirect_request(self, *_):
        return None


def open_url(opener, url, data, headers, method):
    """Sends a request; an error status is an answer like any other."""
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        return Answer(opener.open(request, timeout=20), url)
    except urllib.error.HTTPError as response:
        return Answer(response, url)


PLAIN = urllib.request.build_opener(NoRedirect)


def send(method, url, token=None, body=None, **more):
    """A request as an application sends it to an API; `more` are headers."""
    headers = {name.replace("_", "-"): value for name, value in more.items()}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body).encode()
    return open_url(PLAIN, url, body, headers, method)


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


# A browser ----------------------------------------------------------------------------------------------------

class Form:
    """A form: where it leads, and what it sends if nobody touches it."""

    def __init__(self, attributes):
        self.action = attributes.get("action", "")
        self.fields, self.disabled = [], False


class FormReader(html.parser.HTMLParser):
    """Finds the forms of a page."""

    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form":
            self.forms.append(Form(attributes))
        elif self.forms and "disabled" in attributes:
            self.forms[-1].disabled = True
        elif self.forms and tag == "input" and attributes.get("name"):
            if attributes.get("type") != "checkbox" or "checked" in attributes:
                self.forms[-1].fields.append((attributes["name"], attributes.get("value", "")))


class Browser:
    """Keeps cookies, follows redirects, fills in forms. It stops at a redirect that leaves the demo."""

    def __init__(self):
        self.opener = urllib.request.build_opener(
            NoRedirect, urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def open(self, url, data=None):
        """The page at which a visit ends."""
        for _ in range(10):
            answer = open_url(self.opener, url, data, {}, "GET" if data is None else "POST")
            if not 300 <= answer.status < 400 or not answer.location.startswith((ISSUER, RESOURCE, APP)):
                return answer
            url, data = answer.location, None
        raise Failure(f"too many redirects, the last to {url}")

    def submit(self, page, action, without=(), **values):
        """Sends the form of a page that leads to `action`, with `values` typed in; `without` is unticked."""
        form = form_of(page, action)
        fields = [(name, value) for name, value in form.fields if name not in values and (name, value) not in without]
        data = urllib.parse.urlencode(fields + list(values.items())).encode()
        return self.open(urllib.parse.urljoin(page.url, form.action), data)

    def sign_in(self, page, user):
        """From the sign-in page to where it leads."""
        return self.submit(page, "/login", **user)


def form_of(page, action):
    """The form of a page that leads to a path."""
    reader = FormReader()
    reader.feed(page.text)
    for form in reader.forms:
        if urllib.parse.urlsplit(form.action).path == action:
            return form
    raise Failure(f"no form to {action} in {page}")


def authorize(browser, client, user, decision="allow", **more):
    """An authorization request, answered by a user through the pages; the answer's parameters, and the verifier."""
    verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {"response_type": "code", "client_id": CREDENTIALS[f"{client}_ID"], "redirect_uri": ELSEWHERE,
             "state": state, "code_challenge": challenge, "code_challenge_method": "S256", **more}
    page = browser.open(f"{ISSUER}/oauth2/authorize?{urllib.parse.urlencode(query)}")
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


# The steps ----------------------------------------------------------------------------------------------------

def discovery():
    metadata = send("GET", ISSUER + "/.well-known/oauth-authorization-server").json
    expect(metadata["issuer"] == ISSUER, metadata)
    keys = send("GET", metadata["jwks_uri"]).json["keys"]
    expect(keys and not any("d" in key for key in keys), keys)
    resource = send("GET", RESOURCE + "/.well-known/oauth-protected-resource").json
    expect(resource["resource"].rstrip("/") == RESOURCE and ISSUER in resource["authorization_servers"], resource)
    return "both servers' metadata and the public keys"


def client_credentials():
    token = tokens("STANDARD", grant_type="client_credentials", scope="rooms:list")
    expect("refresh_token" not in token, "there is a refresh token")
    expect(send("GET", ROOMS, token["access_token"]).status == 403, "a token without a user could list rooms")
    wrong = post("/oauth2/token", "STANDARD", grant_type="client_credentials", scope="rooms:list admin")
    refused(wrong, "invalid_scope")
    return "server-wide token; scope beyond the registration refused"


def password():
    form = {"grant_type": "password", "username": ALICE["email"]}
    token = tokens("TRUECONF", password=ALICE["password"], **form)
    expect(send("GET", ROOMS, token["access_token"]).status == 200, "the rooms API refused the token")
    refused(post("/oauth2/token", "TRUECONF", password="wrong-password", **form), "invalid_grant")
    refused(post("/oauth2/token", "STANDARD", password=ALICE["password"], **form), "unauthorized_client")
    return "token; wrong password and another profile refused"


def authorization_code():
    browser = Browser()
    answer, verifier = authorize(browser, "STANDARD", ALICE, scope="rooms:list")
    refused(post("/oauth2/token", "STANDARD", **exchange(answer, secrets.token_urlsafe(48))), "invalid_grant")
    answer, verifier = authorize(browser, "STANDARD", ALICE, scope="rooms:list")
    token = tokens("STANDARD", **exchange(answer, verifier))
    expect(send("GET", ROOMS, token["access_token"]).status == 200, "the rooms API refused the token")
    refused(post("/oauth2/token", "STANDARD", **exchange(answer, verifier)), "invalid_grant")
    after = refused_within(1, token["access_token"])
    return f"PKCE through the pages; wrong verifier refused; a second use refused, and its token dead after {after}"


def denial():
    answer, _ = authorize(Browser(), "TRUECONF", BOB, decision="deny", scope="rooms:list")
    expect(answer.get("error") == "access_denied", answer)
    return "access_denied, with state and iss"


def refresh():
    answer, verifier = authorize(Browser(), "STANDARD", BOB, scope="rooms:list rooms:create")
    first = tokens("STANDARD", **exchange(answer, verifier))
    form = {"grant_type": "refresh_token"}
    second = tokens("STANDARD", refresh_token=first["refresh_token"], **form)
    expect(second["refresh_token"] != first["refresh_token"], "the refresh token did not change")
    again = tokens("STANDARD", refresh_token=first["refresh_token"], **form)
    expect(again["refresh_token"] == second["refresh_token"], "a lost answer got another successor")
    narrow = tokens("STANDARD", refresh_token=second["refresh_token"], scope="rooms:list", **form)
    expect(narrow["scope"] == "rooms:list", narrow["scope"])
    expect(send("GET", ROOMS, narrow["access_token"]).status == 200, "the rooms API refused the token")
    refused(post("/oauth2/token", "STANDARD", refresh_token=first["refresh_token"], **form), "invalid_grant")
    refused(post("/oauth2/token", "STANDARD", refresh_token=narrow["refresh_token"], **form), "invalid_grant")
    return f"rotated; lost answer repeated; narrowed; replay ended the family, API 401 after {refused_within(1, narrow['access_token'])}"


def kept_refresh():
    first = tokens("TRUECONF", grant_type="password", username=BOB["email"], password=BOB["password"])
    second = tokens("TRUECONF", grant_type="refresh_token", refresh_token=first["refresh_token"])
    expect(second.get("refresh_token") in (None, first["refresh_token"]), "a new refresh token came")
    expect(second["expires_in"] == 86_400, f"expires_in {second['expires_in']}")
    tokens("TRUECONF", grant_type="refresh_token", refresh_token=first["refresh_token"])
    return "trueconf keeps its refresh token, and its access token then lives a day"


def delegation():
    url = ISSUER + "/external-api/v1.0/application/token/"
    body = {
        "client_id": CREDENTIALS["MEET_DELEGATED_ID"],
        "client_secret": CREDENTIALS["MEET_DELEGATED_SECRET"],
        "grant_type": "client_credentials",
        "scope": ALICE["email"],
    }
    answer = send("POST", url, body=body)
    expect(answer.status == 200 and "refresh_token" not in answer.json, answer)
    expect(send("GET", ROOMS, answer.json["access_token"]).status == 200, "the rooms API refused the token")
    elsewhere = send("POST", url, body={**body, "scope": "alice@elsewhere.example"})
    expect(elsewhere.status == 403, elsewhere)
    refused(post("/oauth2/token", "MEET_DELEGATED", grant_type="client_credentials"), "unauthorized_client")
    return "token for the user with an address, accepted by the API; another e-mail domain refused"


def keyed():
    token = tokens("KEYED", grant_type="password", username=ALICE["email"], password=ALICE["password"])
    opaque = token["access_token"]
    expect(len(opaque) == 86 and opaque.count(".") != 2, f"{len(opaque)} characters")
    expect(token["token_type"] == "bearer", token["token_type"])
    expect(send("GET", ROOMS, opaque).status == 200, "the rooms API refused the token")
    newer = tokens("KEYED", grant_type="refresh_token", refresh_token=token["refresh_token"])
    expect(newer["refresh_token"] != token["refresh_token"], "the refresh token did not change")
    expect(post("/oauth2/revoke", "KEYED", token=newer["refresh_token"]).status == 200, "not revoked")
    return f"opaque, 86 characters, accepted by the API; revoked, API 401 after {refused_within(1, newer['access_token'])}"


def api_key():
    def with_key(method, url, token=None, body=None):
        return send(method, url, token, body, X_API_Key=CREDENTIALS["API_KEY"])

    body = {"grant_type": "password", "username": ALICE["email"], "password": ALICE["password"]}
    url = ISSUER + "/public/token"
    first = with_key("POST", url, body=body)
    expect(first.status == 200 and first.json["token_type"] == "bearer", first)
    refused(send("POST", url, body=body), "invalid_client", 401)
    again = with_key("POST", url, body={"grant_type": "refresh_token", "refresh_token": first.json["refresh_token"]})
    expect(again.status == 200 and again.json["expires_in"] == 86_400, again)
    token = again.json["access_token"]
    me = with_key("GET", RESOURCE + "/user/me", token)
    expect(me.status == 200 and me.json["email"] == ALICE["email"], me)
    expect(send("GET", RESOURCE + "/user/me", token).status == 401, "the token alone opened /user/me")
    expect(with_key("GET", RESOURCE + "/pro/feeds", token).status == 200, "no feeds")
    expect(send("GET", RESOURCE + "/ext/status").json["database"] is True, "no status")
    return "token by password and refresh; /user/me with key and token, refused without the key; /pro and /ext answer"


def conferences():
    url = RESOURCE + "/api/v3/conferences"

    def token(**form):
        credentials = {"client_id": CREDENTIALS["TRUECONF_ID"], "client_secret": CREDENTIALS["TRUECONF_SECRET"]}
        answer = send("POST", ISSUER + "/oauth2/v1/token", body={**credentials, **form})
        expect(answer.status == 200, answer)
        return answer.json["access_token"]

    def of(user):
        return token(grant_type="password", username=user["email"], password=user["password"])

    server = token(grant_type="client_credentials")
    alice, bob = of(ALICE), of(BOB)
    made = send("POST", url, alice, {"name": "Monday round"})
    expect(made.status == 201 and len(made.json["owners"]) == 1, made)
    one = f"{url}/{made.json['id']}"
    expect(send("GET", one, server).status == 200, "the server-wide token does not see it")
    expect(send("GET", one, bob).status == 404, "Bob can see Alice's conference")
    expect(send("PATCH", one, server, {"name": "Tuesday round"}).json["name"] == "Tuesday round", "not changed")
    expect(send("GET", f"{url}?page_size=1", server).json["count"] >= 1, "not listed")
    expect(send("DELETE", one, alice).status == 204, "not deleted")
    return "made by a user, seen and changed server-wide, hidden from another user"


def directory():
    token = tokens("TRUECONF", grant_type="client_credentials", scope="users:read groups:read")["access_token"]
    users = RESOURCE + "/api/v3/users"
    known = {user["email"] for user in send("GET", users, token).json["results"]}
    expect({ALICE["email"], BOB["email"]} <= known, known)
    made = send("POST", users, token, {"email": "carol@example.com"})
    expect(made.status == 403, made)
    return f"{len(known)} users read through SCIM; without users:write none is made"


def meetings():
    answer, verifier = authorize(Browser(), "JIOMEET", ALICE, clientId=CREDENTIALS["JIOMEET_ID"])
    credentials = {"client_id": CREDENTIALS["JIOMEET_ID"], "client_secret": CREDENTIALS["JIOMEET_SECRET"]}
    body = {"grant_type": "authorization_code", "code": answer["code"], "code_verifier": verifier}
    token = send("POST", ISSUER + "/api/oauth2/v2/token", body={**credentials, **body})
    expect(token.status == 200 and token.json["expires_in"] == 86_400, token)
    token = token.json["access_token"]
    profile = send("GET", RESOURCE + "/api/user/profile", token)
    expect(profile.json["email"] == ALICE["email"], profile)
    made = send("POST", RESOURCE + "/api/meetings", token, {"name": "Planning"})
    expect(made.status == 201 and made.json["participants"][0]["role"] == "owner", made)
    one = f"{RESOURCE}/api/meetings/{made.json['id']}"
    expect(send("DELETE", one, token).status == 204, "not deleted")
    return "clientId, code, profile, a meeting made and deleted"


def introspection():
    token = tokens("TRUECONF", grant_type="password", username=ALICE["email"], password=ALICE["password"])["access_token"]
    known = post("/oauth2/introspect", "RESOURCE", token=token).json
    expect(known["active"] is True and known["client_id"] == CREDENTIALS["TRUECONF_ID"] and known["aud"], known)
    expect(post("/oauth2/introspect", "RESOURCE", token="nonsense").json == {"active": False}, "nonsense is active")
    stranger = post("/oauth2/introspect", "STANDARD", token=token)
    expect(stranger.status in (401, 403) or stranger.json == {"active": False}, stranger)
    expect(post("/oauth2/revoke", "TRUECONF", token=token).status == 200, "not revoked")
    gone = post("/oauth2/introspect", "RESOURCE", token=token).json
    expect(gone == {"active": False}, gone)
    return "active for the resource server alone; inactive once revoked"


def room():
    token = tokens("TRUECONF", grant_type="password", username=ALICE["email"], password=ALICE["password"])["access_token"]
    made = send("POST", ROOMS, token, {"name": "Planning"})
    expect(made.status == 201 and made.json["name"] == "Planning", made)
    one = f"{ROOMS}/{made.json['id']}"
    listed = send("GET", ROOMS, token).json
    expect(made.json["id"] in [entry["id"] for entry in listed["results"]], listed)
    expect(send("GET", one, token).json["slug"] == made.json["slug"], "retrieved another room")
    changed = send("PATCH", one, token, {"name": "Review"})
    expect(changed.status == 200 and changed.json["name"] == "Review", changed)
    page = Browser().open(changed.json["url"])
    expect(page.status == 200 and "/webapp/sign-in" in page.text, page)
    other = tokens("TRUECONF", grant_type="password", username=BOB["email"], password=BOB["password"])["access_token"]
    expect(send("GET", one, other).status == 404, "Bob can see Alice's room")
    expect(send("DELETE", one, token).status == 204, "not deleted")
    expect(send("GET", one, token).status == 404, "still there")
    expect(post("/oauth2/revoke", "TRUECONF", token=token).status == 200, "not revoked")
    return f"created, listed, retrieved, updated, its page shown, deleted; token revoked, API 401 after {refused_within(1, token)}"


def command_line(*arguments):
    """Runs auth-server in the demo's folder; answers its JSON."""
    done = subprocess.run([os.environ["AUTH_SERVER"], *arguments, "--json"], cwd=FOLDER, capture_output=True, text=True,
                          check=False)
    expect(done.returncode == 0, done.stderr)
    return json.loads(done.stdout)


def connect(user, **consent):
    """The sample app in a new browser, connected."""
    browser = Browser()
    page = browser.sign_in(browser.submit(browser.open(APP), "/connect"), user)
    return browser, browser.submit(page, "/consent", **consent)


def app_round_trip():
    browser, page = connect(ALICE, decision="allow")
    expect("You are connected." in page.text and "refreshed 0 times" in page.text, page)
    page = browser.submit(page, "/rooms", name="Tea <&> cake")
    expect("Tea &#60;&#38;&#62; cake" in page.text, page.text)
    page = browser.submit(page, "/refresh")
    expect("refreshed 1 time." in page.text and "cake" in page.text, page.text)
    page = browser.submit(page, "/disconnect")
    expect("the tokens are revoked" in page.text, page.text)
    left = command_line("token", "list", "--app", CREDENTIALS["MEET_ID"])
    expect(left == [], f"live tokens: {left}")
    return "connect, create, refresh, disconnect; no live token left"


def app_partial_grant():
    create = ("scope", "lasuite_visio:rooms:create")
    browser, page = connect(BOB, without=[create], decision="allow")
    expect("You did not allow this app to create rooms." in page.text, page.text)
    expect(form_of(page, "/rooms").disabled, "the button to create a room is not disabled")
    page = browser.submit(page, "/connect")
    page = browser.submit(page, "/consent", decision="allow")
    expect(not form_of(page, "/rooms").disabled, "the button is still disabled")
    command_line("token", "revoke", "--app", CREDENTIALS["MEET_ID"])
    deadline = time.monotonic() + 1
    while "The connection has ended" not in (page := browser.open(APP)).text:
        expect(time.monotonic() < deadline, page.text)
    expect(form_of(page, "/connect"), page)
    return "a permission left out, then added; told when it was ended elsewhere"


def app_denial():
    _, page = connect({"email": "developer@example.com", "password": "developer-password"}, decision="deny")
    expect("You said no" in page.text and "access_denied" in page.text, page.text)
    forged = Browser().open(f"{APP}/callback?code=stolen&state=guessed&iss={urllib.parse.quote(ISSUER, safe='')}")
    expect("You could not be connected." in forged.text, forged.text)
    return "a no is understood; an answer that nobody asked for is refused"


STEPS = [
    ("discovery", discovery),
    ("client credentials", client_credentials),
    ("password", password),
    ("authorization code", authorization_code),
    ("denial", denial),
    ("refresh", refresh),
    ("refresh, kept", kept_refresh),
    ("delegation", delegation),
    ("keyed", keyed),
    ("API key", api_key),
    ("conferences", conferences),
    ("users and groups", directory),
    ("meetings", meetings),
    ("introspection", introspection),
    ("room", room),
    ("sample app", app_round_trip),
    ("sample app, partial grant", app_partial_grant),
    ("sample app, denial", app_denial),
]


def main():
    """Every step, whatever became of the one before."""
    failed = 0
    for name, step in STEPS:
        try:
            print(f"ok    {name}: {step()}", flush=True)
        except Failure as failure:
            failed += 1
            print(f"FAIL  {name}: {failure}", flush=True)
        except (OSError, KeyError, ValueError) as error:
            failed += 1
            print(f"FAIL  {name}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(STEPS) - failed} of {len(STEPS)} well")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
