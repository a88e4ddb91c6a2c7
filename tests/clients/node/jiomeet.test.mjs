// examples/jiomeet against both running servers, and the join token as LiveKit's own library reads it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TokenVerifier } from 'livekit-server-sdk';
import { BACKENDS } from '../../harness/auth-server.mjs';
import { installation, run } from './example.mjs';

const EXAMPLE = [process.execPath, 'jiomeet/jiomeet.mjs'];
const SCOPE = 'user:read meeting:create meeting:read meeting:update meeting:delete meeting:join';
const REDIRECT_URI = 'https://app.example/callback';
const LIVEKIT = { url: 'wss://meet.example', key: 'APIexample', secret: 'a secret of thirty-two characters' };

for (const backend of BACKENDS) {
  describe(`JioMeet's flow, ${backend}`, () => {
    let environment, newcomer, remove;
    before(async () => {
      ({ environment, newcomer, remove } = await installation(backend, {
        profile: 'jiomeet',
        options: { 'redirect-uri': REDIRECT_URI, scope: SCOPE },
        settings: { LIVEKIT_URL: LIVEKIT.url, LIVEKIT_API_KEY: LIVEKIT.key, LIVEKIT_API_SECRET: LIVEKIT.secret },
      }));
      environment.REDIRECT_URI = REDIRECT_URI;
    });
    after(() => remove?.());

    // S4.36 to S4.57
    test('from the sign-in to a meeting and out again', async () => {
      const alice = newcomer();
      const { status, lines, errors } = await run(EXAMPLE, environment, (url) => {
        assert.equal(url.searchParams.get('clientId'), environment.CLIENT_ID);
        return alice.authorize(url);
      });
      assert.equal(errors, '');
      assert.equal(status, 0);
      const [, , granted, profile, created, changed, listed, joined, deleted] = lines;
      assert.equal(granted, `Granted for 86400 s: ${SCOPE.split(' ').sort().join(' ')}`);
      assert.equal(profile, `Profile: Alice Martin <${alice.email}>`);
      assert.match(created, /^Created: Planning at http/);
      assert.equal(changed, 'Changed: Planning, part 2, with guest@example.com');
      assert.equal(listed, 'Meetings: 1');
      assert.equal(deleted, 'Deleted.');

      // S4.35: LiveKit's own reader of tokens.
      const [, life, address, token] = joined.match(/^Join within (\d+) s: (\S+) (\S+)$/);
      assert.deepEqual([life, address], ['300', LIVEKIT.url]);
      const claims = await new TokenVerifier(LIVEKIT.key, LIVEKIT.secret).verify(token);
      assert.equal(claims.name, 'Alice Martin');
      assert.equal(claims.video.roomJoin, true);
      assert.equal(claims.video.roomAdmin, true);
      await assert.rejects(new TokenVerifier(LIVEKIT.key, `${LIVEKIT.secret}!`).verify(token));
    });

    // S4.41
    test('a user who refuses', async () => {
      const { status, errors } = await run(EXAMPLE, environment, (url) => newcomer().authorize(url, { decision: 'deny' }));
      assert.equal(status, 1);
      assert.match(errors, /access_denied/);
    });

    // S4.29, S4.56
    test('a user who grants a part: the rest is refused', async () => {
      const { status, lines, errors } = await run(EXAMPLE, environment, (url) =>
        newcomer().authorize(url, { untick: ['meeting:update'] }),
      );
      assert.equal(status, 1);
      assert.match(lines[2], /^Granted/);
      assert.ok(!lines[2].includes('meeting:update'), lines[2]);
      assert.match(errors, /403 .*Required scope: 'meeting:update'/);
    });

    // S4.42
    test('an answer to the request of somebody else', async () => {
      const { status, errors } = await run(EXAMPLE, environment, () => `${REDIRECT_URI}?code=x&state=y`);
      assert.equal(status, 1);
      assert.match(errors, /the state is not mine/);
    });

    // S4.61
    test('a code that is none', async () => {
      const { status, errors } = await run(EXAMPLE, { ...environment, CODE: 'made-up' });
      assert.equal(status, 1);
      assert.match(errors, /400 .*invalid_grant/);
    });
  });
}
