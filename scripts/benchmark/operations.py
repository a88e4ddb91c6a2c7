"""The operations: what each server is asked, and which bound it is held against."""

import base64
import dataclasses
import hashlib
import json
import pathlib
import tempfile
import typing
import urllib.parse

import anteroom
import browser
import wrk

VERIFIER = "the-verifier-of-the-benchmark-0123456789abcdef"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
RESOURCE = "http://localhost:8081"

NAMES = {
    "client-credentials": "Client credentials, ES256 JWT",
    "code": "Code exchange with PKCE, ES256 JWT and refresh token",
    "refresh": "Refresh with rotation, ES256 JWT",
    "introspect-opaque": "Introspection of an opaque token",
    "introspect-jwt": "Introspection of an ES256 JWT",
    "room": "Protected GET, token seen before",
    "password": "Password grant, Argon2id",
}

# The lowest share of the bound that counts as good enough, by operation and store.
TARGETS = {
    ("client-credentials", "redis"): 0.8, ("client-credentials", "embedded"): 0.8,
    ("code", "redis"): 0.7, ("refresh", "redis"): 0.7, ("refresh", "embedded"): 0.6,
    ("introspect-opaque", "redis"): 0.7, ("introspect-jwt", "redis"): 0.8,
    ("room", "redis"): 0.5, ("password", "redis"): 0.9,
}

# The least multiple of node-oidc-provider on Redis.
PEER_TARGETS = {"client-credentials": 7, "refresh": 16, "introspect-opaque": 12}


@dataclasses.dataclass
class Cell:
    """One operation on one server."""

    operation: str
    label: str
    server: object
    request: wrk.Request
    mode: str = "fixed"
    # Lines for the modes that need them, made anew before each round; gets the seconds it will run.
    values: typing.Callable | None = None
    # Label of the bound it is held against, and whose row it is.
    bound: str | None = None
    kind: str = "bound"


def form(method_url, client, connections=32, **fields):
    """A form request. A field of {} is where the Lua script puts its line."""
    body = urllib.parse.urlencode(fields).replace("%7B%7D", "{}")
    return wrk.Request("POST", method_url, browser.basic(client), body, connections)


def authorize_url(base, path, client, scope, **more):
    """An authorization request."""
    query = {"client_id": client["client_id"], "response_type": "code", "redirect_uri": anteroom.REDIRECT_URI,
             "scope": scope, "code_challenge": CHALLENGE, "code_challenge_method": "S256", "state": "bench", **more}
    return f"{base}{path}?{urllib.parse.urlencode(query)}"


class Site:
    """Where codes and tokens are got for a running server, the way a user and an application would."""

    def __init__(self, base, paths, client, scope, sign_in, **more):
        self.base, self.client, self.more = base, client, more
        self.token_url = base + paths["token"]
        self.authorize = authorize_url(base, paths["authorize"], client, scope, **more)
        self.user = sign_in(self.authorize)

    def codes(self, seconds):
        """Codes for a run of some seconds: the same authorization request again and again, with the session's
        cookie."""
        request = wrk.Request("GET", self.authorize, {"Cookie": self.user.cookie_header()})
        with tempfile.NamedTemporaryFile("r") as out:
            result = wrk.run(request, max(1, round(seconds * 1.5)), "gather", out=out.name)
            codes = pathlib.Path(out.name).read_text().splitlines()
        if not codes:
            raise wrk.Failed(f"{self.authorize}: no codes: {result}")
        return codes

    def exchange(self, code):
        """Tokens for a code."""
        return browser.post_form(self.token_url, self.client, grant_type="authorization_code", code=code,
                                 redirect_uri=anteroom.REDIRECT_URI, code_verifier=VERIFIER, **self.more).json()

    def tokens(self):
        """Tokens for a new code."""
        return self.exchange(browser.code_of(self.user.request("GET", self.authorize)))

    def chains(self, _seconds):
        """Refresh tokens to begin with, more than there are connections."""
        return [self.tokens()["refresh_token"] for _ in range(48)]


def bound_cells(server):
    """The bare server."""
    def cell(operation, label, path, **fields):
        return Cell(operation, label, server, form(server.url + path, server.client, **fields))

    def seeded(store):
        return lambda _: browser.send("POST", f"{server.url}/{store}/seed", {}, "48").body.split()

    credentials = {"grant_type": "client_credentials", "scope": "rooms:list rooms:retrieve"}
    jwt = browser.post_form(f"{server.url}/memory/token", server.client, **credentials).json()["access_token"]
    cells = [
        cell("client-credentials", "bound: JWT signed by aws-lc-rs alone", "/raw/token", **credentials),
        cell("client-credentials", "bound: JWT", "/memory/token", **credentials),
        cell("client-credentials", "bound: JWT + one Redis write", "/redis/token", **credentials),
        cell("client-credentials", "bound: JWT + one SQLite insert", "/sqlite/token", **credentials),
        cell("code", "bound: JWT + one Redis write", "/redis/token", **credentials),
        cell("code", "bound: JWT + one SQLite insert", "/sqlite/token", **credentials),
    ]
    for store, name in (("redis", "one Lua script on Redis"), ("sqlite", "one SQLite update")):
        refresh = cell("refresh", f"bound: {name} + JWT", f"/{store}/refresh", grant_type="refresh_token",
                       refresh_token="{}", scope="rooms:list rooms:retrieve")
        cells.append(dataclasses.replace(refresh, mode="chain", values=seeded(store)))
    for store, name in (("redis", "one Redis read"), ("sqlite", "one SQLite read")):
        token = seeded(store)(0)[0]
        cells.append(cell("introspect-opaque", f"bound: {name}", f"/{store}/introspect", token=token))
        cells.append(cell("introspect-jwt", f"bound: verify + {name}", f"/{store}/introspect-jwt", token=jwt))
    for label, path in (("bound: verification cached", "/rooms/018f0000-0000-7000-8000-000000000000"),
                        ("bound: verification cached + one SQLite read", f"/sqlite/rooms/{seeded('sqlite')(0)[0]}")):
        cells.append(Cell("room", label, server, wrk.Request(
            "GET", server.url + path, {"Authorization": f"Bearer {jwt}"})))
    cells.append(cell("password", "bound: Argon2id + JWT", "/password", connections=4, password=anteroom.PASSWORD))
    return cells


