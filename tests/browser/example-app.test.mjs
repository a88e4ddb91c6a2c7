// The whole story of the example app, with all three servers: connect, consent, rooms, refresh, disconnect.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { BACKENDS, freePort } from '../harness/auth-server.mjs';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

const SCOPE = 'lasuite_visio lasuite_visio:rooms:list lasuite_visio:rooms:create';
const origin = async () => `http://127.0.0.1:${await freePort()}`;
// The app replaces an access token that lives for less than ten seconds more.
const BRIEF_SECONDS = '11';

for (const backend of BACKENDS) {
  describe(`example app, ${backend}`, { timeout: 120_000 }, () => {
    let scene;
    let desk;
    let briefDesk;

    before(async () => {
      [desk, briefDesk] = [await origin(), await origin()];
      const resourceUrl = await origin();
      const registered = (appUrl, more) => ['meet', { 'redirect-uri': `${appUrl}/callback`, scope: SCOPE, ...more }];
      const applications = {
        'Corner Desk': registered(desk),
        'Brief Desk': registered(briefDesk, { 'access-seconds': BRIEF_SECONDS }),
      };
      scene = await Scene.set(applications, { backend, resourceUrl });
      const { client_id: id, client_secret: secret } = scene.resource;
      const addresses = { ISSUER_URL: scene.server.issuer, RESOURCE_URL: resourceUrl };
      await scene.start('resource-server', resourceUrl, '/health/ready', {
        ...addresses,
        DATABASE_URL: `sqlite://${scene.server.folder}/rooms.sqlite`,
        INTROSPECTION_CLIENT_ID: id,
        INTROSPECTION_CLIENT_SECRET: secret,
      });
      for (const [name, url] of [['Corner Desk', desk], ['Brief Desk', briefDesk]]) {
        const { client_id: CLIENT_ID, client_secret: CLIENT_SECRET } = scene.applications[name];
        await scene.start('third-party-app', url, '/', { ...addresses, APP_URL: url, CLIENT_ID, CLIENT_SECRET });
      }
    });
    afterEach(() => scene.leave());
    after(() => scene?.end());

    const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
    const says = (page, text) => page.getByText(text).waitFor();

    /** A new person in front of the app's consent page. */
    const connecting = async (appUrl) => {
      const person = scene.person();
      const visitor = await scene.visitor();
      const { page } = visitor;
      await page.goto(appUrl);
      await press(page, 'Connect');
      await visitor.signIn(person);
      await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
      return { person, visitor, page };
    };

    test('from the first visit to disconnecting', async () => {
      const { visitor, page } = await connecting(desk);
      await page.getByRole('checkbox', { name: 'Create rooms' }).uncheck({ force: true });
      await press(page, 'Allow');
      await says(page, 'You are connected.');
      await says(page, 'You did not allow this app to create rooms.');
      await says(page, 'No rooms yet.');
      await look(visitor, 'app-connected-in-part');

      await press(page, 'Change what is allowed');
      const asked = await page.getByRole('checkbox').evaluateAll((boxes) => boxes.map((box) => box.value));
      assert.deepEqual(asked, ['lasuite_visio:rooms:create']);
      await press(page, 'Allow');
      await page.getByLabel('Name of a new room').fill('Stand-up <b>&</b> é');
      await press(page, 'Create room');
      await says(page, 'The room “Stand-up <b>&</b> é” is ready.');
      assert.match(await page.getByRole('listitem').innerText(), /Stand-up <b>&<\/b> é/);
      await look(visitor, 'app-room-created');

      await press(page, 'Refresh now');
      await says(page, 'There is a new access token.');
      await says(page, /refreshed 1 time\./);
      assert.match(await page.getByRole('listitem').innerText(), /Stand-up/);

      await press(page, 'Disconnect');
      await says(page, 'You are disconnected, and the tokens are revoked.');
      await look(visitor, 'app-disconnected');

      await press(page, 'Connect');
      await says(page, 'You are connected.');
      assert.match(await page.getByRole('listitem').innerText(), /Stand-up/, 'nothing was asked again');
    });

    test('"no" is taken well', async () => {
      const { visitor, page } = await connecting(desk);
      await press(page, 'Don’t allow');
      await says(page, 'You said no, so nothing is shared.');
      await look(visitor, 'app-refused');
    });

    test('nobody notices that an access token ended', async () => {
      const { page } = await connecting(briefDesk);
      await press(page, 'Allow');
      await says(page, 'You are connected.');
      const refreshed = page.getByText(/refreshed [1-9][0-9]* times?\./);
      const deadline = Date.now() + 15_000;
      while (!(await refreshed.isVisible())) {
        assert.ok(Date.now() < deadline, 'the token is replaced in time');
        await page.goto(briefDesk);
      }
      await says(page, 'No rooms yet.');
      assert.equal(await page.getByRole('alert').count(), 0);
    });

    test('what an administrator ends is over within a second', async () => {
      const { person, visitor, page } = await connecting(desk);
      await press(page, 'Allow');
      await says(page, 'No rooms yet.');
      const { client_id: id } = scene.applications['Corner Desk'];
      scene.server.command('token', 'revoke', '--app', id, '--user', person.email);
      const ended = page.getByText('The connection has ended');
      const deadline = Date.now() + 1000;
      do await page.goto(desk);
      while (Date.now() < deadline && !(await ended.isVisible()));
      assert.ok(await ended.isVisible(), 'refused everywhere in under one second');
      await look(visitor, 'app-ended-elsewhere');
    });
  });
}
