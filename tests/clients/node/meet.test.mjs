// examples/meet against both running servers.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BACKENDS } from '../../harness/auth-server.mjs';
import { installation, run } from './example.mjs';

const EXAMPLE = ['python3', 'meet/meet.py'];
const REDIRECT_URI = 'https://app.example/callback';
const VERBS = ['create', 'delete', 'list', 'retrieve', 'update'];
const SCOPE = ['lasuite_visio', ...VERBS.map((verb) => `lasuite_visio:rooms:${verb}`)].join(' ');

for (const backend of BACKENDS) {
  describe(`Meet, resource-server variant, ${backend}`, () => {
    let server, environment, newcomer, remove;
    before(async () => {
      ({ server, environment, newcomer, remove } = await installation(backend, {
        profile: 'meet',
        options: { 'redirect-uri': REDIRECT_URI, scope: SCOPE },
      }));
      environment.REDIRECT_URI = REDIRECT_URI;
    });
    after(() => remove?.());

    // S0.5 to S0.9, S0.11 to S0.17
    test('from the sign-in to a room and out again', async () => {
      const { status, lines, errors } = await run(EXAMPLE, environment, (url) => newcomer().authorize(url));
      assert.equal(errors, '');
      assert.equal(status, 0);
      const [, , granted, refreshed, created, retrieved, listed, changed, ...ends] = lines;
      assert.equal(granted, `Granted for 3600 s: ${SCOPE}`);
      assert.equal(refreshed, 'Refreshed, with a new refresh token');
      const [, slug] = created.match(/^Created: Planning, trusted, at http:\/\/.*\/(\w{3}-\w{4}-\w{3})$/);
      assert.equal(retrieved, `Retrieved: ${slug}`);
      assert.equal(listed, 'Rooms: 1');
      assert.equal(changed, 'Past the lobby: guest@example.com');
      assert.deepEqual(ends, ['Deleted.', 'Disconnected.']);
      assert.deepEqual(server.command('token', 'list', '--app', environment.CLIENT_ID), [], 'no live token is left');
    });

    test('a public application', async () => {
      const { client_id } = server.addApplication('Native', 'meet', {
        public: true,
        'redirect-uri': REDIRECT_URI,
        scope: SCOPE,
      });
      const { CLIENT_SECRET, ...rest } = environment;
      const { status, lines, errors } = await run(EXAMPLE, { ...rest, CLIENT_ID: client_id }, (url) =>
        newcomer().authorize(url),
      );
      assert.equal(errors, '');
      assert.equal(status, 0);
      assert.equal(lines.at(-1), 'Disconnected.');
    });

    // S0.59
    test('a user who grants a part: the rest is refused', async () => {
      const { status, lines, errors } = await run(EXAMPLE, environment, (url) =>
        newcomer().authorize(url, { untick: ['lasuite_visio:rooms:update'] }),
      );
      assert.equal(status, 1);
      assert.match(lines[2], /^Granted/);
      assert.ok(!lines[2].includes('rooms:update'), lines[2]);
      assert.match(errors, /403 .*Required scope: 'rooms:update'/);
    });

    test('a user who refuses', async () => {
      const { status, errors } = await run(EXAMPLE, environment, (url) => newcomer().authorize(url, { decision: 'deny' }));
      assert.equal(status, 1);
      assert.match(errors, /access_denied/);
    });

    test('an answer to the request of somebody else', async () => {
      const { status, errors } = await run(EXAMPLE, environment, () => `${REDIRECT_URI}?code=x&state=y`);
      assert.equal(status, 1);
      assert.match(errors, /state or iss differ/);
    });
  });
}
