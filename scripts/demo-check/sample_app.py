"""The sample app, as its users meet it."""

import time
import urllib.parse

from browser import Browser, form_of
from world import ALICE, APP, BOB, CREDENTIALS, DEVELOPER, ISSUER, command_line, expect


def connect(user, **consent):
    """The sample app in a new browser, connected."""
    browser = Browser()
    page = browser.sign_in(browser.submit(browser.open(APP), "/connect"), user)
    return browser, browser.submit(page, "/consent", **consent)


def round_trip():
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


def partial_grant():
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


def denial():
    _, page = connect(DEVELOPER, decision="deny")
    expect("You said no" in page.text and "access_denied" in page.text, page.text)
    forged = Browser().open(f"{APP}/callback?code=stolen&state=guessed&iss={urllib.parse.quote(ISSUER, safe='')}")
    expect("You could not be connected." in forged.text, forged.text)
    return "a no is understood; an answer that nobody asked for is refused"


STEPS = [
    ("sample app", round_trip),
    ("sample app, partial grant", partial_grant),
    ("sample app, denial", denial),
]
