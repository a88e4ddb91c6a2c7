// Sends a user through the authorization-code flow as an application of profile `jiomeet`, then uses the profile
// and the meetings. Node.js 18 or later, no packages:
//
//   AUTH_URL=https://auth.example API_URL=https://rooms.example CLIENT_ID=... CLIENT_SECRET=... node jiomeet.mjs
//
// It prints the address to open in a browser and reads the address at which the browser ends up, which a web
// application gets as a request to its REDIRECT_URI. With CODE set it exchanges that code, and asks nobody.

import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline/promises';

const {
  AUTH_URL = 'http://localhost:8080',
  API_URL = 'http://localhost:8081',
  REDIRECT_URI = 'https://app.example/callback',
  CLIENT_ID,
  CLIENT_SECRET,
  CODE,
} = process.env;

/** The address to send the user's browser to. No scope: everything the application is registered for. */
function authorizationUrl(state) {
  const url = new URL('/oauth2/authorize', AUTH_URL);
  url.search = new URLSearchParams({ clientId: CLIENT_ID, redirect_uri: REDIRECT_URI, response_type: 'code', state });
  return url.href;
}

/** The code of the answer that the browser brought back, if it is the answer to our own request. */
function codeOf(answer, state) {
  const { code, error, error_description: why, state: returned } = Object.fromEntries(new URL(answer).searchParams);
  if (returned !== state) throw new Error('This is not the answer to my request: the state is not mine.');
  if (!code) throw new Error(`The user did not allow it: ${error}: ${why}`);
  return code;
}

async function authorize() {
  // Base64 of a JSON text, as the documentation shows it. What counts is that nobody can guess it.
  const state = Buffer.from(JSON.stringify({ csrf: randomBytes(16).toString('hex') })).toString('base64');
  console.log(`Open in a browser: ${authorizationUrl(state)}`);
  const terminal = createInterface({ input: process.stdin });
  console.log('Then paste the address at which the browser ends up:');
  const { value: answer = '' } = await terminal[Symbol.asyncIterator]().next();
  terminal.close();
  return codeOf(answer.trim(), state);
}

async function call(method, url, { headers, body } = {}) {
  const response = await fetch(url, { method, headers, body });
  const text = await response.text();
  if (!response.ok) {
    const error = new Error(`${method} ${url}: ${response.status} ${text} (X-Error-Id ${response.headers.get('x-error-id')})`);
    throw Object.assign(error, { status: response.status });
  }
  return text ? JSON.parse(text) : undefined;
}

/** The token endpoint: Basic authentication, a form as the body, no redirect_uri. */
function token(fields) {
  const keys = `${CLIENT_ID}:${CLIENT_SECRET}`;
  return call('POST', new URL('/api/oauth2/v2/token', AUTH_URL), {
    headers: { authorization: `Basic ${Buffer.from(keys).toString('base64')}` },
    body: new URLSearchParams(fields),
  });
}

/** A client of the API that acts for the user. */
function api(accessToken) {
  const authorization = `Bearer ${accessToken}`;
  return (method, path, body) =>
    call(method, new URL(path, API_URL), {
      headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
}

async function main() {
  if (!CLIENT_ID || !CLIENT_SECRET) throw new Error('CLIENT_ID and CLIENT_SECRET must be set');
  const granted = await token({ grant_type: 'authorization_code', code: CODE ?? (await authorize()) });
  console.log(`Granted for ${granted.expires_in} s: ${granted.scope}`);

  // An access token lasts a day. After that, and here at once to show it:
  const { access_token: accessToken } = await token({
    grant_type: 'refresh_token',
    refresh_token: granted.refresh_token,
  });
  const request = api(accessToken);

  const profile = await request('GET', '/api/user/profile');
  console.log(`Profile: ${profile.name} <${profile.email}>`);

  const meeting = await request('POST', '/api/meetings', { name: 'Planning' });
  console.log(`Created: ${meeting.name} at ${meeting.url}`);
  const path = `/api/meetings/${meeting.id}`;

  const changed = await request('PATCH', path, { name: 'Planning, part 2', attendees: ['guest@example.com'] });
  console.log(`Changed: ${changed.name}, with ${changed.attendees.join(', ')}`);

  const { count } = await request('GET', '/api/meetings');
  console.log(`Meetings: ${count}`);

  try {
    const entrance = await request('POST', `${path}/join`);
    console.log(`Join within ${entrance.expires_in} s: ${entrance.url} ${entrance.token}`);
  } catch (error) {
    // 404 when the installation has no LiveKit server: meetings can be managed all the same.
    if (error.status !== 404) throw error;
    console.log('Join: not offered here');
  }

  await request('DELETE', path);
  console.log('Deleted.');
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
