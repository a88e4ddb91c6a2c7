// What the tests of the examples share: both servers with an application, and a run of an example.

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { AuthServer, freePort, start } from '../../harness/auth-server.mjs';
import { Person } from './person.mjs';

const EXAMPLES = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../../../examples');
const PASSWORD = 'a long enough password';

/** Two servers and an application; `settings` are more settings of the resource server. */
export async function installation(backend, { profile, options, settings = {} }) {
  const server = await AuthServer.prepare(backend);
  const origin = `http://127.0.0.1:${await freePort()}`;
  const resource = server.addResource('Rooms', origin);
  const application = server.addApplication('Planner', profile, options);
  await server.start();
  const rooms = await start('resource-server', [], {
    folder: server.folder,
    environment: {
      PATH: process.env.PATH,
      LISTEN_ADDR: new URL(origin).host,
      RESOURCE_URL: origin,
      ISSUER_URL: server.issuer,
      DATABASE_URL: 'sqlite://rooms.sqlite',
      INTROSPECTION_CLIENT_ID: resource.client_id,
      INTROSPECTION_CLIENT_SECRET: resource.client_secret,
      ...settings,
    },
    url: `${origin}/health/ready`,
  });
  const environment = {
    PATH: process.env.PATH,
    AUTH_URL: server.issuer,
    API_URL: origin,
    CLIENT_ID: application.client_id,
    CLIENT_SECRET: application.client_secret,
  };
  const remove = async () => {
    await rooms.stop();
    await server.remove();
  };
  /** Somebody who has never allowed anything yet. */
  const newcomer = () => {
    const email = `${randomUUID()}@example.com`;
    server.addUser(email, PASSWORD, '--name', 'Alice Martin');
    return new Person(email, PASSWORD);
  };
  return { server, environment, newcomer, remove };
}

/** Runs `command` in the folder of examples; `visit` gets the address it wants opened, returns where the browser ends up. */
export async function run([command, ...words], environment, visit) {
  const child = spawn(command, words, { cwd: EXAMPLES, env: environment, stdio: 'pipe' });
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
