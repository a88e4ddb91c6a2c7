"""An application's way in: a developer registers it, a reviewer approves it, people use it and take that back."""

from browser import Browser, form_of, shown_once
from oauth import authorization_url, authorize, exchange, refused_within, tokens
from web import send
from world import ALICE, BOB, CREDENTIALS, DEVELOPER, ELSEWHERE, ISSUER, REVIEWER, ROOMS, expect

FIELDS = {
    "name": "Minutes",
    "homepage_url": "https://client.example/",
    "policy_url": "https://client.example/privacy",
    "logo_url": "https://client.example/logo.png",
    "use_case": "calendar",
    "redirect_uri": ELSEWHERE,
    "scope": ["rooms:list", "rooms:create"],
}


def client_id():
    return CREDENTIALS["MINUTES_ID"]


def registration():
    browser = Browser()
    page = browser.enter("/developer/new", DEVELOPER)
    wrong = FIELDS | {"redirect_uri": "http://client.example/callback"}
    page = browser.submit(page, "/developer/new", **wrong, action="submit")
    expect(page.status == 422 and page.text.count('aria-invalid="true"') == 1, page)
    page = browser.submit(page, "/developer/new", **FIELDS, action="submit")
    expect(page.status == 200 and "24 to 48 hours" in page.text, page)
    CREDENTIALS["MINUTES_ID"] = page.url.split("?")[0].rsplit("/", 1)[-1]
    expect("/secrets" not in page.text, "a secret can be made before the approval")
    return "a plain-http callback URL explained, then submitted for review"


def waiting():
    url, _, _ = authorization_url("MINUTES", scope="rooms:list")

    def seen_by(user):
        browser = Browser()
        browser.enter("/account", user)
        return browser.open(url)

    page = seen_by(DEVELOPER)
    expect(page.status == 200 and "is not approved yet" in page.text, page)
    expect(page.headers["refresh"] == "10", f"Refresh: {page.headers['refresh']}")
    page = seen_by(ALICE)
    expect(page.status == 403 and page.headers["x-error-id"] in page.text, page)
    return "its developer is shown the waiting page, everybody else an error page with an id"


def review():
    url, _, _ = authorization_url("MINUTES", scope="rooms:list")
    developer, reviewer = Browser(), Browser()
    expect(developer.enter("/admin/review", DEVELOPER).status == 403, "a developer can see the queue")
    queue = reviewer.enter("/admin/review", REVIEWER)
    expect(FIELDS["name"] in queue.text and "Meeting notes" in queue.text, queue)
    path = f"/admin/review/{client_id()}"
    page = reviewer.open(ISSUER + path)
    expect("client.example" in page.text and DEVELOPER["email"] in page.text, page)
    page = reviewer.submit(page, path, decision="approved")
    expect(page.status == 200 and client_id() not in page.text, page)
    page = developer.open(url)
    expect(form_of(page, "/consent"), page)
    return "approved from the queue; the waiting page has become the consent page"


def secret():
    browser = Browser()
    here = f"/developer/apps/{client_id()}"
    page = browser.enter(here, DEVELOPER)
    page = browser.submit(page, here + "/secrets", action="add", label="first")
    CREDENTIALS["MINUTES_SECRET"] = shown_once(page, "secret")
    page = browser.open(ISSUER + here)
    expect("first" in page.text and CREDENTIALS["MINUTES_SECRET"] not in page.text, "shown a second time")
    answer, verifier = authorize(Browser(), "MINUTES", BOB, scope="rooms:list rooms:create")
    token = tokens("MINUTES", **exchange(answer, verifier))
    made = send("POST", ROOMS, token["access_token"], {"name": "Minutes"})
    expect(made.status == 201, made)
    return "shown once; with it the code flow makes a room"


def account():
    answer, verifier = authorize(Browser(), "MINUTES", ALICE, scope="rooms:list rooms:create")
    token = tokens("MINUTES", **exchange(answer, verifier))["access_token"]
    expect(send("GET", ROOMS, token).status == 200, "the rooms API refused the token")
    browser = Browser()
    page = browser.enter("/account", ALICE)

    def everything(fields):
        return fields["client_id"] == client_id() and "permission" not in fields

    page = browser.submit(page, "/account/withdraw", having=everything)
    after = refused_within(1, token)
    expect(client_id() not in page.text, "it is still at /account")
    return f"found at /account and withdrawn, API 401 after {after}"


STEPS = [
    ("developer", registration),
    ("waiting for review", waiting),
    ("review", review),
    ("secret", secret),
    ("account", account),
]
