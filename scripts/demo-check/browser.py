"""A person's browser: cookies, redirects, and the forms of pages."""

import html
import html.parser
import http.cookiejar
import re
import urllib.parse
import urllib.request

from web import NoRedirect, open_url
from world import APP, ISSUER, RESOURCE, Failure, expect


class Form:
    """A form: where it leads, and what it sends if nobody touches it."""

    def __init__(self, attributes):
        self.action = attributes.get("action", "")
        self.path = urllib.parse.urlsplit(self.action).path
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
            if attributes.get("type") not in ("checkbox", "radio") or "checked" in attributes:
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

    def submit(self, page, path, /, without=(), having=None, **values):
        """Sends the form of a page that leads to `path`, with `values` typed in; `without` is unticked."""
        form = form_of(page, path, having)
        fields = [(name, value) for name, value in form.fields if name not in values and (name, value) not in without]
        data = urllib.parse.urlencode(fields + list(values.items()), doseq=True).encode()
        return self.open(urllib.parse.urljoin(page.url, form.action), data)

    def sign_in(self, page, user):
        """From the sign-in page to where it leads."""
        return self.submit(page, "/login", **user)

    def enter(self, path, user):
        """A page of the authorization server that asks for a sign-in first."""
        return self.sign_in(self.open(ISSUER + path), user)


def form_of(page, path, having=None):
    """The form of a page that leads to a path; where there are several, the first whose fields `having` accepts."""
    reader = FormReader()
    reader.feed(page.text)
    for form in reader.forms:
        if form.path == path and (having is None or having(dict(form.fields))):
            return form
    raise Failure(f"no such form to {path} in {page}")


def shown_once(page, element):
    """The value of an element that can only be read, such as a new secret."""
    found = re.search(f'<textarea id="{element}"[^>]*>([^<]*)</textarea>', page.text)
    expect(found, f"no {element} in {page}")
    return html.unescape(found[1])
