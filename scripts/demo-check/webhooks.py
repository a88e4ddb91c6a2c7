"""A receiver of events, and what Standard Webhooks asks of it."""

import base64
import hashlib
import hmac
import http.server
import json
import queue
import threading
import time

from browser import Browser, shown_once
from world import ADMIN, Failure, command_line, expect

SECONDS = 10


class Receiver:
    """A web server on loopback; what is posted to it can be taken one by one."""

    def __init__(self):
        self.events = queue.Queue()
        events = self.events

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                events.put((self.headers, self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/events"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def take(self, secret):
        """The next event, once its signature is verified."""
        try:
            headers, body = self.events.get(timeout=SECONDS)
        except queue.Empty:
            raise Failure(f"nothing came in {SECONDS} s") from None
        signed = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signature = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        expect(hmac.compare_digest(signature, headers["webhook-signature"]), f"signature of {body!r}")
        expect(abs(time.time() - int(headers["webhook-timestamp"])) < 300, headers["webhook-timestamp"])
        return json.loads(body)


def webhook():
    browser = Browser()
    page = browser.enter("/admin/webhooks/new", ADMIN)
    with Receiver() as receiver:
        fields = {"event": "application.created"}
        refused = browser.submit(page, "/admin/webhooks/new", url="https://10.0.0.1/events", **fields)
        expect(refused.status == 422, refused)
        page = browser.submit(page, "/admin/webhooks/new", url=receiver.url, **fields)
        secret = shown_once(page, "secret")
        added = command_line("app", "add", "--name", "Told about", "--profile", "standard", "--scope", "rooms:list")
        event = receiver.take(secret)
        expect(event["type"] == "application.created" and event["data"]["client_id"] == added["client_id"], event)
    return "an address of a private network refused; application.created arrives, its HMAC right"


STEPS = [("webhook", webhook)]
