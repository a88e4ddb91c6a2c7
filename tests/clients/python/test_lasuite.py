"""An unmodified django-lasuite as the resource server, by plain introspection and by signed and encrypted
introspection (S0.7, S0.8, S0.57, U0.14, RFC 7662, RFC 9701)."""

import json
import time
import types

import django
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from conftest import EMAIL, PASSWORD, REDIRECT_URI
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings as django_settings
from joserfc.jwk import ECKey, RSAKey
from lasuite_site import SETTINGS
from person import Person

RESOURCE = "https://visio.example"
SCOPE = "lasuite_visio lasuite_visio:rooms:list"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
BACKENDS = "lasuite.oidc_resource_server.backend"
PLAIN, SIGNED = "ResourceServerBackend", "JWTResourceServerBackend"


@pytest.fixture(scope="session", autouse=True)
def site():
    django_settings.configure(**SETTINGS)
    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


def becomes(check):
    """Waits until a running server has heard of a change by the command line. (How soon it must: the Rust tests.)"""
    deadline = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline, "the server does not hear of it"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def visio(server):
    """A resource server of its own, and an application that asks for its scopes."""
    add = lambda *words: types.SimpleNamespace(**server.command(*words))  # noqa: E731
    resource = add("resource", "add", "--name", "Visio", "--url", RESOURCE, "--scope-prefix", "lasuite_visio")
    application = add(
        "app", "add", "--name", "Calendar", "--profile", "meet", "--scope", SCOPE, "--redirect-uri", REDIRECT_URI
    )
    credentials = (resource.client_id, resource.client_secret)
    introspect = lambda: requests.post(  # noqa: E731
        f"{server.issuer}/oauth2/introspect", auth=credentials, data={"token": "none"}, timeout=30
    )
    becomes(lambda: introspect().status_code == 200)
    return types.SimpleNamespace(resource=resource, application=application)


@pytest.fixture
def configure(server, visio):
    """Settings of the site, as La Suite's documentation names them; later ones lie over earlier ones."""
    from django.test import override_settings
    from lasuite.oidc_resource_server.authentication import get_resource_server_backend

    changed = []

    def change(backend, **more):
        metadata = requests.get(f"{server.issuer}/.well-known/oauth-authorization-server", timeout=30).json()
        usual = {
            "OIDC_OP_URL": metadata["issuer"],
            "OIDC_OP_INTROSPECTION_ENDPOINT": metadata["introspection_endpoint"],
            "OIDC_OP_JWKS_ENDPOINT": metadata["jwks_uri"],
            "OIDC_RS_BACKEND_CLASS": f"{BACKENDS}.{backend}",
            "OIDC_RS_CLIENT_ID": visio.resource.client_id,
            "OIDC_RS_CLIENT_SECRET": visio.resource.client_secret,
        }
        changed.append(override_settings(**(usual | more)))
        changed[-1].enable()
        get_resource_server_backend.cache_clear()

    yield change
    for settings in reversed(changed):
        settings.disable()


@pytest.fixture(scope="module")
def tokens(server, visio):
    """Alice signs in and says yes; the application exchanges its code."""
    application = visio.application
    client = OAuth2Session(
        application.client_id,
        application.client_secret,
        scope=SCOPE,
        redirect_uri=REDIRECT_URI,
        token_endpoint=f"{server.issuer}/oauth2/token",
        revocation_endpoint_auth_method="client_secret_basic",
        code_challenge_method="S256",
    )

    def connect():
        url, state = client.create_authorization_url(
            f"{server.issuer}/oauth2/authorize", code_verifier=VERIFIER, resource=RESOURCE
        )
        end = Person(EMAIL, PASSWORD).authorize(url)
        return client.fetch_token(authorization_response=end, state=state, code_verifier=VERIFIER)

    return types.SimpleNamespace(connect=connect, client=client)


@pytest.fixture
def alice(server):
    """A user of the site; the subject passes the site's own validation."""
    from lasuite_site.models import User

    user = User(sub=server.alice, password="!")
    user.full_clean()
    user.save()
    yield user
    user.delete()


