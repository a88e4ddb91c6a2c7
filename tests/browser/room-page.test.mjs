// The page of a room, with both servers: what strangers see, signing in through Anteroom, what an owner changes.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { BACKENDS, freePort } from '../harness/auth-server.mjs';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

const WEBAPP_SCOPE = 'lasuite_visio lasuite_visio:rooms:retrieve lasuite_visio:rooms:update';
const API_SCOPE = 'rooms:list rooms:retrieve rooms:create rooms:update';

for (const backend of BACKENDS) {
  describe(`room page, ${backend}`, { timeout: 180_000 }, () => {
    let scene;
    let rooms;

    before(async () => {
      rooms = `http://127.0.0.1:${await freePort()}`;
      scene = await Scene.set(
        {
          Rooms: ['meet', { 'redirect-uri': `${rooms}/webapp/callback`, scope: WEBAPP_SCOPE, grant: 'authorization_code' }],
          Calendar: ['trueconf', { scope: API_SCOPE }],
        },
        { backend, resourceUrl: rooms },
      );
      const { client_id: id, client_secret: secret } = scene.resource;
      const { client_id: webappId, client_secret: webappSecret } = scene.applications.Rooms;
      await scene.start('resource-server', rooms, '/health/ready', {
        ISSUER_URL: scene.server.issuer,
        RESOURCE_URL: rooms,
        DATABASE_URL: `sqlite://${scene.server.folder}/rooms.sqlite`,
        INTROSPECTION_CLIENT_ID: id,
        INTROSPECTION_CLIENT_SECRET: secret,
        ANTEROOM_WEBAPP__CLIENT_ID: webappId,
        ANTEROOM_WEBAPP__CLIENT_SECRET: webappSecret,
        ANTEROOM_TELEPHONY__ENABLED: 'true',
        ANTEROOM_TELEPHONY__PHONE_NUMBER: '+33 1 23 45 67 89',
        ANTEROOM_TELEPHONY__DEFAULT_COUNTRY: 'FR',
      });
    });
    afterEach(() => scene.leave());
    after(() => scene?.end());

    /** Calls the API as a person, through an application that may ask for a token with their password. */
    const api = async (person, method, path, body) => {
      const { client_id: id, client_secret: secret } = scene.applications.Calendar;
      person.token ??= (
        await (
          await fetch(`${scene.server.issuer}/oauth2/token`, {
            method: 'POST',
            headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
            body: new URLSearchParams({ grant_type: 'password', username: person.email, password: person.password }),
          })
        ).json()
      ).access_token;
      const answer = await fetch(`${rooms}/external-api/v1.0/rooms${path}`, {
        method,
        headers: { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
      });
      assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
      return answer.json();
    };

    /** Somebody with a room of their own. */
    const owner = async (name = 'Stand-up <b>&</b> é') => {
      const person = scene.person();
      const room = await api(person, 'POST', '', { name });
      return { person, room };
    };

    const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
    const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

    /** From the room's page through Anteroom and back to it. */
    const signIn = async (visitor, person, room) => {
      const { page } = visitor;
      await page.goto(room.url);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await visitor.signIn(person);
      await press(page, 'Allow');
      await page.getByText(`Signed in as ${person.email}`).waitFor();
      assert.equal(page.url(), room.url);
    };

    test('a stranger reads what the room is, and nothing of a private one', async () => {
      const { person, room } = await owner();
      const visitor = await scene.visitor();
      const { page } = visitor;
      await page.goto(room.url);
      await heading(page, 'Stand-up <b>&</b> é');
      assert.equal(await page.getByText(room.telephony.pin_code).count(), 0);
      await look(visitor, 'room-visitor');
      await api(person, 'PATCH', `/${room.id}`, { access_level: 'restricted' });
      await page.goto(room.url);
      await heading(page, 'A private room');
      assert.ok(!(await page.content()).includes('Stand-up'));
      await look(visitor, 'room-private');
      await page.goto(`${rooms}/abc-defg-hij`);
      await heading(page, 'There is no such room');
      await look(visitor, 'room-unknown');
    });

    test('an owner signs in, invites somebody, and opens the room to everybody', async () => {
      const { person, room } = await owner();
      const guest = scene.person();
      const visitor = await scene.visitor();
      const { page } = visitor;
      await signIn(visitor, person, room);
      await page.getByText('This is your room').waitFor();
      await page.getByText(room.telephony.pin_code).waitFor();
      await look(visitor, 'room-owner');

      await page.getByLabel('E-mail address of somebody to invite').fill(guest.email.toUpperCase());
      await press(page, 'Invite');
      await page.getByText('The invitation is on the list.').waitFor();
      await page.getByLabel('E-mail address of somebody to invite').fill(guest.email);
      await press(page, 'Invite');
      await page.getByText('This person is invited already.').waitFor();
      await look(visitor, 'room-already-invited');
      await page.goto(room.url);

      await page.getByRole('radio', { name: 'Open to everybody' }).check({ force: true });
      await press(page, 'Save access');
      await page.getByText('Who gets in is saved.').waitFor();
      await page.getByLabel('Name', { exact: true }).fill('Open day');
      await press(page, 'Save name');
      await heading(page, 'Open day');
      await look(visitor, 'room-owner-changed');
      const seen = await api(person, 'GET', `/${room.id}`);
      assert.equal(seen.access_level, 'public');
      assert.equal(seen.name, 'Open day');
      assert.deepEqual(seen.attendees, [guest.email]);

      const invited = await scene.visitor();
      await signIn(invited, guest, room);
      await invited.page.getByText('You are invited', { exact: true }).waitFor();
      await invited.page.getByText(room.telephony.pin_code).waitFor();
      assert.equal(await invited.page.getByRole('button', { name: 'Invite' }).count(), 0);
      await look(invited, 'room-attendee');

      await page.getByRole('button', { name: `Remove ${guest.email}` }).click();
      await page.getByText('Nobody is invited yet.').waitFor();
      await invited.page.reload();
      await invited.page.getByText('You have no part in this room so far.').waitFor();
      await look(invited, 'room-stranger');

      await press(page, 'Sign out');
      await page.getByRole('link', { name: 'Sign out there as well' }).waitFor();
      await look(visitor, 'room-signed-out');
    });

    test('what an owner does not agree to stays out of reach', async () => {
      const { person, room } = await owner();
      const visitor = await scene.visitor();
      const { page } = visitor;
      await page.goto(room.url);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await visitor.signIn(person);
      await page.getByRole('checkbox').nth(2).uncheck({ force: true });
      await press(page, 'Allow');
      await page.getByText('you did not allow these pages to change rooms').waitFor();
      await look(visitor, 'room-owner-without-changes');
      await page.getByRole('link', { name: 'Allow it now' }).click();
      await press(page, 'Allow');
      await page.getByRole('button', { name: 'Invite' }).waitFor();
    });

    test('"no" is taken well, and a sign-in that goes astray is told', async () => {
      const { person, room } = await owner();
      const visitor = await scene.visitor();
      const { page } = visitor;
      await page.goto(room.url);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await visitor.signIn(person);
      await press(page, 'Don’t allow');
      await page.getByText('You said no, so you are not signed in.').waitFor();
      await page.goto(`${rooms}/webapp/callback?code=x&state=y&iss=${scene.server.issuer}`);
      await heading(page, 'You could not be signed in');
      await look(visitor, 'room-sign-in-failed');
    });

    test('in French', async () => {
      const { person, room } = await owner('Point d’équipe');
      const visitor = await scene.visitor({ locale: 'fr-FR' });
      const { page } = visitor;
      await page.goto(room.url);
      await page.getByRole('link', { name: 'Se connecter' }).click();
      await page.locator('#email').fill(person.email);
      await page.locator('#password').fill(person.password);
      await page.locator('form[action="/login"] button').click();
      await press(page, 'Autoriser');
      await page.getByText('C’est votre salle').waitFor();
      assert.equal(await page.locator('html').getAttribute('lang'), 'fr');
      await look(visitor, 'room-owner-french');
      await page.getByRole('link', { name: 'English' }).click();
      await page.getByText('This is your room').waitFor();
      await page.goto(room.url);
      await page.getByText('This is your room').waitFor();
    });

    test('without JavaScript', async () => {
      const { person, room } = await owner();
      const visitor = await scene.visitor({ javaScriptEnabled: false });
      const { page } = visitor;
      await signIn(visitor, person, room);
      await page.getByLabel('E-mail address of somebody to invite').fill('guest@example.org');
      await press(page, 'Invite');
      await page.getByText('The invitation is on the list.').waitFor();
      assert.deepEqual((await api(person, 'GET', `/${room.id}`)).attendees, ['guest@example.org']);
    });

    test('by keyboard alone', async () => {
      const { person, room } = await owner();
      const visitor = await scene.visitor();
      const { page } = visitor;
      await signIn(visitor, person, room);
      /** Presses Tab until the focused element is `wanted`; everything on the way shows its focus. */
      const tabTo = async (wanted) => {
        for (let presses = 0; presses < 30; presses += 1) {
          await page.keyboard.press('Tab');
          const [is, visible] = await page.evaluate((selector) => {
            const { activeElement } = document;
            const { outlineStyle, outlineWidth } = getComputedStyle(activeElement);
            return [activeElement.matches(selector), outlineStyle !== 'none' && parseFloat(outlineWidth) > 0];
          }, wanted);
          assert.ok(visible, `the focus can be seen on the way to ${wanted}`);
          if (is) return;
        }
        assert.fail(`${wanted} is not reached by Tab`);
      };
      await tabTo('input[name=access_level]');
      await page.keyboard.press('ArrowUp');
      await tabTo('button[type=submit]');
      await page.keyboard.press('Enter');
      await page.getByText('Who gets in is saved.').waitFor();
      assert.equal((await api(person, 'GET', `/${room.id}`)).access_level, 'public');
    });

    test('what an administrator ends is over within a second', async () => {
      const { person, room } = await owner();
      const visitor = await scene.visitor();
      const { page } = visitor;
      await signIn(visitor, person, room);
      const { client_id: id } = scene.applications.Rooms;
      scene.server.command('token', 'revoke', '--app', id, '--user', person.email);
      const link = page.getByRole('link', { name: 'Sign in' });
      const deadline = Date.now() + 1000;
      do await page.goto(room.url);
      while (Date.now() < deadline && !(await link.isVisible()));
      assert.ok(await link.isVisible());
    });
  });
}
