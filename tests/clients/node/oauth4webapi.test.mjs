// oauth4webapi, a library that checks every answer against the RFCs: code with PKCE, refresh, client
// credentials, introspection and revocation (A11, A16, C3, C16, C23, D1, E2, E6, E8, G1, G3).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { BACKENDS } from '../../harness/auth-server.mjs';
import { NATIVE_REDIRECT_URI, REDIRECT_URI, RESOURCE, SCOPE, alice, newcomer, registered } from './registrations.mjs';

const loopback = { [oauth.allowInsecureRequests]: true };

const CLIENTS = [
  {
    kind: 'confidential client by Basic',
    of: (server) => server.confidential,
    authentication: (client) => oauth.ClientSecretBasic(client.client_secret),
    redirectUri: REDIRECT_URI,
  },
  {
    kind: 'confidential client by post',
    of: (server) => server.confidential,
    authentication: (client) => oauth.ClientSecretPost(client.client_secret),
    redirectUri: REDIRECT_URI,
  },
  {
    kind: 'public client',
    of: (server) => server.public,
    authentication: () => oauth.None(),
    redirectUri: NATIVE_REDIRECT_URI,
  },
];

const refused = (code) => (error) => {
  assert.ok(error instanceof oauth.ResponseBodyError, `${error}`);
  assert.equal(error.error, code);
  return true;
};

