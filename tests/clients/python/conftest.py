"""What every test needs: a running server per way of storing data, with a resource server, applications, Alice."""

import types

import pytest
from running_server import BACKENDS, AuthServer

REDIRECT_URI = "https://app.example/callback"
NATIVE_REDIRECT_URI = "http://127.0.0.1:43118/callback"
RESOURCE = "https://rooms.example"
SCOPE = "rooms:list rooms:create"
EMAIL = "alice@example.com"
PASSWORD = "a long enough password"


@pytest.fixture(scope="session", params=BACKENDS)
def server(request):
    server = AuthServer(request.param)
    try:
        server.rooms = _registered(server, "resource", "--name", "Rooms", "--url", RESOURCE)
        server.alice = server.command("user", "add", "--email", EMAIL, "--password", PASSWORD)["user_id"]
        app = ["app", "--scope", SCOPE]
        server.confidential = _registered(
            server, *app, "--name", "Agenda", "--profile", "standard", "--redirect-uri", REDIRECT_URI
        )
        server.public = _registered(
            server, *app, "--name", "Phone", "--profile", "standard", "--public",
            "--redirect-uri", NATIVE_REDIRECT_URI,
        )  # fmt: skip
        server.legacy = _registered(server, *app, "--name", "Old", "--profile", "trueconf")
        server.directory = _registered(
            server, "app", "--scope", "scim", "--name", "Personnel", "--profile", "standard",
        )  # fmt: skip
        server.start()
        yield server
    finally:
        server.remove()


def _registered(server, noun, *words):
    printed = server.command(noun, "add", *words)
    return types.SimpleNamespace(id=printed["client_id"], secret=printed.get("client_secret"))
