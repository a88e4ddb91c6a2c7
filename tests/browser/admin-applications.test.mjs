// The console's applications and review queue.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

const PASSWORD = 'a long enough password';
const OWNER = 'developer@example.com';
/** As long as a name may be, and nowhere to break it. */
const LONG_NAME = 'W'.repeat(200);

/** What has the focus: its text or value, and whether a reader can see that it has it. */
const focused = (page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    const style = getComputedStyle(element);
    const visible = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return { text: (element.innerText || element.id).trim(), visible };
  });

describe('the console’s applications', { timeout: 300_000 }, () => {
  let scene;
  const admin = { email: 'admin@example.com', password: PASSWORD };
  before(async () => {
    scene = await Scene.set({ Agenda: ['standard', {}] });
    scene.server.addUser(OWNER, PASSWORD, '--developer', '--name', LONG_NAME);
    scene.server.addUser(admin.email, admin.password, '--admin');
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  async function administrator(path, options) {
    const visitor = await scene.visitor(options);
    await visitor.page.goto(`${scene.server.issuer}${path}`);
    await visitor.signIn(admin);
    return visitor;
  }

  /** An application that waits for its review. */
  const submit = (name) =>
    scene.server.addApplication(name, 'jiomeet', {
      'redirect-uri': 'https://calendar.example/callback',
      'homepage-url': 'https://calendar.example/',
      scope: 'user:read meeting:read',
      pending: true,
    });

  for (const javaScriptEnabled of [true, false]) {
    test(`an application is registered and edited, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const visitor = await administrator('/admin', { javaScriptEnabled });
      const { page } = visitor;
      await page.getByRole('heading', { name: 'Administering the server' }).waitFor();
      await look(visitor, 'admin');
      await page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: 'API → OAuth2' }).click();
      await look(visitor, 'admin-applications');
      await page.getByRole('link', { name: 'Create a new application' }).click();
      const name = `Calendar ${javaScriptEnabled}`;
      await page.getByLabel('Name').fill(name);
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByRole('alert').waitFor();
      await look(visitor, 'admin-application-new');
      await page.getByLabel('Redirect URL').fill('https://localhost/');
      await page.locator('label', { hasText: /^conferences$/ }).click();
      const part = (what) => page.getByLabel(`conferences:${what}`, { exact: true });
      for (const what of ['read', 'write']) assert.equal(await part(what).isChecked(), javaScriptEnabled);
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByRole('heading', { name: `Registered: ${name}` }).waitFor();
      await look(visitor, 'admin-application-secret');
      await page.getByRole('link', { name: 'I have copied it' }).click();
      await look(visitor, 'admin-application');
      assert.ok(await part('write').isChecked());
      if (javaScriptEnabled) {
        await page.getByText(/^Permissions \(/).click();
        await part('write').uncheck({ force: true });
        const general = page.getByLabel('conferences', { exact: true });
        assert.ok((await part('read').isChecked()) && !(await general.isChecked()), 'the rest of it stays');
        await general.check({ force: true });
        assert.ok(await part('write').isChecked());
      }
      await page.getByLabel('Lifetime of access tokens').fill('600');
      await page.getByRole('button', { name: 'Save the policy' }).click();
      await page.getByRole('status').waitFor();
      assert.equal(await page.getByLabel('Lifetime of access tokens').inputValue(), '600');
      await page.getByText('Regenerate the secret').first().click();
      await page.getByRole('button', { name: 'Regenerate the secret' }).click();
      await page.getByRole('heading', { name: `New secret of ${name}` }).waitFor();
      await page.getByRole('link', { name: 'I have copied it' }).click();
      await page.getByText('Block this application').first().click();
      await page.getByRole('button', { name: 'Block this application' }).click();
      await page.getByText('The application is blocked, and its tokens no longer work.').waitFor();
    });
  }

  test('a name as long as names may be leaves the other columns in sight', async () => {
    scene.server.addApplication(LONG_NAME, 'jiomeet', {
      'redirect-uri': 'https://calendar.example/callback',
      'homepage-url': 'https://calendar.example/',
      scope: 'user:read',
      owner: OWNER,
      pending: true,
    });
    const visitor = await administrator('/admin/review');
    const { page } = visitor;
    await page.getByRole('cell', { name: OWNER }).waitFor();
    await look(visitor, 'admin-review-long');
    await page.setViewportSize({ width: 390, height: 844 });
    const lines = await page
      .getByRole('cell', { name: OWNER })
      .locator('bdi')
      .evaluate((element) =>
        [...element.childNodes]
          .filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
          .map((text) => {
            const range = document.createRange();
            range.selectNodeContents(text);
            return range.getClientRects().length;
          }),
      );
    assert.deepEqual(lines, [1, 1], 'an address breaks before its host alone');
    for (const [path, name] of [
      ['/admin/applications', 'admin-applications-long'],
      ['/admin/users', 'admin-users-long'],
    ]) {
      await page.goto(`${scene.server.issuer}${path}`);
      await look(visitor, name);
    }
  });

  test('a token is removed', async () => {
    const { Agenda } = scene.applications;
    const person = scene.person();
    const user = await scene.visitor();
    await user.page.goto(Agenda.request());
    await user.signIn(person);
    await user.page.getByRole('button', { name: 'Allow', exact: true }).click();
    const { url } = await scene.callback.next();
    await Agenda.exchange(url.searchParams.get('code'));
    const visitor = await administrator(`/admin/applications/${Agenda.client_id}`);
    const { page } = visitor;
    await page.getByRole('cell', { name: person.email }).waitFor();
    await look(visitor, 'admin-application-tokens');
    await page.getByRole('button', { name: /^Remove the token of/ }).click();
    await page.getByText('The token is removed').waitFor();
    await page.getByText('There are no live tokens.').waitFor();
  });

  test('a submission is reviewed by keyboard alone', async () => {
    submit('Keyboard');
    const visitor = await administrator('/admin/review');
    const { page } = visitor;
    await look(visitor, 'admin-review');
    const tabTo = async (text) => {
      for (let presses = 0; presses < 60; presses += 1) {
        await page.keyboard.press('Tab');
        const element = await focused(page);
        assert.ok(element.visible, `the focus can be seen on ${element.text}`);
        if (element.text === text) return;
      }
      assert.fail(`${text} is not reached by Tab`);
    };
    await tabTo('Keyboard');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Keyboard' }).waitFor();
    await look(visitor, 'admin-review-one');
    await tabTo('Reject');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await look(visitor, 'admin-review-reason');
    await tabTo('reason');
    await page.keyboard.type('The home page is missing.');
    await tabTo('Reject');
    await page.keyboard.press('Enter');
    await page.getByText('It is rejected, and its developer is told why.').waitFor();
  });

  for (const javaScriptEnabled of [true, false]) {
    test(`a submission is approved, in French, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const name = `Agenda partagé ${javaScriptEnabled}`;
      submit(name);
      const visitor = await administrator('/admin/review', { locale: 'fr-FR', javaScriptEnabled });
      const { page } = visitor;
      await page.getByRole('link', { name }).waitFor();
      await look(visitor, 'admin-review-fr');
      await page.getByRole('link', { name }).click();
      await page.getByRole('button', { name: 'Approuver' }).waitFor();
      await look(visitor, 'admin-review-one-fr');
      await page.getByRole('button', { name: 'Approuver' }).click();
      await page.getByText('Elle est approuvée').waitFor();
      await page.goto(`${scene.server.issuer}/admin/applications`);
      await look(visitor, 'admin-applications-fr');
      await page.getByRole('link', { name }).click();
      await page.getByRole('heading', { name }).waitFor();
      await look(visitor, 'admin-application-fr');
      await page.goto(`${scene.server.issuer}/admin/applications/new`);
      await look(visitor, 'admin-application-new-fr');
    });
  }

  test('a reviewer sees the queue alone', async () => {
    const reviewer = { email: 'reviewer@example.com', password: PASSWORD };
    scene.server.addUser(reviewer.email, reviewer.password, '--reviewer');
    const visitor = await scene.visitor();
    const { page } = visitor;
    await page.goto(`${scene.server.issuer}/admin/review`);
    await visitor.signIn(reviewer);
    await page.goto(`${scene.server.issuer}/admin/review?state=on_hold`);
    await page.getByText('Nothing is waiting here.').waitFor();
    assert.equal(await page.getByRole('navigation', { name: 'Administration' }).getByRole('link').count(), 1);
    await look(visitor, 'admin-review-none');
  });
});
