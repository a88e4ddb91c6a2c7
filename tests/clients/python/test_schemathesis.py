"""Both servers, sent whatever schemathesis makes of their own OpenAPI documents: no 5xx, and no answer that the
document does not have."""

import contextlib
import re
import subprocess
import sys
import time

import pytest
import requests
from running_server import BACKENDS, REPOSITORY, TARGET, AuthServer, free_port

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EMAIL = "alice@example.com"
PASSWORD = "a long enough password"


def permissions():
    """Every permission of the resource server's API: what the catalogue says is nobody else's."""
    text = (REPOSITORY / "shared" / "permissions.toml").read_text()
    entries = re.findall(r'^\[permissions\."([^"]+)"\]\n(of = "\w+")?', text, re.MULTILINE)
    return " ".join(name for name, owner in entries if not owner)


@contextlib.contextmanager
def resource_server(auth, folder, port, rooms):
    environment = {
        "ISSUER_URL": auth.issuer,
        "LISTEN_ADDR": f"127.0.0.1:{port}",
        "RESOURCE_URL": f"http://127.0.0.1:{port}",
        "DATABASE_URL": f"sqlite://{folder / 'rooms.sqlite'}",
        "INTROSPECTION_CLIENT_ID": rooms["client_id"],
        "INTROSPECTION_CLIENT_SECRET": rooms["client_secret"],
    }
    with (folder / "log").open("w") as log:
        child = subprocess.Popen([TARGET / "debug" / "resource-server"], cwd=folder, env=environment, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and child.poll() is None:
            with contextlib.suppress(requests.ConnectionError):
                if requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200:
                    break
            time.sleep(0.1)
        else:
            raise RuntimeError((folder / "log").read_text())
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(15)


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    auth, port = AuthServer(BACKENDS[0]), free_port()
    # What is sent here fails a lot, from one address.
    auth.set("ANTEROOM_LIMITS__FAILURES_PER_ADDRESS", "0")
    auth.set("ANTEROOM_LIMITS__SIGN_IN_FAILURES_PER_ADDRESS", "0")
    try:
        rooms = auth.command("resource", "add", "--name", "Rooms", "--url", f"http://127.0.0.1:{port}")
        auth.command("user", "add", "--email", EMAIL, "--password", PASSWORD)
        app = auth.command("app", "add", "--name", "Everything", "--profile", "trueconf", "--scope", permissions())
        key = auth.command("api-key", "add", "--name", "Key")["api_key"]
        admin = auth.command("app", "add", "--name", "Administration", "--profile", "trueconf", "--scope", "admin")
        auth.start()
        with resource_server(auth, tmp_path_factory.mktemp("rooms"), port, rooms) as api:
            credentials = (app["client_id"], app["client_secret"])
            answer = requests.post(
                f"{auth.issuer}/oauth2/token",
                auth=credentials,
                data={"grant_type": "password", "username": EMAIL, "password": PASSWORD},
                timeout=10,
            )
            headers = [f"Authorization: Bearer {answer.json()['access_token']}", f"X-API-KEY: {key}"]
            answer = requests.post(
                f"{auth.issuer}/oauth2/token",
                auth=(admin["client_id"], admin["client_secret"]),
                data={"grant_type": "client_credentials", "resource": auth.issuer},
                timeout=10,
            )
            headers.append(f"Authorization: Bearer {answer.json()['access_token']}")
            yield auth.issuer, api, rooms, headers
    finally:
        auth.remove()


def sent(document, *options):
    """Runs schemathesis; what it found is in its report."""
    words = [
        sys.executable, "-m", "schemathesis.cli", "run", document, "--checks", CHECKS, "--phases",
        "examples,coverage,fuzzing", "--max-examples", "8", "--request-timeout", "10", "--no-color", *options,
    ]  # fmt: skip
    done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    generated = re.search(r"(\d+) generated", done.stdout)
    assert generated and int(generated[1]) > 100, done.stdout[-2000:]


@pytest.mark.parametrize("path", ["/openapi.json", "/external-api/v1.0/openapi.json"])
def test_the_resource_server_answers_as_it_says(servers, path):
    _, api, _, headers = servers
    sent(api + path, *(word for header in headers[:2] for word in ("-H", header)))


def test_the_authorization_server_answers_as_it_says(servers):
    issuer, _, rooms, _ = servers
    # The feed of revocations has no end.
    caller = f"{rooms['client_id']}:{rooms['client_secret']}"
    sent(f"{issuer}/openapi.json", "--exclude-path", "/oauth2/revocations", "-a", caller)


def test_the_admin_api_answers_as_it_says(servers):
    issuer, _, _, headers = servers
    sent(f"{issuer}/admin/api/v1/openapi.json", "-H", headers[2])
