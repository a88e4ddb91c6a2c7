// Sends a user through the authorization-code flow as an application of profile `jiomeet`, then uses the profile
// and the meetings. Node.js 18 or later, no packages:
//
//   AUTH_URL=https://auth.example API_URL=https://rooms.example CLIENT_ID=... CLIENT_SECRET=... node jiomeet.mjs
//
// It waits at REDIRECT_URI (http://localhost:4000/callback if not set), which must be registered for the application.
// With CODE set it exchanges that code instead, and nobody needs to be asked.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

const {
  AUTH_URL = 'http://localhost:8080',
  API_URL = 'http://localhost:8081',
  REDIRECT_URI = 'http://localhost:4000/callback',
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

/** Waits for the user's browser to come back, and checks that it is the one that was sent. */
function comeBack(state) {
  const redirect = new URL(REDIRECT_URI);
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const answer = new URL(request.url, REDIRECT_URI);
      if (answer.pathname !== redirect.pathname) return void response.writeHead(404).end();
      const { code, error, error_description: why, state: returned } = Object.fromEntries(answer.searchParams);
      // Somebody else's answer: the user may still be on the way.
      if (returned !== state) return void response.writeHead(400).end('This is not the answer to my request.\n');
      response.setHeader('connection', 'close');
      response.end('Thank you. You may close this window.\n');
      server.close();
      if (code) resolve(code);
      else reject(new Error(`The user did not allow it: ${error}: ${why}`));
    });
    server.once('error', reject);
    server.listen(redirect.port, redirect.hostname);
  });
}

async function authorize() {
  // Base64 of a JSON text, as the documentation shows it. What counts is that nobody can guess it.
  const state = Buffer.from(JSON.stringify({ csrf: randomBytes(16).toString('hex') })).toString('base64');
  const code = comeBack(state);
  console.log(`Open in a browser: ${authorizationUrl(state)}`);
  return code;
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
