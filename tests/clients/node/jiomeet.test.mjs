// examples/jiomeet against both running servers, and the join token as LiveKit's own library reads it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { TokenVerifier } from 'livekit-server-sdk';
import { AuthServer, BACKENDS, freePort, start } from '../../harness/auth-server.mjs';
import { Person } from './person.mjs';

const EXAMPLE = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../../examples/jiomeet/jiomeet.mjs');
const SCOPE = 'user:read meeting:create meeting:read meeting:update meeting:delete meeting:join';
const REDIRECT_URI = 'https://app.example/callback';
const PASSWORD = 'a long enough password';
const LIVEKIT = { url: 'wss://meet.example', key: 'APIexample', secret: 'a secret of thirty-two characters' };

/** Two servers, and an application of profile jiomeet. */
async function installation(backend) {
  const server = await AuthServer.prepare(backend);
  const origin = `http://127.0.0.1:${await freePort()}`;
  const resource = server.addResource('Meetings', origin);
  const application = server.addApplication('Planner', 'jiomeet', { 'redirect-uri': REDIRECT_URI, scope: SCOPE });
  await server.start();
  const meetings = await start('resource-server', [], {
    folder: server.folder,
    environment: {
      PATH: process.env.PATH,
      LISTEN_ADDR: new URL(origin).host,
      RESOURCE_URL: origin,
      ISSUER_URL: server.issuer,
      DATABASE_URL: 'sqlite://rooms.sqlite',
      INTROSPECTION_CLIENT_ID: resource.client_id,
      INTROSPECTION_CLIENT_SECRET: resource.client_secret,
      LIVEKIT_URL: LIVEKIT.url,
      LIVEKIT_API_KEY: LIVEKIT.key,
      LIVEKIT_API_SECRET: LIVEKIT.secret,
    },
    url: `${origin}/health/ready`,
  });
  const environment = {
    PATH: process.env.PATH,
    AUTH_URL: server.issuer,
    API_URL: origin,
    REDIRECT_URI,
    CLIENT_ID: application.client_id,
    CLIENT_SECRET: application.client_secret,
  };
  const remove = async () => {
    await meetings.stop();
    await server.remove();
  };
  /** Somebody who has never allowed anything yet. */
  const newcomer = () => {
    const email = `${randomUUID()}@example.com`;
    server.addUser(email, PASSWORD, '--name', 'Alice Martin');
    return new Person(email, PASSWORD);
  };
  return { environment, newcomer, remove };
}

/** Runs the example; `visit` gets the address it wants opened and returns where the browser ends up. */
async function run(environment, visit) {
  const child = spawn(process.execPath, [EXAMPLE], { env: environment, stdio: 'pipe' });
  const ended = once(child, 'close');
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  const lines = [];
  for await (const line of createInterface(child.stdout)) {
    lines.push(line);
    const address = line.match(/^Open in a browser: (.*)$/)?.[1];
    if (address) child.stdin.end(`${await visit(new URL(address))}\n`);
  }
  const [status] = await ended;
  return { status, lines, errors };
}

for (const backend of BACKENDS) {
  describe(`JioMeet's flow, ${backend}`, () => {
    let environment, newcomer, remove;
    before(async () => {
      ({ environment, newcomer, remove } = await installation(backend));
    });
    after(() => remove?.());

    // S4.36 to S4.57
    test('from the sign-in to a meeting and out again', async () => {
      const alice = newcomer();
      const { status, lines, errors } = await run(environment, (url) => {
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
      const { status, errors } = await run(environment, (url) => newcomer().authorize(url, { decision: 'deny' }));
      assert.equal(status, 1);
      assert.match(errors, /access_denied/);
    });

    // S4.29, S4.56
    test('a user who grants a part: the rest is refused', async () => {
      const { status, lines, errors } = await run(environment, (url) =>
        newcomer().authorize(url, { untick: ['meeting:update'] }),
      );
      assert.equal(status, 1);
      assert.match(lines[2], /^Granted/);
      assert.ok(!lines[2].includes('meeting:update'), lines[2]);
      assert.match(errors, /403 .*Required scope: 'meeting:update'/);
    });

    // S4.42
    test('an answer to the request of somebody else', async () => {
      const { status, errors } = await run(environment, () => `${REDIRECT_URI}?code=x&state=y`);
      assert.equal(status, 1);
      assert.match(errors, /the state is not mine/);
    });

    // S4.61
    test('a code that is none', async () => {
      const { status, errors } = await run({ ...environment, CODE: 'made-up' });
      assert.equal(status, 1);
      assert.match(errors, /400 .*invalid_grant/);
    });
  });
}
