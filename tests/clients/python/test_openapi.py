"""The OpenAPI documents of both servers, judged by a validator that nobody here wrote (S0.2)."""

import subprocess
import time

import pytest
import requests
from openapi_spec_validator import validate
from running_server import BACKENDS, TARGET, AuthServer, free_port


@pytest.fixture
def resource_server(tmp_path):
    url = f"http://127.0.0.1:{free_port()}"
    environment = {
        "LISTEN_ADDR": url.removeprefix("http://"),
        "RESOURCE_URL": url,
        "DATABASE_URL": f"sqlite://{tmp_path / 'rooms.sqlite'}",
    }
    with (tmp_path / "log").open("w") as log:
        child = subprocess.Popen([TARGET / "debug" / "resource-server"], cwd=tmp_path, env=environment, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                requests.get(f"{url}/health/live", timeout=5)
                break
            except requests.ConnectionError:
                assert time.monotonic() < deadline and child.poll() is None, (tmp_path / "log").read_text()
                time.sleep(0.05)
        yield url
    finally:
        child.terminate()
        child.wait(15)


@pytest.mark.parametrize(
    ("path", "version"), [("/external-api/v1.0/openapi.json", "3.0.3"), ("/openapi.json", "3.1.0")]
)
def test_a_validator_accepts_the_document(resource_server, path, version):
    document = requests.get(resource_server + path, timeout=5).json()
    assert document["openapi"] == version
    validate(document)


@pytest.fixture
def auth_server():
    server = AuthServer(BACKENDS[0])
    try:
        server.start()
        yield server.issuer
    finally:
        server.remove()


@pytest.mark.parametrize("path", ["/openapi.json", "/admin/api/v1/openapi.json"])
def test_a_validator_accepts_the_authorization_servers(auth_server, path):
    document = requests.get(auth_server + path, timeout=5).json()
    assert document["openapi"] == "3.1.0"
    validate(document)
