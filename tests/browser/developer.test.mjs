// Developers register an application, see it through its review, and make a secret.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

const PASSWORD = 'a long enough password';
const developer = { email: 'dev@example.com', password: PASSWORD };
const reviewer = { email: 'reviewer@example.com', password: PASSWORD };

describe('the developer console', { timeout: 300_000 }, () => {
  let scene;
  before(async () => {
    scene = await Scene.set({});
    scene.server.addUser(developer.email, developer.password, '--developer');
    scene.server.addUser(reviewer.email, reviewer.password, '--reviewer');
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  async function signedIn(path, options) {
    const visitor = await scene.visitor(options);
    await visitor.page.goto(`${scene.server.issuer}${path}`);
    await visitor.signIn(developer);
    return visitor;
  }

  async function fill(page, name) {
    await page.getByLabel('App name').fill(name);
    await page.getByLabel('Home page').fill('https://app.example/');
    await page.getByLabel('Privacy policy').fill('https://app.example/policy');
    await page.getByLabel('Logo').fill('https://app.example/logo.png');
    await page.getByLabel('Use case').selectOption('calendar');
    await page.getByLabel('Callback URL 1').fill('https://app.example/callback');
    // The label lies over its box, so that the whole line can be clicked.
    await page.locator('input[value="user:read"]').check({ force: true });
  }

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'with' : 'without';
    test(`from a draft to a secret, ${how} JavaScript`, async () => {
      const visitor = await signedIn('/developer', { javaScriptEnabled });
      const { page } = visitor;
      await look(visitor, `developer-list-${how}`);
      await page.getByRole('link', { name: 'Create an app' }).click();
      await look(visitor, `developer-new-${how}`);
      await fill(page, `Calendar ${how}`);
      const url = page.getByLabel('Callback URL 1');
      await url.fill('http://app.example/callback');
      if (javaScriptEnabled) await page.getByLabel('App name').focus();
      else await page.getByRole('button', { name: 'Check' }).click();
      const problem = page.locator('#redirect_uri-0-problem');
      await problem.filter({ hasText: 'https' }).waitFor();
      assert.equal(await url.getAttribute('aria-invalid'), 'true');
      await look(visitor, `developer-problem-${how}`);
      await url.fill('https://app.example/callback');
      await page.getByRole('button', { name: 'Add another URL' }).click();
      await page.getByLabel('Callback URL 2').fill('https://app.example/second');
      await page.getByRole('button', { name: 'Create OAuth app' }).click();
      await page.getByText('24 to 48 hours').waitFor();
      await look(visitor, `developer-pending-${how}`);
      const id = new URL(page.url()).pathname.split('/').at(-1);
      const request = `${scene.server.issuer}/oauth2/authorize?clientId=${id}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&response_type=code`;
      await page.goto(request);
      await page.getByRole('heading', { name: 'is not approved yet' }).waitFor();
      await look(visitor, `developer-waiting-${how}`);
      scene.server.command('app', 'approve', id);
      // It goes on by itself: the consent page is there without a click.
      await page.getByRole('button', { name: 'Allow', exact: true }).waitFor({ timeout: 15_000 });
      await page.getByText('Reviewed', { exact: true }).waitFor();
      await page.goto(`${scene.server.issuer}/developer/apps/${id}`);
      await look(visitor, `developer-approved-${how}`);
      await page.getByText('Make a secret').first().click();
      await page.getByLabel('Label', { exact: true }).first().fill('Production');
      await page.getByRole('button', { name: 'Make a secret' }).click();
      await page.getByRole('heading', { name: 'Your new client secret' }).waitFor();
      await look(visitor, `developer-secret-${how}`);
      await page.getByRole('link', { name: 'I have copied it' }).click();
      await page.getByRole('button', { name: 'Revoke the secret Production' }).waitFor();
      await page.getByRole('link', { name: 'Edit' }).click();
      await look(visitor, `developer-edit-${how}`);
      const box = (scope) => page.locator(`input[name=scope][value="${scope}"]`);
      await page.getByText('Permissions of other APIs').click();
      await box('groups').check({ force: true });
      assert.equal(await box('groups:write').isChecked(), javaScriptEnabled, 'the general permission ticks both');
      await box('groups').uncheck({ force: true });
      assert.ok(!(await box('groups:write').isChecked()));
      await page.getByLabel('App name').fill(`Calendar ${how}, renamed`);
      await page.getByRole('button', { name: 'Save and submit for review' }).click();
      await page.getByRole('heading', { name: 'Proposed change' }).waitFor();
      await look(visitor, `developer-change-${how}`);
      const decider = await scene.visitor({ javaScriptEnabled });
      await decider.page.goto(`${scene.server.issuer}/admin/review`);
      await decider.signIn(reviewer);
      await decider.page.getByRole('link', { name: `Calendar ${how}` }).click();
      await decider.page.getByRole('heading', { name: 'What is to change' }).waitFor();
      await look(decider, `admin-review-change-${how}`);
      await decider.page.getByRole('button', { name: 'Approve' }).click();
      await decider.page.getByText('It is approved').waitFor();
    });
  }

  test('on hold, rejected, blocked: what an app’s developer and others see, in English and French', async () => {
    const reason = `${'The privacy policy does not say for how long calendars are kept, nor who reads them. '.repeat(4)}See\nhttps://example.com/${'a-very-long-address/'.repeat(8)}`;
    const submit = (name) =>
      scene.server.addApplication(name, 'jiomeet', {
        owner: developer.email,
        'redirect-uri': 'https://app.example/callback',
        'homepage-url': 'https://app.example/',
        scope: 'user:read meeting:read',
        pending: true,
      }).client_id;
    const held = submit('Atelier Calendar of the Department of Administrative Affairs and of the Regional Councils');
    const rejected = submit('Night Bus');
    const blocked = submit('Old Bus');
    scene.server.command('app', 'hold', held, '--reason', reason);
    scene.server.command('app', 'reject', rejected, '--reason', reason);
    scene.server.command('app', 'approve', blocked);
    scene.server.command('app', 'disable', blocked);
    const request = (id) =>
      `${scene.server.issuer}/oauth2/authorize?clientId=${id}&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&response_type=code`;
    for (const [suffix, locale] of [
      ['', 'en-GB'],
      ['-fr', 'fr-FR'],
    ]) {
      const visitor = await signedIn('/developer', { locale });
      const { page } = visitor;
      await page.getByRole('link', { name: 'Night Bus' }).waitFor();
      await look(visitor, `developer-list-full${suffix}`);
      for (const [state, id] of Object.entries({ held, rejected, blocked })) {
        await page.goto(`${scene.server.issuer}/developer/apps/${id}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await look(visitor, `developer-${state}${suffix}`);
      }
      await page.goto(`${scene.server.issuer}/developer/new`);
      await look(visitor, `developer-new${suffix || '-en'}`);
      await page.goto(request(held));
      await page.getByRole('link', { name: /^(Stop checking|Ne plus vérifier) automati/ }).click();
      await page.getByText(/^(This page no longer checks|Cette page ne vérifie plus)/).waitFor();
      await look(visitor, `developer-waiting-held${suffix}`);
      const stranger = await scene.visitor({ locale });
      await stranger.page.goto(request(held));
      await stranger.signIn(scene.person());
      await stranger.page.locator('.error-id').waitFor();
      await look(stranger, `error-not-approved${suffix}`);
    }
  });
});
