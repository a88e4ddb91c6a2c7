"""What administrators and operators do: tokens, the admin API, a declared set-up, mail, and people's own data."""

import re

from browser import Browser
from oauth import authorize, exchange, refused_within, tokens
from web import send
from world import ADMIN, ALICE, AUDITOR, BOB, CREDENTIALS, DEVELOPER, FOLDER, ISSUER, ROOMS, command_line, expect

API = ISSUER + "/admin/api/v1"
DECLARED = """
[[users]]
email = "carol@example.com"
roles = ["developer"]

[[applications]]
client_id = "declared"
name = "Declared"
owner = "carol@example.com"
redirect_uris = ["https://declared.example/callback"]
scope = ["rooms:list"]
policy = { access_seconds = 600 }
"""


def token_list():
    answer, verifier = authorize(Browser(), "MINUTES", BOB, scope="rooms:list")
    token = tokens("MINUTES", **exchange(answer, verifier))["access_token"]
    expect(send("GET", ROOMS, token).status == 200, "the rooms API refused the token")
    here = f"/admin/applications/{CREDENTIALS['MINUTES_ID']}"
    auditor, administrator = Browser(), Browser()
    page = auditor.enter(here, AUDITOR)
    expect(page.status == 200 and BOB["email"] in page.text, page)
    expect('value="remove_token"' not in page.text, "an auditor could remove tokens")
    page = administrator.enter(here, ADMIN)
    # All of them are Bob's.
    for _ in range(page.text.count('value="remove_token"')):
        page = administrator.submit(page, here, having=lambda fields: "token" in fields, action="remove_token")
    after = refused_within(1, token)
    return f"an auditor sees who uses the application, an administrator removes it, API 401 after {after}"


def admin_api():
    added = command_line("app", "add", "--name", "Administration", "--profile", "standard",
                         "--scope", "admin:applications admin:audit:read")
    CREDENTIALS.update(ADMINISTRATION_ID=added["client_id"], ADMINISTRATION_SECRET=added["client_secret"])
    token = tokens("ADMINISTRATION", grant_type="client_credentials", resource=ISSUER)["access_token"]
    found = send("GET", f"{API}/applications?search=Minutes", token)
    expect([one["client_id"] for one in found.json["items"]] == [CREDENTIALS["MINUTES_ID"]], found)
    body = {"name": "Calendar", "redirect_uris": ["https://calendar.example/callback"], "scope": "rooms:list"}
    statuses = [send("PUT", f"{API}/applications/calendar", token, body).status for _ in range(2)]
    expect(statuses == [201, 200], statuses)
    missing = send("GET", f"{API}/users", token)
    expect(missing.status == 403 and "admin:users:read" in missing.headers["www-authenticate"], missing)
    expect(send("GET", f"{API}/applications").status == 401, "it answered without a token")
    expect(send("GET", ROOMS, token).status == 401, "the rooms API took a token of the admin API")
    return "client credentials, PUT twice, 403 that names the missing permission"


def apply():
    file = FOLDER / "declared.toml"
    file.write_text(DECLARED)

    def outcomes(*options):
        return [change["outcome"] for change in command_line("apply", str(file), *options)["changes"]]

    expect(outcomes("--dry-run") == ["added", "added"], outcomes("--dry-run"))
    expect(outcomes() == ["added", "added"], "it was added by the dry run")
    expect(outcomes("--dry-run") == ["same", "same"], outcomes("--dry-run"))
    file.write_text(DECLARED.replace("600", "900"))
    expect(outcomes("--dry-run") == ["same", "changed"], outcomes("--dry-run"))
    return "what a file declares is added; the second time nothing is to be changed"


def mail():
    browser = Browser()
    page = browser.enter("/admin/outbox", ADMIN)
    letters = re.findall(r'href="(/admin/outbox/[^"]+)"><bdi>([^<]*)</bdi></a></td><td[^>]*><bdi>([^<]*)</bdi>', page.text)
    decided = [path for path, subject, to in letters if to == DEVELOPER["email"] and "approved" in subject]
    expect(decided, letters)
    letter = browser.open(ISSUER + decided[0])
    expect("Minutes" in letter.text and '<pre class="letter"' in letter.text, letter)
    return f"{len(letters)} messages wait in the outbox, the reviewer's decision among them"


def own_data():
    browser = Browser()
    browser.enter("/account", ALICE)
    token = tokens("TRUECONF", grant_type="password", username=ALICE["email"], password=ALICE["password"])
    copy = browser.open(ISSUER + "/account/data")
    expect(copy.status == 200 and copy.headers["content-type"] == "application/json", copy)
    expect(copy.headers["content-disposition"].startswith("attachment"), copy.headers["content-disposition"])
    data = copy.json
    expect(data["account"]["email"] == ALICE["email"], data["account"])
    for part in ("permissions", "tokens", "sessions", "history"):
        expect(data[part], f"no {part}")
    expect("consent_withdrawn" in [line["what"] for line in data["history"]], data["history"])
    for secret in (token["access_token"], token["refresh_token"], ALICE["password"], "argon2"):
        expect(secret not in copy.text, "there is a secret in it")
    expect(BOB["email"] not in copy.text, "there is somebody else in it")
    return f"JSON with account, permissions, tokens, sessions, {len(data['history'])} lines of history; no secret"


STEPS = [
    ("tokens", token_list),
    ("admin API", admin_api),
    ("apply", apply),
    ("mail", mail),
    ("my data", own_data),
]