def get(path, token=None):
    from django.test import Client

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Client(raise_request_exception=False).get(path, headers=headers)


def assert_it_is_alice(answer, server, visio):
    assert answer.status_code == 200, answer.content
    assert answer.json() == {"sub": server.alice, "client_id": visio.application.client_id}


def assert_the_end(tokens, token, server):
    tokens.client.revoke_token(f"{server.issuer}/oauth2/revoke", token=token)
    assert get("/me", token).status_code == 401


def test_plain_introspection(server, visio, configure, tokens, alice):
    configure(PLAIN)
    granted = tokens.connect()
    assert_it_is_alice(get("/me", granted["access_token"]), server, visio)
    renewed = tokens.client.refresh_token(refresh_token=granted["refresh_token"])
    assert_it_is_alice(get("/me", renewed["access_token"]), server, visio)
    for stranger in (granted["refresh_token"], "nonsense", f"{renewed['access_token']}x"):
        assert get("/me", stranger).status_code == 401, stranger
    assert get("/me").status_code == 401
    configure(PLAIN, OIDC_RS_SCOPES=["lasuite_files"])
    assert get("/me", renewed["access_token"]).status_code == 400
    configure(PLAIN)
    assert_the_end(tokens, renewed["access_token"], server)


def site_key(algorithm):
    """A private key as the site keeps it: PEM, in a setting."""
    make = (lambda: ECKey.generate_key("P-256")) if algorithm == "ECDH-ES" else (lambda: RSAKey.generate_key(2048))
    pem = make().private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "OIDC_RS_PRIVATE_KEY_STR": pem.decode(),
        "OIDC_RS_ENCRYPTION_ALGO": algorithm,
        "OIDC_RS_ENCRYPTION_KEY_TYPE": "EC" if algorithm == "ECDH-ES" else "RSA",
    }


@pytest.mark.parametrize("algorithm", ["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES"])
def test_signed_and_encrypted_introspection(server, visio, configure, tokens, alice, tmp_path, algorithm):
    configure(SIGNED, **site_key(algorithm))
    published = get("/jwks").json()
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(published))
    done = server.command("resource", "set-key", visio.resource.client_id, "--encryption-key", str(file))
    assert done["encryption_key"]["alg"] == algorithm
    access_token = tokens.connect()["access_token"]
    becomes(lambda: get("/me", access_token).status_code == 200)
    assert_it_is_alice(get("/me", access_token), server, visio)
    configure(SIGNED, OIDC_OP_URL="https://other.example")
    assert get("/me", access_token).status_code == 400, "a site of another issuer does not believe the answer"
    configure(SIGNED, **site_key(algorithm))
    assert get("/me", access_token).status_code == 400, "a site with another key cannot read the answer"


@pytest.mark.parametrize("algorithm", ["RSA-OAEP", "ECDH-ES"])
def test_revoked_tokens_and_unsigned_answers(server, visio, configure, tokens, alice, tmp_path, algorithm):
    configure(SIGNED, **site_key(algorithm))
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(get("/jwks").json()))
    words = ["resource", "set-key", visio.resource.client_id]
    server.command(*words, "--encryption-key", str(file), "--require-signed-introspection")
    access_token = tokens.connect()["access_token"]
    becomes(lambda: get("/me", access_token).status_code == 200)
    # The site as it is with the plain backend gets nothing now.
    configure(PLAIN)
    assert get("/me", access_token).status_code == 400
    server.command(*words, "--require-signed-introspection", "false")
    becomes(lambda: get("/me", access_token).status_code == 200)
    # Signed alone is not what this backend reads: it wants the key registered.
    configure(SIGNED)
    server.command(*words, "--remove")
    becomes(lambda: get("/me", access_token).status_code == 400)
    server.command(*words, "--encryption-key", str(file))
    becomes(lambda: get("/me", access_token).status_code == 200)
    assert_the_end(tokens, access_token, server)
