"""Every grant, introspection and revocation."""

import secrets

from browser import Browser
from oauth import authorize, exchange, post, refused, refused_within, tokens
from web import send
from world import ALICE, BOB, CREDENTIALS, ISSUER, RESOURCE, ROOMS, expect


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
    ("introspection", introspection),
]
