// openid-client, which configures itself from either metadata document and checks `iss` (RFC 9207) and `state`.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { BACKENDS } from '../../harness/auth-server.mjs';
import { NATIVE_REDIRECT_URI, PLAIN_REDIRECT_URI, RESOURCE, SCOPE, alice, registered } from './registrations.mjs';

const DOCUMENTS = [
  ['oauth2', 'RFC 8414 metadata'],
  ['oidc', 'OpenID Connect configuration'],
];

for (const backend of BACKENDS) {
  describe(`openid-client, ${backend}`, () => {
    let server;
    before(async () => {
      server = await registered(backend);
    });
    after(() => server?.remove());

    const discover = (registration, authentication, algorithm) =>
      client.discovery(new URL(server.issuer), registration.client_id, undefined, authentication, {
        algorithm,
        execute: [client.allowInsecureRequests],
      });

    for (const [algorithm, document] of DOCUMENTS) {
      for (const [kind, registration, authentication, redirectUri] of [
        ['confidential', () => server.confidential, (of) => client.ClientSecretBasic(of.client_secret), PLAIN_REDIRECT_URI],
        ['public', () => server.public, () => client.None(), NATIVE_REDIRECT_URI],
      ]) {
        test(`${kind} client from the ${document}: code, refresh, introspection, revocation`, async () => {
          const configuration = await discover(registration(), authentication(registration()), algorithm);
          const pkceCodeVerifier = client.randomPKCECodeVerifier();
          const expectedState = client.randomState();
          const url = client.buildAuthorizationUrl(configuration, {
            redirect_uri: redirectUri,
            scope: SCOPE,
            state: expectedState,
            resource: RESOURCE,
            code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
            code_challenge_method: 'S256',
          });
          const end = await alice().authorize(url);
          const checks = { pkceCodeVerifier, expectedState };
          const tokens = await client.authorizationCodeGrant(configuration, end, checks);
          const { jwks_uri: jwksUri, issuer } = configuration.serverMetadata();
          await jwtVerify(tokens.access_token, createRemoteJWKSet(new URL(jwksUri)), {
            issuer,
            audience: RESOURCE,
            typ: 'at+jwt',
          });

          const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token);
          assert.notEqual(refreshed.refresh_token, tokens.refresh_token);

          const { resource } = server;
          const bearer = await discover(resource, client.ClientSecretPost(resource.client_secret), algorithm);
          const told = await client.tokenIntrospection(bearer, refreshed.access_token);
          assert.equal(told.active, true);
          assert.equal(told.client_id, registration().client_id);
          await client.tokenRevocation(configuration, refreshed.access_token);
          assert.deepEqual(await client.tokenIntrospection(bearer, refreshed.access_token), { active: false });

          end.searchParams.set('iss', 'https://attacker.example');
          await assert.rejects(
            client.authorizationCodeGrant(configuration, end, checks),
            ({ cause }) => /"iss"/.test(cause.message),
          );
        });
      }

      test(`client credentials from the ${document}`, async () => {
        const secret = server.confidential.client_secret;
        for (const authentication of [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)]) {
          const configuration = await discover(server.confidential, authentication, algorithm);
          const tokens = await client.clientCredentialsGrant(configuration, { scope: 'rooms:list' });
          assert.equal(tokens.token_type, 'bearer');
          assert.equal(tokens.refresh_token, undefined);
        }
      });
    }
  });
}
