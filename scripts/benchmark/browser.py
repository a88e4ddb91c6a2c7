"""A small HTTP client that keeps cookies, follows redirects and fills in forms: the user of the benchmark."""

import base64
import html.parser
import http.client
import json
import urllib.parse


class Answer:
    """Status, headers and body."""

    def __init__(self, response, url):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read().decode()
        self.url = url

    def json(self):
        """The body as JSON; an error says what came instead."""
        if self.status not in (200, 201):
            raise RuntimeError(f"{self.url}: {self.status} {self.body[:300]}")
        return json.loads(self.body)


def send(method, url, headers=None, body=None):
    """One request."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    connection.request(method, path or "/", body, headers or {})
    answer = Answer(connection.getresponse(), url)
    connection.close()
    return answer


def basic(client):
    """The Authorization header of a client."""
    pair = f"{client['client_id']}:{client['client_secret']}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
            "Content-Type": "application/x-www-form-urlencoded"}


def post_form(url, client, **form):
    """A form as a client sends it."""
    return send("POST", url, basic(client), urllib.parse.urlencode(form))


class Form(html.parser.HTMLParser):
    """The fields of the form that posts to a path; of its buttons the one chosen."""

    def __init__(self, action):
        super().__init__()
        self.action, self.inside, self.fields = action, False, []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if tag == "form":
            self.inside = (values.get("action") or "").split("?")[0] == self.action
        elif self.inside and tag == "input" and values.get("name"):
            self.fields.append((values["name"], values.get("value") or "on"))

    def handle_endtag(self, tag):
        if tag == "form":
            self.inside = False


class Browser:
    """Keeps cookies, for one site."""

    def __init__(self, origin):
        self.origin, self.cookies = origin, {}

    def cookie_header(self):
        """All cookies."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def request(self, method, url, form=None):
        """One request; follows redirects that stay on the site."""
        for _ in range(10):
            url = urllib.parse.urljoin(self.origin, url)
            headers = {"Cookie": self.cookie_header(), "Origin": self.origin}
            body = None
            if form is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                body = urllib.parse.urlencode(form)
            answer = send(method, url, headers, body)
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                if value:
                    self.cookies[name] = value
                else:
                    self.cookies.pop(name, None)
            target = answer.headers.get("Location")
            if not target or not urllib.parse.urljoin(url, target).startswith(self.origin):
                return answer
            method, url, form = "GET", urllib.parse.urljoin(url, target), None
        raise RuntimeError(f"redirected too often: {url}")

    def submit(self, answer, action, replace):
        """Fills in the form of a page that posts to `action`, and sends it."""
        form = Form(action)
        form.feed(answer.body)
        if not form.fields:
            raise RuntimeError(f"no form for {action} at {answer.url}: {answer.status} {answer.body[:300]}")
        fields = [(name, value) for name, value in form.fields if name not in replace]
        return self.request("POST", action, fields + list(replace.items()))


def code_of(answer):
    """The authorization code in a redirect."""
    query = urllib.parse.urlsplit(answer.headers.get("Location") or "").query
    code = urllib.parse.parse_qs(query).get("code")
    if not code:
        raise RuntimeError(f"no code: {answer.status} {answer.headers.get('Location')} {answer.body[:300]}")
    return code[0]
