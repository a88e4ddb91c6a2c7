// The account's security page: password, app, passkeys, recovery codes (B10).

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { App, plugIn } from './support/authenticator.mjs';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

const NEW_PASSWORD = 'an even longer password';

describe('account security', { timeout: 240_000 }, () => {
  let scene;
  let security;
  before(async () => {
    scene = await Scene.set({ Agenda: ['standard', {}] }, { host: 'localhost' });
    security = `${scene.server.issuer}/account/security`;
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  /** Goes to the page, which asks who is there first. */
  const enter = async (visitor, person) => {
    await visitor.page.goto(security);
    await visitor.signIn(person);
    await visitor.page.getByRole('heading', { name: 'Security', level: 1 }).waitFor();
  };
  const notice = ({ page }) => page.locator('#notice').innerText();

  for (const javaScriptEnabled of [true, false]) {
    test(`app and recovery codes, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const person = scene.person();
      const visitor = await scene.visitor({ javaScriptEnabled });
      const { page } = visitor;
      await enter(visitor, person);
      await look(visitor, 'account-security');
      await page.getByRole('link', { name: 'Set up an app' }).click();
      await look(visitor, 'account-security-app');
      await page.getByLabel('Type the code that the app shows').fill('000000');
      await page.getByRole('button', { name: 'Turn on' }).click();
      assert.match(await notice(visitor), /This code is not right/);
      const app = new App(await page.locator('.secret-key').innerText());
      await page.getByLabel('Type the code that the app shows').fill(app.code());
      await page.getByRole('button', { name: 'Turn on' }).click();
      await page.getByRole('heading', { name: 'Keep these recovery codes' }).waitFor();
      const codes = await page.locator('.recovery-codes code').allInnerTexts();
      assert.equal(codes.length, 10);
      await page.getByRole('link', { name: 'I have kept them' }).click();
      assert.match(await notice(visitor), /The authenticator app is set up/);
      assert.match(await page.locator('main').innerText(), /Codes left: 10/);
      await look(visitor, 'account-security-on');

      const again = await scene.visitor({ javaScriptEnabled });
      await again.page.goto(security);
      await again.signIn(person);
      await again.page.getByLabel('Code from your authenticator app').fill(app.code());
      await again.page.getByRole('button', { name: 'Continue', exact: true }).click();
      await again.page.getByRole('heading', { name: 'Security', level: 1 }).waitFor();

      await page.getByRole('button', { name: 'Make new codes' }).click();
      const renewed = await page.locator('.recovery-codes code').allInnerTexts();
      assert.equal(renewed.filter((code) => codes.includes(code)).length, 0);
      await page.getByRole('link', { name: 'I have kept them' }).click();
      await page.getByText('Remove the app', { exact: true }).click();
      await look(visitor, 'account-security-remove');
      await page.getByRole('button', { name: 'Remove', exact: true }).click();
      assert.match(await notice(visitor), /The authenticator app is removed/);
      assert.equal(await page.getByText('Codes left').count(), 0);
    });

    test(`a new password ends what else is open, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const person = scene.person();
      const visitor = await scene.visitor({ javaScriptEnabled });
      const other = await scene.visitor({ javaScriptEnabled });
      await enter(visitor, person);
      await enter(other, person);
      const { page } = visitor;
      const change = async (current, next) => {
        await page.getByLabel('Current password').fill(current);
        await page.getByLabel('New password').fill(next);
        await page.getByRole('button', { name: 'Change the password' }).click();
      };
      assert.equal(await page.getByLabel('Disconnect every app as well').isChecked(), true);
      await change('not this one', NEW_PASSWORD);
      assert.match(await notice(visitor), /The current password is not right/);
      await look(visitor, 'account-security-wrong-password');
      await change(person.password, NEW_PASSWORD);
      assert.match(await notice(visitor), /The password is changed/);
      await other.page.reload();
      await other.page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
      await other.signIn({ ...person, password: NEW_PASSWORD });
      await other.page.getByRole('heading', { name: 'Security', level: 1 }).waitFor();
    });
  }

  test('passkeys: add, rename, sign in, remove', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    const { page } = visitor;
    const key = await plugIn(visitor);
    await enter(visitor, person);
    await page.getByLabel('Name of the passkey').fill('Work laptop');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByRole('link', { name: 'I have kept them' }).click();
    assert.match(await notice(visitor), /The passkey is added/);
    assert.equal((await key.credentials()).length, 1);
    await page.getByText('Rename or remove').click();
    await look(visitor, 'account-security-passkey');
    await page.getByLabel('New name').fill('Old laptop');
    await page.getByRole('button', { name: 'Rename', exact: true }).click();
    assert.match(await notice(visitor), /new name/);
    assert.equal(await page.locator('.row .name').innerText(), 'Old laptop');

    // The same device again: it knows that it has one.
    await page.getByLabel('Name of the passkey').fill('Twice');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await page.getByText('Your device gave no passkey').waitFor();

    await page.getByRole('link', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.goto(security);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('heading', { name: 'Security', level: 1 }).waitFor();
    assert.match(await page.locator('.row').innerText(), /Last used on/);

    await page.getByText('Rename or remove').click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    assert.match(await notice(visitor), /The passkey is removed/);
    assert.equal(await page.locator('.row').count(), 0);
  });

  test('by keyboard alone, in French', async () => {
    const person = scene.person();
    const visitor = await scene.visitor({ locale: 'fr-FR' });
    const { page } = visitor;
    await page.goto(security);
    await page.keyboard.type(person.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(person.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sécurité', level: 1 }).waitFor();
    await look(visitor, 'account-security-french');
    const tabTo = async (text) => {
      for (let presses = 0; presses < 30; presses += 1) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate(() => document.activeElement.innerText || document.activeElement.id);
        if (focused.trim() === text) return;
      }
      assert.fail(`${text} is not reached by Tab`);
    };
    await tabTo('Configurer une application');
    await page.keyboard.press('Enter');
    await page.locator('.secret-key').waitFor();
    const app = new App(await page.locator('.secret-key').innerText());
    await tabTo('code');
    await page.keyboard.type(app.code());
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Gardez ces codes de secours' }).waitFor();
    await tabTo('Je les ai gardés');
    await page.keyboard.press('Enter');
    assert.match(await notice(visitor), /L’application d’authentification est configurée/);
  });

  test('without a host name there are no passkeys', async () => {
    const elsewhere = await Scene.set({});
    try {
      const person = elsewhere.person();
      const visitor = await elsewhere.visitor();
      await visitor.page.goto(`${elsewhere.server.issuer}/account/security`);
      await visitor.signIn(person);
      await visitor.page.getByText('browsers offer no passkeys here').waitFor();
    } finally {
      await elsewhere.leave();
      await elsewhere.end();
    }
  });
});