def anteroom_cells(server, store):
    """Anteroom on Redis or embedded."""
    site = Site(server.url, {"token": "/oauth2/token", "authorize": "/oauth2/authorize"}, server.app,
                anteroom.SCOPES, server.sign_in)
    redis = store == "redis"
    write = "bound: JWT + one Redis write" if redis else "bound: JWT + one SQLite insert"
    read = "one Redis read" if redis else "one SQLite read"
    token_url, introspect_url = site.token_url, f"{server.url}/oauth2/introspect"

    def cell(operation, bound, request, mode="fixed", values=None, process=server.auth):
        return Cell(operation, f"Anteroom, {store}", process, request, mode, values, bound, store)

    login = {"grant_type": "password", "username": anteroom.EMAIL, "password": anteroom.PASSWORD}
    opaque = browser.post_form(token_url, server.keyed, **login, scope="user").json()["access_token"]
    tokens = site.tokens()
    cells = [
        cell("client-credentials", "bound: JWT" if redis else write,
             form(token_url, server.app, grant_type="client_credentials", scope="rooms:list rooms:retrieve")),
        cell("code", write, form(token_url, server.app, grant_type="authorization_code", code="{}",
                                 redirect_uri=anteroom.REDIRECT_URI, code_verifier=VERIFIER), "take", site.codes),
        cell("refresh", "bound: one Lua script on Redis + JWT" if redis else "bound: one SQLite update + JWT",
             form(token_url, server.app, grant_type="refresh_token", refresh_token="{}"), "chain", site.chains),
        cell("introspect-opaque", f"bound: {read}", form(introspect_url, server.resource_client, token=opaque)),
        cell("introspect-jwt", f"bound: verify + {read}",
             form(introspect_url, server.resource_client, token=tokens["access_token"])),
        cell("password", "bound: Argon2id + JWT", form(token_url, server.password_app, connections=4, **login)),
    ]
    for introspection in cells[3:5]:
        request = introspection.request
        answer = browser.send("POST", request.url, request.headers, request.body).json()
        if not answer["active"]:
            raise RuntimeError(f"{introspection.operation}: {answer}")
    if server.rooms:
        bearer = {"Authorization": f"Bearer {tokens['access_token']}", "Content-Type": "application/json"}
        rooms = f"{server.rooms_url}/external-api/v1.0/rooms"
        room = browser.send("POST", rooms, bearer, json.dumps({"name": "Bench"})).json()
        cells.append(cell("room", "bound: verification cached", wrk.Request("GET", f"{rooms}/{room['id']}", bearer),
                          process=server.rooms))
    return cells


def peer_sign_in(url):
    """The peer signs its one user in by itself."""
    user = browser.Browser(urllib.parse.urljoin(url, "/").rstrip("/"))
    browser.code_of(user.request("GET", url))
    return user


def peer_cells(server, store):
    """node-oidc-provider on Redis or in a map."""
    paths = {"token": "/token", "authorize": "/auth"}
    site = Site(server.url, paths, server.client, "rooms:list rooms:retrieve", peer_sign_in, resource=RESOURCE)
    user_site = Site(server.url, paths, server.client, "openid", peer_sign_in)
    opaque = user_site.tokens()["access_token"]
    label = f"node-oidc-provider, {store}"

    def cell(operation, request, mode="fixed", values=None):
        return Cell(operation, label, server, request, mode, values, None, f"peer-{store}")

    token_url, client = site.token_url, server.client
    return [
        cell("client-credentials", form(token_url, client, grant_type="client_credentials",
                                        scope="rooms:list rooms:retrieve", resource=RESOURCE)),
        cell("code", form(token_url, client, grant_type="authorization_code", code="{}", resource=RESOURCE,
                          redirect_uri=anteroom.REDIRECT_URI, code_verifier=VERIFIER), "take", site.codes),
        cell("refresh", form(token_url, client, grant_type="refresh_token", refresh_token="{}", resource=RESOURCE),
             "chain", site.chains),
        cell("introspect-opaque", form(f"{server.url}/token/introspection", client, token=opaque)),
        cell("room", wrk.Request("GET", f"{server.url}/me", {"Authorization": f"Bearer {opaque}"})),
    ]
