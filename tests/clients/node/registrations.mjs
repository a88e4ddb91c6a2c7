// What every file of client tests registers before its server starts.

import { randomUUID } from 'node:crypto';
import { AuthServer } from '../../harness/auth-server.mjs';
import { Person } from './person.mjs';

export const REDIRECT_URI = 'https://app.example/callback?from=anteroom';
/** For openid-client, which takes the whole query of the answer off when it repeats the redirect URI. */
export const PLAIN_REDIRECT_URI = 'https://app.example/callback';
export const NATIVE_REDIRECT_URI = 'http://127.0.0.1:43117/callback';
export const RESOURCE = 'https://rooms.example';
export const SCOPE = 'rooms:list rooms:create';
const PASSWORD = 'a long enough password';

/** A running server with a resource server, a confidential and a public application, and Alice. */
export async function registered(backend) {
  const server = await AuthServer.prepare(backend);
  server.resource = server.addResource('Rooms', RESOURCE);
  server.user = server.addUser('alice@example.com', PASSWORD);
  server.confidential = server.addApplication('Agenda & Co', 'standard', {
    'redirect-uri': [REDIRECT_URI, PLAIN_REDIRECT_URI],
    scope: SCOPE,
  });
  server.public = server.addApplication('Agenda for phones', 'standard', {
    'redirect-uri': NATIVE_REDIRECT_URI,
    scope: SCOPE,
    public: true,
  });
  await server.start();
  return server;
}

export const alice = () => new Person('alice@example.com', PASSWORD);

/** Somebody who has never allowed anything yet. */
export function newcomer(server) {
  const email = `${randomUUID()}@example.com`;
  server.addUser(email, PASSWORD);
  return new Person(email, PASSWORD);
}
