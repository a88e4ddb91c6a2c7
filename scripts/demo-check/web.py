"""HTTP, as an application without cookies speaks it."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

from world import Failure, expect


class Answer:
    """An HTTP response."""

    def __init__(self, response, url):
        self.status, self.headers, self.url = response.status, response.headers, url
        # Where a line may break is no part of what it says.
        self.text = response.read().decode(errors="replace").replace("<wbr>", "")

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
        title = re.search("<title>([^<]*)", self.text)
        return f"{self.status} from {self.url.split('?')[0]}: {title[1] if title else self.text[:200]!r}"


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
