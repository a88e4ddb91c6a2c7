// The account: connected apps with their permissions, sessions, history, and a copy of everything.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, test } from 'node:test';
import { freePort } from '../harness/auth-server.mjs';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

describe('account', { timeout: 300_000 }, () => {
  let scene;
  let account;
  before(async () => {
    scene = await Scene.set({ Planner: ['standard', {}], Agenda: ['standard', {}] });
    account = `${scene.server.issuer}/account`;
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  const notice = ({ page }) => page.getByRole('status').innerText();

  for (const javaScriptEnabled of [true, false]) {
    test(`from consent to its withdrawal, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const person = scene.person();
      const visitor = await scene.visitor({ javaScriptEnabled });
      const { page } = visitor;
      await page.goto(account);
      await visitor.signIn(person);
      await page.getByRole('heading', { name: 'Connected apps', level: 1 }).waitFor();
      await look(visitor, 'account-none');
      for (const name of ['Planner', 'Agenda']) {
        await page.goto(scene.applications[name].request());
        assert.equal(await page.getByRole('link', { name: /in your account/ }).getAttribute('target'), '_blank');
        await Promise.all([scene.callback.next(), page.getByRole('button', { name: 'Allow', exact: true }).click()]);
      }
      await page.goto(account);
      assert.equal(await page.getByRole('heading', { level: 2 }).count(), 2);
      await look(visitor, 'account-apps');
      const planner = page.getByRole('region', { name: 'Planner' });
      await planner.getByRole('button', { name: /^Withdraw .*\(Planner\)$/ }).first().click();
      assert.match(await notice(visitor), /The permission is withdrawn/);
      assert.equal(await planner.getByRole('button', { name: /^Withdraw .*\(Planner\)$/ }).count(), 1);
      await planner.getByText('Withdraw everything').first().click();
      await look(visitor, 'account-withdraw');
      await planner.getByRole('button', { name: 'Withdraw everything now' }).click();
      assert.match(await notice(visitor), /Everything is withdrawn/);
      assert.equal(await page.getByRole('heading', { level: 2 }).count(), 1);
      await page.goto(scene.applications.Planner.request());
      await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
    });

    test(`sessions, history and details, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const person = scene.person();
      const elsewhere = await scene.visitor({ javaScriptEnabled });
      await elsewhere.page.goto(account);
      await elsewhere.signIn(person);
      const visitor = await scene.visitor({ javaScriptEnabled });
      const { page } = visitor;
      await page.goto(account);
      await visitor.signIn(person);
      await page.getByRole('link', { name: 'Sessions', exact: true }).click();
      await look(visitor, 'account-sessions');
      await page.getByRole('button', { name: /^Sign out \(/ }).click();
      assert.match(await notice(visitor), /That browser is signed out/);
      await elsewhere.page.goto(account);
      await elsewhere.page.getByLabel('Password').waitFor();
      await page.getByRole('link', { name: 'History' }).click();
      await page.getByText('You signed in.').first().waitFor();
      await look(visitor, 'account-history');
      await page.getByRole('link', { name: 'Your details' }).click();
      await look(visitor, 'account-profile');
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Download my data' }).click(),
      ]);
      const data = JSON.parse(readFileSync(await download.path(), 'utf8'));
      assert.equal(data.account.email, person.email);
      await page.locator('#language').selectOption('fr');
      await page.getByRole('button', { name: 'Save' }).click();
      assert.match(await notice(visitor), /La langue est enregistrée/);
      await look(visitor, 'account-profile-fr');
      await page.getByRole('link', { name: 'Historique' }).click();
      await look(visitor, 'account-history-fr');
    });
  }
});

describe('account and API', { timeout: 120_000 }, () => {
  let scene;
  let rooms;
  before(async () => {
    rooms = `http://127.0.0.1:${await freePort()}`;
    scene = await Scene.set({ Planner: ['standard', {}] }, { resourceUrl: rooms });
    await scene.start('resource-server', rooms, '/health/ready', {
      ISSUER_URL: scene.server.issuer,
      RESOURCE_URL: rooms,
      DATABASE_URL: `sqlite://${scene.server.folder}/rooms.sqlite`,
      INTROSPECTION_CLIENT_ID: scene.resource.client_id,
      INTROSPECTION_CLIENT_SECRET: scene.resource.client_secret,
    });
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  test('one permission withdrawn is refused by the resource server in under a second', async () => {
    const planner = scene.applications.Planner;
    const visitor = await scene.visitor();
    const { page } = visitor;
    const list = async (token) =>
      (await fetch(`${rooms}/external-api/v1.0/rooms`, { headers: { authorization: `Bearer ${token}` } })).status;
    await page.goto(planner.request({ resource: rooms }));
    await visitor.signIn(scene.person());
    const allow = page.getByRole('button', { name: 'Allow', exact: true });
    const [answer] = await Promise.all([scene.callback.next(), allow.click()]);
    const { access_token: token } = await planner.exchange(answer.url.searchParams.get('code'));
    assert.equal(await list(token), 200);
    await page.goto(`${scene.server.issuer}/account`);
    const withdraw = page.getByRole('button', { name: /^Withdraw .*\(Planner\)$/ }).first();
    await Promise.all([page.waitForURL(/done=permission/), withdraw.click()]);
    const since = Date.now();
    while ((await list(token)) !== 401) assert.ok(Date.now() - since < 1000, 'still accepted after a second');
  });
});
