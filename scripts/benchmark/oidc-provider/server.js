// node-oidc-provider for the same operations as Anteroom: ES256 JWT access tokens for a resource, opaque ones
// otherwise, rotating refresh tokens, a user who is signed in and has consented at the first visit.
//
//   PORT=3000 STORE=memory|redis REDIS_URL=redis://... node server.js

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';
import { memoryAdapter } from './memory.js';
import { redisAdapter } from './redis.js';

const port = Number(process.env.PORT);
const issuer = `http://127.0.0.1:${port}`;
const resource = 'http://localhost:8081';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const signingKey = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'bench' };

const provider = new Provider(issuer, {
  adapter: process.env.STORE === 'redis' ? redisAdapter(process.env.REDIS_URL) : memoryAdapter(),
  clients: [{
    client_id: 'bench',
    client_secret: 'secret',
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    redirect_uris: ['https://app.example/callback'],
    id_token_signed_response_alg: 'ES256',
  }],
  cookies: { keys: [randomBytes(32).toString('hex')] },
  jwks: { keys: [signingKey] },
  scopes: ['openid', 'offline_access'],
  ttl: { AccessToken: 3600, AuthorizationCode: 60, ClientCredentials: 3600, RefreshToken: 30 * 86400, Session: 86400, Grant: 86400, Interaction: 3600 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'rooms:list rooms:retrieve',
        audience: resource,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
});

// Whoever comes is the one user, and allows what is asked.
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  const grant = new provider.Grant({ accountId: 'user', clientId: params.client_id });
  grant.addOIDCScope('openid offline_access');
  grant.addResourceScope(resource, 'rooms:list rooms:retrieve');
  const grantId = await grant.save();
  const result = { login: { accountId: 'user' }, consent: { grantId } };
  await provider.interactionFinished(ctx.req, ctx.res, result);
  ctx.respond = false;
});

provider.listen(port, '127.0.0.1');
