// The administration's pages about people, keys and what happened.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

const PASSWORD = 'a long enough password';
const LONG = {
  email: 'wilhelmina-alexandrovna.featherstonehaugh-cholmondeley@department-of-administrative-affairs.example',
  name: 'Wilhelmina Alexandrovna Featherstonehaugh-Cholmondeley of the Department of Administrative Affairs',
};

describe('the administration’s pages about people and keys', { timeout: 300_000 }, () => {
  let scene;
  const admin = { email: 'admin@example.com', password: PASSWORD };
  const auditor = { email: 'auditor@example.com', password: PASSWORD };
  before(async () => {
    scene = await Scene.set({ Agenda: ['standard', {}] });
    scene.server.addUser(admin.email, admin.password, '--admin');
    scene.server.addUser(auditor.email, auditor.password, '--auditor', '--developer');
    scene.server.addUser(LONG.email, PASSWORD, '--name', LONG.name);
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  async function signedIn(who, path, options) {
    const visitor = await scene.visitor(options);
    await visitor.page.goto(`${scene.server.issuer}${path}`);
    await visitor.signIn(who);
    return visitor;
  }

  /** Somebody who is signed in, and whose account an application may use. */
  async function connected() {
    const { Agenda } = scene.applications;
    const person = scene.person();
    const user = await scene.visitor();
    await user.page.goto(Agenda.request());
    await user.signIn(person);
    await user.page.getByRole('button', { name: 'Allow', exact: true }).click();
    const { url } = await scene.callback.next();
    await Agenda.exchange(url.searchParams.get('code'));
    return person;
  }

  for (const javaScriptEnabled of [true, false]) {
    const how = `with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`;

    test(`a user is added, changed and blocked, ${how}`, async () => {
      const email = `claire-${javaScriptEnabled}@example.com`;
      const visitor = await signedIn(admin, '/admin/users', { javaScriptEnabled });
      const { page } = visitor;
      await page.getByRole('cell', { name: LONG.name }).waitFor();
      await look(visitor, 'admin-users');
      await page.getByRole('link', { name: 'Add a user' }).click();
      await look(visitor, 'admin-user-new');
      await page.getByLabel('E-mail address').fill(admin.email);
      await page.getByRole('button', { name: 'Add this user' }).click();
      await page.getByText('There is a user with this address already.').waitFor();
      await look(visitor, 'admin-user-new-problem');
      await page.getByLabel('E-mail address').fill(email);
      await page.getByRole('checkbox', { name: 'Reviewer' }).check();
      await page.getByRole('button', { name: 'Add this user' }).click();
      await page.getByRole('heading', { name: 'The new password' }).waitFor();
      await look(visitor, 'admin-user-password');
      const password = await page.getByLabel('New password').inputValue();
      const other = await scene.visitor();
      await other.page.goto(`${scene.server.issuer}/login`);
      await other.signIn({ email, password });
      await page.getByRole('link', { name: 'I have copied it' }).click();
      await page.getByRole('heading', { name: email }).waitFor();
      await page.getByText('Block this user').first().click();
      await page.getByRole('button', { name: 'Block this user' }).click();
      await page.getByRole('status').waitFor();
      await look(visitor, 'admin-user-blocked');
      await page.goto(`${scene.server.issuer}/admin/users?state=blocked&search=${encodeURIComponent(email)}`);
      assert.equal(await page.getByRole('row').count(), 2);
      await page.goto(`${scene.server.issuer}/admin/users?search=nobody`);
      await page.getByText('Nobody matches these filters.').waitFor();
      await look(visitor, 'admin-users-none');
    });

    test(`a user’s sessions and tokens, ${how}`, async () => {
      const person = await connected();
      const visitor = await signedIn(admin, '/admin/users', { javaScriptEnabled });
      const { page } = visitor;
      await page.getByRole('link', { name: person.email }).click();
      await page.getByRole('button', { name: /^Remove the token of/ }).waitFor();
      await look(visitor, 'admin-user');
      await page.getByRole('button', { name: /^Remove the token of/ }).click();
      await page.getByText('The token is removed.').waitFor();
      await page.getByText('No application holds a live token of this user.').waitFor();
      await page.getByRole('button', { name: /^End the session of/ }).click();
      await page.getByText('The session has ended.').waitFor();
    });

    test(`keys, the audit log and error ids, ${how}`, async () => {
      const name = `Bridge ${javaScriptEnabled}`;
      const visitor = await signedIn(admin, '/admin/api-keys', { javaScriptEnabled });
      const { page } = visitor;
      await look(visitor, 'admin-api-keys-none');
      await page.getByText('Add an API key').first().click();
      await page.getByLabel('Name of the key').fill(name);
      await page.getByRole('button', { name: 'Add an API key' }).click();
      await page.getByRole('heading', { name: 'The new API key' }).waitFor();
      await look(visitor, 'admin-api-key-once');
      await page.getByRole('link', { name: 'I have copied it' }).click();
      await look(visitor, 'admin-api-keys');
      await page.getByRole('button', { name: `Disable ${name}` }).click();
      await page.getByText('The key is disabled.').waitFor();
      await page.goto(`${scene.server.issuer}/admin/keys`);
      await page.getByText('Make the next key').first().click();
      await look(visitor, 'admin-keys');
      await page.getByLabel('Yes, make a new key').check();
      await page.getByRole('button', { name: 'Make the next key' }).click();
      await page.getByText('The next key is made.').waitFor();
      await page.goto(`${scene.server.issuer}/admin/audit`);
      await look(visitor, 'admin-audit');
      await page.getByLabel('User', { exact: true }).fill('nobody@example.com');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByText('Nobody has this address or id.').waitFor();
      await look(visitor, 'admin-audit-wrong');
      const missing = await page.goto(`${scene.server.issuer}/no/such/page`);
      const id = missing.headers()['x-error-id'];
      await page.goto(`${scene.server.issuer}/admin/errors`);
      await look(visitor, 'admin-errors-none');
      await page.getByLabel('Error number').fill('not an id');
      await page.getByRole('button', { name: 'Look it up' }).click();
      await page.getByText('This is not an error number.').waitFor();
      await look(visitor, 'admin-errors-wrong');
      await page.getByLabel('Error number').fill(id);
      await page.getByRole('button', { name: 'Look it up' }).click();
      await page.getByText('no such page').waitFor();
      await look(visitor, 'admin-errors');
    });
  }

  test('an auditor sees all of it and changes nothing', async () => {
    const visitor = await signedIn(auditor, '/admin/users');
    const { page } = visitor;
    assert.equal(await page.getByRole('link', { name: 'Add a user' }).count(), 0);
    await page.getByRole('link', { name: LONG.email }).click();
    await page.getByText('Your role lets you look at everything here, but change nothing.').waitFor();
    await look(visitor, 'admin-user-auditor');
    const { client_id: id } = scene.applications.Agenda;
    for (const [path, shot] of [
      ['keys', 'admin-keys-auditor'],
      ['webhooks', 'webhooks-auditor'],
      [`applications/${id}`, 'admin-application-auditor'],
    ]) {
      await page.goto(`${scene.server.issuer}/admin/${path}`);
      assert.equal(await page.locator('main form[method="post"] button').count(), 0, `${path} offers nothing to change`);
      await look(visitor, shot);
    }
  });

  test('in French', async () => {
    const person = await connected();
    const visitor = await signedIn(admin, '/admin/users', { locale: 'fr-FR' });
    const { page } = visitor;
    await page.getByRole('heading', { name: 'Utilisateurs' }).waitFor();
    await look(visitor, 'admin-users-fr');
    await page.getByRole('link', { name: person.email }).click();
    await page.getByRole('heading', { name: person.email }).waitFor();
    await look(visitor, 'admin-user-fr');
    for (const [path, heading] of [
      ['audit', 'Journal d’audit'],
      ['keys', 'Clés de signature'],
      ['api-keys', 'Clés d’API'],
      ['errors', 'Numéros d’erreur'],
    ]) {
      await page.goto(`${scene.server.issuer}/admin/${path}`);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await look(visitor, `admin-${path}-fr`);
    }
  });
});
