"""The doors of the resource server: rooms, conferences, meetings, API keys, users and groups."""

from browser import Browser
from oauth import authorize, post, refused, refused_within, tokens
from web import send
from world import ALICE, BOB, CREDENTIALS, ISSUER, RESOURCE, ROOMS, expect


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


STEPS = [
    ("room", room),
    ("conferences", conferences),
    ("meetings", meetings),
    ("API key", api_key),
    ("users and groups", directory),
]
