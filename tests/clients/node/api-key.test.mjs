// examples/api-key against both running servers.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BACKENDS } from '../../harness/auth-server.mjs';
import { installation, run } from './example.mjs';

const EXAMPLE = ['bash', 'api-key/api-key.sh'];

for (const backend of BACKENDS) {
  describe(`API key and user token, ${backend}`, () => {
    let server, environment, newcomer, remove;
    before(async () => {
      const { CLIENT_ID, CLIENT_SECRET, ...rest } = ({ server, newcomer, remove, environment } = await installation(
        backend,
        { profile: 'keyed', options: { scope: ['user', 'rooms:create'] } },
      )).environment;
      const { api_key } = server.command('api-key', 'add', '--name', 'Main', '--app', CLIENT_ID);
      environment = { ...rest, API_KEY: api_key };
    });
    after(() => remove?.());

    const withUser = ({ email, password }) => ({ ...environment, EMAIL: email, PASSWORD: password });

    // S2.1 to S2.24
    test('the four parts of the API', async () => {
      const alice = newcomer();
      const first = await run(EXAMPLE, withUser(alice));
      assert.equal(first.errors, '');
      assert.equal(first.status, 0);
      const [open, ...others] = first.lines;
      assert.match(open, /^Open: resource-server \d+\.\d+\.\d+$/);
      const [granted, refreshed, user] = others;
      assert.match(granted, /^Token for 86400 s: /);
      assert.equal(refreshed, 'Refreshed for 86400 s');
      assert.equal(user, `User: Alice Martin <${alice.email}>`);
      const record = ['Establishment: Corner House', 'Published: directory', 'Withdrawn.'];
      assert.deepEqual(others.slice(3), ['Rooms: 0', ...record]);

      // With a room, which the key alone shows; and the record is there already.
      const url = await makeRoom(alice);
      const again = await run(EXAMPLE, withUser(alice));
      assert.equal(again.errors, '');
      assert.equal(again.status, 0);
      assert.deepEqual(again.lines.slice(4), ['Rooms: 1', `Public: ${url}`, ...record]);
    });

    async function makeRoom({ email, password }) {
      const post = async (url, headers, body) => {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
        });
        assert.ok(response.ok, `${url}: ${response.status}`);
        return response.json();
      };
      const { access_token } = await post(
        `${environment.AUTH_URL}/public/token`,
        { 'x-api-key': environment.API_KEY },
        { grant_type: 'password', username: email, password },
      );
      const rooms = `${environment.API_URL}/external-api/v1.0/rooms`;
      return (await post(rooms, { authorization: `Bearer ${access_token}` }, {})).url;
    }

    // S2.25
    test('a wrong key, a wrong password, a blocked key', async () => {
      const alice = withUser(newcomer());
      for (const [more, message] of [
        [{ API_KEY: 'ak-guessed' }, /\/public\/token: 401 .*invalid_client/],
        [{ PASSWORD: 'a wrong "password\\"' }, /\/public\/token: 400 .*invalid_grant/],
      ]) {
        const { status, lines, errors } = await run(EXAMPLE, { ...alice, ...more });
        assert.equal(status, 1);
        assert.equal(lines.length, 1, 'the open part asks for nothing');
        assert.match(errors, message);
      }

      const [key] = server.command('api-key', 'list');
      server.command('api-key', 'disable', key.id);
      let blocked;
      const deadline = Date.now() + 10_000;
      do blocked = await run(EXAMPLE, alice);
      while (blocked.status === 0 && Date.now() < deadline);
      assert.equal(blocked.status, 1);
      assert.match(blocked.errors, /403 .*disabled/);
    });
  });
}
