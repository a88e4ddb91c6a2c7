"""A person with a browser that knows no JavaScript: follows redirects, keeps cookies, reads the HTML, and
submits the forms that are there with every field a browser would send."""

import urllib.parse

import bs4
import requests

MOST_STEPS = 12


class Person:
    def __init__(self, email, password):
        self._answers = {"email": email, "password": password}
        self._browser = requests.Session()

    def authorize(self, authorization_url, decision="allow", untick=()):
        """Goes where the application sends them, signs in and decides if asked; returns where they end up."""
        host = urllib.parse.urlsplit(authorization_url).netloc
        method, url, fields = "GET", authorization_url, None
        for _ in range(MOST_STEPS):
            if urllib.parse.urlsplit(url).netloc != host:
                return url
            page = self._browser.request(method, url, data=fields, allow_redirects=False, timeout=30)
            if page.is_redirect:
                assert page.status_code == 303, "every redirect of a flow is a 303"
                method, url, fields = "GET", urllib.parse.urljoin(url, page.headers["location"]), None
                continue
            form = bs4.BeautifulSoup(page.text, "html.parser").select_one(
                'form[action="/login"], form[action="/consent"]'
            )
            assert form, f"{page.status_code} and no form we know: {page.text}"
            method, url = "POST", urllib.parse.urljoin(url, form["action"])
            fields = self._fill_in(form, decision, untick)
        raise AssertionError(f"still at {url} after {MOST_STEPS} steps")

    def _fill_in(self, form, decision, untick):
        fields = []
        for field in form.select("input:not([disabled])"):
            name, value = field["name"], field.get("value", "")
            if field.get("type") == "checkbox" and (not field.has_attr("checked") or value in untick):
                continue
            fields.append((name, self._answers.get(name, value)))
        button = form.select_one(f'button[name="decision"][value="{decision}"]')
        return fields + [("decision", button["value"])] if button else fields
