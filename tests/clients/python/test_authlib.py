"""Authlib as the client, as the resource server's introspection client, and as the judge of tokens
(A11, A16, C3, C7, C23, D1, E2, E6, F6)."""

import urllib.parse

import pytest
import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6750 import InvalidTokenError
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from conftest import EMAIL, NATIVE_REDIRECT_URI, PASSWORD, REDIRECT_URI, RESOURCE, SCOPE
from joserfc import jwt
from joserfc.jwk import KeySet
from person import Person

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

CLIENTS = {
    "basic": ("confidential", "client_secret_basic", REDIRECT_URI),
    "post": ("confidential", "client_secret_post", REDIRECT_URI),
    "public": ("public", "none", NATIVE_REDIRECT_URI),
}
BY_SECRET = ["client_secret_basic", "client_secret_post"]


@pytest.fixture
def metadata(server):
    return requests.get(f"{server.issuer}/.well-known/oauth-authorization-server", timeout=30).json()


@pytest.fixture
def keys(metadata):
    return requests.get(metadata["jwks_uri"], timeout=30).json()


def session(metadata, registration, method, **more):
    return OAuth2Session(
        registration.id,
        registration.secret,
        token_endpoint=metadata["token_endpoint"],
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        code_challenge_method="S256",
        **more,
    )


@pytest.fixture(params=CLIENTS)
def client(request, server, metadata):
    registration, method, redirect_uri = CLIENTS[request.param]
    return session(metadata, getattr(server, registration), method, scope=SCOPE, redirect_uri=redirect_uri)


@pytest.fixture
def introspect(server, metadata):
    bearer = session(metadata, server.rooms, "client_secret_basic")
    return lambda token: bearer.introspect_token(metadata["introspection_endpoint"], token=token).json()


def authorize(client, metadata, **decision):
    url, state = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier=VERIFIER)
    end = Person(EMAIL, PASSWORD).authorize(url, **decision)
    answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(end).query))
    assert end.startswith(f"{client.redirect_uri}?")
    assert answer["iss"] == metadata["issuer"]
    assert answer["state"] == state
    return end, state


def connect(client, metadata):
    end, state = authorize(client, metadata)
    return client.fetch_token(authorization_response=end, state=state, code_verifier=VERIFIER)


def test_metadata_is_valid(metadata, server):
    """The issuer is http on loopback here, which Authlib's https rule cannot know; every other rule holds."""
    described = AuthorizationServerMetadata(metadata)
    https_only = {
        "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri",
        "revocation_endpoint", "introspection_endpoint",
    }  # fmt: skip
    for name in set(described.REGISTRY_KEYS) - https_only:
        getattr(described, f"validate_{name}")()
    assert all(metadata[name].startswith(server.issuer) for name in https_only)


def test_code_with_pkce(client, metadata, keys, server):
    token = connect(client, metadata)
    decoded = jwt.decode(token["access_token"], KeySet.import_key_set(keys), algorithms=["ES256"])
    assert decoded.header["typ"] == "at+jwt"
    expected = {"iss": server.issuer, "aud": RESOURCE, "sub": server.alice, "client_id": client.client_id}
    assert {name: decoded.claims[name] for name in expected} == expected
    assert token["expires_in"] == 3600


def test_rfc_9068_validator(client, metadata, keys, server):
    class Validator(JWTBearerTokenValidator):
        def get_jwks(self):
            return KeySet.import_key_set(keys)

    token = connect(client, metadata)["access_token"]
    for audience, accepted in [(RESOURCE, True), ("https://other.example", False)]:
        validator = Validator(server.issuer, audience)
        claims = validator.authenticate_token(token)
        if accepted:
            validator.validate_token(claims, ["rooms:list"], None)
        else:
            with pytest.raises(InvalidTokenError):
                validator.validate_token(claims, ["rooms:list"], None)


def test_wrong_verifier(client, metadata):
    end, state = authorize(client, metadata)
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.fetch_token(authorization_response=end, state=state, code_verifier=VERIFIER[::-1])


def test_refresh_rotates_and_replay_ends_the_family(client, metadata, introspect):
    first = dict(connect(client, metadata))
    second = dict(client.refresh_token())
    assert second["refresh_token"] != first["refresh_token"]
    third = dict(client.refresh_token())
    assert introspect(third["access_token"])["active"] is True
    for dead in (first, third):
        with pytest.raises(OAuthError, match="invalid_grant"):
            client.refresh_token(refresh_token=dead["refresh_token"])
    assert introspect(third["access_token"]) == {"active": False}


def test_introspection_and_revocation(client, metadata, introspect):
    token = connect(client, metadata)["access_token"]
    told = introspect(token)
    assert told["active"] is True
    assert told["client_id"] == client.client_id
    for _ in range(2):
        assert client.revoke_token(metadata["revocation_endpoint"], token=token).status_code == 200
        assert introspect(token) == {"active": False}


@pytest.mark.parametrize("method", BY_SECRET)
def test_client_credentials(server, metadata, keys, method):
    token = session(metadata, server.confidential, method, scope="rooms:list").fetch_token()
    claims = jwt.decode(token["access_token"], KeySet.import_key_set(keys), algorithms=["ES256"]).claims
    assert claims["sub"] == server.confidential.id
    assert "user_id" not in claims
    assert "refresh_token" not in token


@pytest.mark.parametrize("method", BY_SECRET)
def test_password_grant_of_an_application_that_has_it(server, metadata, keys, method):
    client = session(metadata, server.legacy, method, scope=SCOPE)
    token = client.fetch_token(username=EMAIL, password=PASSWORD)
    claims = jwt.decode(token["access_token"], KeySet.import_key_set(keys), algorithms=["ES256"]).claims
    assert claims["sub"] == server.alice
    kept = token["refresh_token"]
    assert client.refresh_token()["expires_in"] == 86400
    assert client.refresh_token(refresh_token=kept)["access_token"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.fetch_token(username=EMAIL, password=f"{PASSWORD}!")


def test_password_grant_is_off_by_default(server, metadata):
    """C5"""
    client = session(metadata, server.confidential, "client_secret_basic")
    with pytest.raises(OAuthError, match="unauthorized_client"):
        client.fetch_token(username=EMAIL, password=PASSWORD)


@pytest.mark.parametrize("method", BY_SECRET)
def test_wrong_secret_and_unknown_client_look_the_same(server, metadata, method):
    """C7"""
    answers = []
    for client_id, secret in [(server.confidential.id, "wrong"), ("unknown", "wrong")]:
        client = OAuth2Session(client_id, secret, token_endpoint_auth_method=method)
        with pytest.raises(OAuthError) as refusal:
            client.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        answers.append((refusal.value.error, refusal.value.description))
    assert answers[0] == answers[1]
    assert answers[0][0] == "invalid_client"
