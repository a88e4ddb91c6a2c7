// examples/trueconf against both running servers.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BACKENDS } from '../../harness/auth-server.mjs';
import { installation, run } from './example.mjs';

const EXAMPLE = ['python3', 'trueconf/trueconf.py'];
const REDIRECT_URI = 'https://localhost/';
const SCOPE = `conferences conferences.participants conferences.invitations conferences.records:read
  templates.conferences users:read users.addressbook groups groups.users`.split(/\s+/);

for (const backend of BACKENDS) {
  describe(`TrueConf Server's API, ${backend}`, () => {
    let server, environment, newcomer, remove;
    before(async () => {
      ({ server, environment, newcomer, remove } = await installation(backend, {
        profile: 'trueconf',
        options: { 'redirect-uri': REDIRECT_URI, scope: SCOPE },
      }));
    });
    after(() => remove?.());

    const walk = (way, more, visit) => run([...EXAMPLE, way], { ...environment, ...more }, visit);
    /** What the walk through the API prints, after the lines about tokens. */
    const walked = ({ owners, users, more }) => [
      'Conferences: 0',
      `Created: Weekly, 30 minutes, ${owners} owner(s)`,
      'Changed: Weekly, room 4',
      'Invited: guest@example.com',
      `Participants: ${owners}`,
      'Recordings: 0',
      `Users: ${users}`,
      more,
      'Deleted.',
    ];
    const asUser = walked({ owners: 1, users: 1, more: 'Contacts: 1' });

    // S3.5 to S3.20
    test('client credentials: server-wide, no refresh token', async () => {
      newcomer();
      const { status, lines, errors } = await walk('server');
      assert.equal(errors, '');
      assert.equal(status, 0);
      assert.deepEqual(lines, [
        'client_credentials: 3600 s, without refresh token',
        ...walked({ owners: 0, users: 1, more: 'In the new group: 1' }),
      ]);
    });

    test('user credentials and refresh token: what is the user’s', async () => {
      const { email, password } = newcomer();
      const { status, lines, errors } = await walk('password', { EMAIL: email, PASSWORD: password });
      assert.equal(errors, '');
      assert.equal(status, 0);
      const tokens = [
        'password: 3600 s, with refresh token',
        'refresh_token: 86400 s, without refresh token',
      ];
      assert.deepEqual(lines, [...tokens, ...asUser]);
    });

    test('authorization code', async () => {
      const { status, lines, errors } = await walk('code', {}, (url) => newcomer().authorize(url));
      assert.equal(errors, '');
      assert.equal(status, 0);
      const tokens = [
        'authorization_code: 3600 s, with refresh token',
        'refresh_token: 86400 s, without refresh token',
      ];
      assert.deepEqual(lines.slice(2), [...tokens, ...asUser]);
    });

    // S3.48
    test('a permission that the user did not give', async () => {
      const { status, errors } = await walk('code', {}, (url) =>
        newcomer().authorize(url, { untick: ['conferences.invitations'] }),
      );
      assert.equal(status, 1);
      assert.match(errors, /403 .*Required scope: 'conferences.invitations'/);
    });

    test('wrong credentials and a user who refuses', async () => {
      const { email } = newcomer();
      const refusals = [
        [walk('server', { CLIENT_SECRET: 'guessed' }), /401 .*invalid_client/],
        [walk('password', { EMAIL: email, PASSWORD: 'wrong password' }), /400 .*invalid_grant/],
        [walk('code', {}, (url) => newcomer().authorize(url, { decision: 'deny' })), /access_denied/],
        [walk('code', {}, () => `${REDIRECT_URI}?code=x&state=y`), /the state is not mine/],
        [walk('sideways'), /usage/],
      ];
      for (const [ended, message] of refusals) {
        const { status, errors } = await ended;
        assert.equal(status, 1);
        assert.match(errors, message);
      }
    });
  });
}
