// Links in messages: a forgotten password (B10, B12), and the proof of an address.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Smtp } from '../harness/smtp.mjs';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

const NEW = 'quite another password';

describe('links in messages', { timeout: 120_000 }, () => {
  let scene;
  let mailbox;
  before(async () => {
    mailbox = await Smtp.start();
    scene = await Scene.set({}, { settings: { SMTP_URL: mailbox.url } });
  });
  afterEach(() => scene.leave());
  after(async () => {
    await scene?.end();
    await mailbox?.stop();
  });

  for (const javaScriptEnabled of [true, false]) {
    test(`a forgotten password, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const person = scene.person();
      const visitor = await scene.visitor({ javaScriptEnabled });
      const { page } = visitor;
      await page.goto(`${scene.server.issuer}/login`);
      await page.getByRole('link', { name: 'Forgotten your password?' }).click();
      await look(visitor, 'forgot-password');
      await page.getByLabel('E-mail address').fill(person.email);
      await page.getByRole('button', { name: 'Send the link' }).click();
      await page.getByRole('heading', { name: 'Check your e-mail' }).waitFor();
      await look(visitor, 'reset-asked');

      const link = await mailbox.linkTo(person.email);
      await page.goto(link);
      await look(visitor, 'reset-password');
      const field = page.getByLabel('New password');
      await field.fill('1234567');
      await field.evaluate((input) => input.form.setAttribute('novalidate', '')).catch(() => {});
      if (javaScriptEnabled) {
        await page.getByRole('button', { name: 'Set the password' }).click();
        assert.match(await page.getByRole('alert').innerText(), /at least 8 characters/);
        await look(visitor, 'reset-password-short');
      }
      await page.getByLabel('New password').fill(NEW);
      await page.getByRole('button', { name: 'Set the password' }).click();
      await page.getByRole('heading', { name: 'Your new password is set' }).waitFor();
      await look(visitor, 'password-set');
      await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
      await visitor.signIn({ ...person, password: NEW });
      await page.getByText(person.email).first().waitFor();

      await page.goto(link);
      await page.getByRole('heading', { name: 'This link does not work any more' }).waitFor();
      await look(visitor, 'dead-link');
    });
  }

  test('the language can be changed on the way, and the keyboard is enough', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    const { page } = visitor;
    await page.goto(`${scene.server.issuer}/forgot-password`);
    await page.locator('input[type="email"]:focus').waitFor();
    await page.keyboard.type(person.email);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Check your e-mail' }).waitFor();
    await page.goto(await mailbox.linkTo(person.email));
    await page.getByRole('link', { name: 'Français' }).click();
    await page.getByRole('heading', { name: 'Choisissez un nouveau mot de passe' }).waitFor();
    await look(visitor, 'reset-password-fr');
    await page.getByLabel('Nouveau mot de passe').focus();
    await page.keyboard.type(NEW);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Votre nouveau mot de passe est défini' }).waitFor();
  });

  test('an address is proven', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    const { page } = visitor;
    await page.goto(`${scene.server.issuer}/verify-email`);
    await visitor.signIn(person);
    await look(visitor, 'verify-email');
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByRole('heading', { name: 'Check your e-mail' }).waitFor();
    await look(visitor, 'verify-asked');
    await page.goto(await mailbox.linkTo(person.email));
    await look(visitor, 'verify-confirm');
    await page.getByRole('button', { name: 'Confirm the address' }).click();
    await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor();
    await look(visitor, 'verified');
  });
});
