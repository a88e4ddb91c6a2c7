"""Anteroom's own two servers, the one demanding signed and encrypted answers of the other (RFC 9701)."""

import json
import subprocess
import time

import pytest
import requests
from joserfc.jwk import ECKey, RSAKey
from running_server import TARGET, free_port

BINARY = TARGET / "debug" / "resource-server"
KEYS = {"ECDH-ES": lambda: ECKey.generate_key("P-256"), "RSA-OAEP-256": lambda: RSAKey.generate_key(2048)}


@pytest.fixture(params=KEYS)
def demanding(request, server, tmp_path):
    """A resource server that is registered, and whose key is not yet."""
    url = f"http://127.0.0.1:{free_port()}"
    registered = server.command("resource", "add", "--name", "Demanding", "--url", url)
    (tmp_path / "key.pem").write_bytes(KEYS[request.param]().as_pem(private=True))
    environment = {
        "ISSUER_URL": server.issuer,
        "RESOURCE_URL": url,
        "LISTEN_ADDR": url.removeprefix("http://"),
        "DATABASE_URL": f"sqlite://{tmp_path / 'rooms.sqlite'}",
        "INTROSPECTION_CLIENT_ID": registered["client_id"],
        "INTROSPECTION_CLIENT_SECRET": registered["client_secret"],
        "ANTEROOM_INTROSPECTION__FORMAT": "jwt",
        "ANTEROOM_INTROSPECTION__DECRYPTION_KEY": str(tmp_path / "key.pem"),
    }

    def doctor():
        """What the doctor says about introspection."""
        done = subprocess.run([BINARY, "doctor", "--json"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE)
        findings = json.loads(done.stdout)["findings"]
        return next(finding for finding in findings if finding["check"] == "credentials")

    with (tmp_path / "log").open("w") as log:
        child = subprocess.Popen([BINARY], cwd=tmp_path, env=environment, stderr=log)
    try:
        yield url, registered["client_id"], request.param, doctor
    finally:
        child.terminate()
        child.wait(15)


def published(url):
    deadline = time.monotonic() + 30
    while True:
        try:
            return requests.get(f"{url}/jwks", timeout=5).json()
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_the_key_that_is_served_is_the_one_that_answers_are_encrypted_to(demanding, server, tmp_path):
    url, client_id, algorithm, doctor = demanding
    keys = published(url)
    assert [(key["alg"], key["use"]) for key in keys["keys"]] == [(algorithm, "enc")]
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(keys["keys"][0])
    before = doctor()
    assert not before["ok"], "signed answers alone are not what it wants"
    assert "set-key" in before["detail"]
    (tmp_path / "jwks.json").write_text(json.dumps(keys))
    server.command("resource", "set-key", client_id, "--encryption-key", str(tmp_path / "jwks.json"))
    deadline = time.monotonic() + 5
    while not (after := doctor())["ok"]:
        assert time.monotonic() < deadline, after
        time.sleep(0.05)
    assert after["detail"].endswith("signed and encrypted")