for (const backend of BACKENDS) {
  describe(`oauth4webapi, ${backend}`, () => {
    let server;
    let as;
    let keys;

    before(async () => {
      server = await registered(backend);
      const issuer = new URL(server.issuer);
      const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...loopback });
      as = await oauth.processDiscoveryResponse(issuer, found);
      keys = createRemoteJWKSet(new URL(as.jwks_uri));
    });
    after(() => server?.remove());

    const introspect = async (token) => {
      const resource = { client_id: server.resource.client_id };
      const authentication = oauth.ClientSecretBasic(server.resource.client_secret);
      const response = await oauth.introspectionRequest(as, resource, authentication, token, loopback);
      return oauth.processIntrospectionResponse(as, resource, response);
    };

    test('metadata promises what the tests below rely on', () => {
      assert.equal(as.issuer, server.issuer);
      assert.equal(as.authorization_response_iss_parameter_supported, true);
      assert.deepEqual(as.code_challenge_methods_supported, ['S256']);
      assert.deepEqual(as.response_types_supported, ['code']);
    });

    test('client credentials: a server-wide token without a refresh token', async () => {
      const client = server.confidential;
      for (const authenticate of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
        const response = await oauth.clientCredentialsGrantRequest(
          as,
          client,
          authenticate(client.client_secret),
          { scope: 'rooms:list' },
          loopback,
        );
        const tokens = await oauth.processClientCredentialsResponse(as, client, response);
        assert.equal(tokens.scope ?? 'rooms:list', 'rooms:list');
        assert.equal(tokens.refresh_token, undefined);
        const { payload } = await jwtVerify(tokens.access_token, keys, { typ: 'at+jwt' });
        assert.equal(payload.sub, client.client_id);
        assert.equal(payload.user_id, undefined);
      }
    });

    test('a wrong secret is invalid_client, with a challenge', async () => {
      const client = server.confidential;
      const wrong = oauth.ClientSecretBasic(`${client.client_secret}x`);
      const response = await oauth.clientCredentialsGrantRequest(as, client, wrong, {}, loopback);
      assert.equal(response.status, 401);
      await assert.rejects(
        oauth.processClientCredentialsResponse(as, client, response),
        (error) => error instanceof oauth.WWWAuthenticateChallengeError && error.cause[0].scheme === 'basic',
      );
    });

    for (const { kind, of, authentication, redirectUri } of CLIENTS) {
      describe(kind, () => {
        const authorize = async ({ person = alice(), scope = SCOPE, ...decision } = {}) => {
          const client = of(server);
          const verifier = oauth.generateRandomCodeVerifier();
          const state = `${oauth.generateRandomState()} +%é"`;
          const url = new URL(as.authorization_endpoint);
          url.search = new URLSearchParams({
            client_id: client.client_id,
            redirect_uri: redirectUri,
            response_type: 'code',
            scope,
            state,
            code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
            code_challenge_method: 'S256',
          });
          const end = await person.authorize(url, decision);
          assert.ok(end.href.startsWith(redirectUri), `sent to ${end}`);
          return { client, verifier, state, end };
        };

        const exchange = async ({ client, verifier, state, end }) => {
          const params = oauth.validateAuthResponse(as, client, end, state);
          const response = await oauth.authorizationCodeGrantRequest(
            as,
            client,
            authentication(client),
            params,
            redirectUri,
            verifier,
            loopback,
          );
          return oauth.processAuthorizationCodeResponse(as, client, response);
        };

        const refresh = async (token) => {
          const client = of(server);
          const response = await oauth.refreshTokenGrantRequest(as, client, authentication(client), token, loopback);
          return oauth.processRefreshTokenResponse(as, client, response);
        };

        const revoke = async (token) => {
          const client = of(server);
          const response = await oauth.revocationRequest(as, client, authentication(client), token, loopback);
          return oauth.processRevocationResponse(response);
        };

        test('code with PKCE: a token that jose and the library itself accept', async () => {
          const tokens = await exchange(await authorize());
          assert.equal(tokens.token_type, 'bearer');
          assert.equal(tokens.expires_in, 3600);
          const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, {
            issuer: server.issuer,
            audience: RESOURCE,
            typ: 'at+jwt',
            algorithms: ['ES256'],
            requiredClaims: ['exp', 'iat', 'jti', 'client_id', 'auth_time'],
          });
          assert.ok(protectedHeader.kid);
          assert.equal(payload.client_id, of(server).client_id);
          assert.equal(payload.sub, server.user.user_id);
          assert.deepEqual(payload.scope.split(' ').sort(), SCOPE.split(' ').sort());
          const request = new Request(`${RESOURCE}/rooms`, {
            headers: { authorization: `Bearer ${tokens.access_token}` },
          });
          const claims = await oauth.validateJwtAccessToken(as, request, RESOURCE, loopback);
          assert.equal(claims.sub, server.user.user_id);
        });

        test('an unticked scope is granted to nobody, and the answer says so', async () => {
          const tokens = await exchange(await authorize({ person: newcomer(server), untick: ['rooms:create'] }));
          assert.equal(tokens.scope, 'rooms:list');
          const { payload } = await jwtVerify(tokens.access_token, keys);
          assert.equal(payload.scope, 'rooms:list');
        });

        test('a wrong verifier is invalid_grant', async () => {
          const authorized = await authorize();
          const wrong = oauth.generateRandomCodeVerifier();
          await assert.rejects(exchange({ ...authorized, verifier: wrong }), refused('invalid_grant'));
        });

        test('a code works once, and its second use ends what came of it', async () => {
          const authorized = await authorize();
          const tokens = await exchange(authorized);
          assert.equal((await introspect(tokens.access_token)).active, true);
          await assert.rejects(exchange(authorized), refused('invalid_grant'));
          assert.deepEqual(await introspect(tokens.access_token), { active: false });
          await assert.rejects(refresh(tokens.refresh_token), refused('invalid_grant'));
        });

        test('refresh tokens rotate; a lost answer is given again, a replay ends the family', async () => {
          const first = await exchange(await authorize());
          const second = await refresh(first.refresh_token);
          assert.notEqual(second.refresh_token, first.refresh_token);
          const repeated = await refresh(first.refresh_token);
          assert.equal(repeated.refresh_token, second.refresh_token);
          const third = await refresh(second.refresh_token);
          assert.equal((await introspect(third.access_token)).active, true);
          await assert.rejects(refresh(first.refresh_token), refused('invalid_grant'));
          await assert.rejects(refresh(third.refresh_token), refused('invalid_grant'));
          assert.deepEqual(await introspect(third.access_token), { active: false });
        });

        test('introspection tells the resource server everything, revocation ends it at once', async () => {
          const tokens = await exchange(await authorize());
          const { payload } = await jwtVerify(tokens.access_token, keys);
          const told = await introspect(tokens.access_token);
          assert.equal(told.active, true);
          for (const claim of ['iss', 'sub', 'aud', 'exp', 'iat', 'jti', 'client_id', 'scope']) {
            assert.deepEqual(told[claim], payload[claim], claim);
          }
          assert.equal(await revoke(tokens.access_token), undefined);
          assert.deepEqual(await introspect(tokens.access_token), { active: false });
          assert.equal(await revoke(tokens.access_token), undefined, 'the second time is a success, too');
          assert.ok((await refresh(tokens.refresh_token)).access_token, 'the refresh token lives on');
        });

        test('revoking the refresh token ends its access tokens', async () => {
          const tokens = await exchange(await authorize());
          await revoke(tokens.refresh_token);
          await assert.rejects(refresh(tokens.refresh_token), refused('invalid_grant'));
          assert.deepEqual(await introspect(tokens.access_token), { active: false });
        });

        test('"no" comes back as access_denied with state and iss', async () => {
          const { client, state, end } = await authorize({ person: newcomer(server), decision: 'deny' });
          assert.throws(
            () => oauth.validateAuthResponse(as, client, end, state),
            (error) => error instanceof oauth.AuthorizationResponseError && error.error === 'access_denied',
          );
        });

        test('an answer that names another issuer is refused by the library', async () => {
          const { client, state, end } = await authorize();
          end.searchParams.set('iss', 'https://attacker.example');
          assert.throws(() => oauth.validateAuthResponse(as, client, end, state), oauth.OperationProcessingError);
        });
      });
    }
  });
}
