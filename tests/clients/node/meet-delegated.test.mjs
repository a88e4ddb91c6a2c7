// examples/meet-delegated against both running servers.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BACKENDS } from '../../harness/auth-server.mjs';
import { installation, run } from './example.mjs';

const EXAMPLE = ['bash', 'meet-delegated/meet-delegated.sh'];
const SCOPE = 'rooms:create rooms:delete rooms:list rooms:retrieve rooms:update';

for (const backend of BACKENDS) {
  describe(`Meet, application-delegated variant, ${backend}`, () => {
    let environment, newcomer, remove;
    before(async () => {
      ({ environment, newcomer, remove } = await installation(backend, {
        profile: 'meet-delegated',
        options: { domain: 'example.com', scope: SCOPE },
      }));
    });
    after(() => remove?.());

    const delegate = (email, more) => run([...EXAMPLE, email], { ...environment, ...more });

    // S1.2 to S1.6, S1.17 to S1.26
    test('rooms of the user with an address', async () => {
      const { status, lines, errors } = await delegate(newcomer().email);
      assert.equal(errors, '');
      assert.equal(status, 0);
      const [granted, created, retrieved, ...ends] = lines;
      assert.equal(granted, `Granted for 3600 s: ${SCOPE}`);
      const [, slug] = created.match(/^Created: trusted room at http:\/\/.*\/(\w{3}-\w{4}-\w{3})$/);
      assert.equal(retrieved, `Retrieved: ${slug}`);
      assert.deepEqual(ends, ['Rooms: 1', 'Past the lobby: guest@example.com', 'Deleted.']);
    });

    // S1.8 to S1.16
    test('what is refused, in the words of the documentation', async () => {
      const known = newcomer().email;
      const refusals = [
        ['user@elsewhere.example', {}, /403 .*This application is not authorized for this email domain\./],
        ['nobody@example.com', {}, /400 .*User not found\./],
        ['no address', {}, /400 \{"scope":\["Invalid email address\."\]\}/],
        [known, { CLIENT_SECRET: 'guessed "and quoted\\"' }, /401 .*Invalid credentials/],
        [known, { CLIENT_ID: 'unknown' }, /401 .*Invalid credentials/],
      ];
      for (const [email, more, message] of refusals) {
        const { status, lines, errors } = await delegate(email, more);
        assert.equal(status, 1, message);
        assert.deepEqual(lines, []);
        assert.match(errors, message);
      }
    });

    test('without an address it says what is missing', async () => {
      const { status, errors } = await run(EXAMPLE, environment);
      assert.notEqual(status, 0);
      assert.match(errors, /the e-mail address of a user is missing/);
    });
  });
}
