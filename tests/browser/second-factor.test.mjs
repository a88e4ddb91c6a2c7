// Second factors at the sign-in: setting one up where it is required, codes, recovery codes, passkeys (B1, B7, B8).

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { App, plugIn } from './support/authenticator.mjs';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

describe('second factor, required', { timeout: 240_000 }, () => {
  let scene;
  let agenda;
  before(async () => {
    const settings = { ANTEROOM_SIGN_IN__REQUIRE_SECOND_FACTOR: 'everyone' };
    scene = await Scene.set({ Agenda: ['standard', {}] }, { settings, host: 'localhost' });
    agenda = scene.applications.Agenda;
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  const heading = (page, name) => page.getByRole('heading', { name, level: 1 }).waitFor();

  /** Sets up an app on the page that asks for it; returns the app and the recovery codes. */
  const setUpApp = async (page) => {
    const app = new App(await page.locator('.secret-key').innerText());
    await page.locator('#code').fill(app.code());
    await page.locator('form:has(.secret-key) button').click();
    await page.locator('.recovery-codes').waitFor();
    const codes = await page.locator('.recovery-codes code').allInnerTexts();
    return { app, codes };
  };

  for (const javaScriptEnabled of [true, false]) {
    test(`an app: set up, sign in, recovery code, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const person = scene.person();
      const visitor = await scene.visitor({ javaScriptEnabled });
      const { page } = visitor;
      await page.goto(agenda.request());
      await look(visitor, 'sign-in-with-passkey-button');
      await visitor.signIn(person);
      await heading(page, 'Protect your account');
      await look(visitor, 'second-factor-set-up');
      await page.locator('#code').fill('000000');
      await page.getByRole('button', { name: 'Turn on' }).click();
      assert.match(await page.getByRole('alert').first().innerText(), /This code is not right/);
      await look(visitor, 'second-factor-set-up-wrong-code');
      assert.equal(await page.getByText('Passkeys need JavaScript').isVisible(), !javaScriptEnabled);
      const { app, codes } = await setUpApp(page);
      assert.equal(new Set(codes).size, 10);
      await look(visitor, 'recovery-codes');
      await page.getByRole('link', { name: 'I have kept them' }).click();
      await heading(page, 'Agenda would like to use your account');

      const again = await scene.visitor({ javaScriptEnabled });
      await again.page.goto(agenda.request());
      await again.signIn(person);
      await heading(again.page, 'One more step');
      assert.equal(await again.cookie('anteroom_session'), undefined);
      await look(again, 'second-factor-app');
      await again.page.getByLabel('Code from your authenticator app').fill('000000');
      await again.page.getByRole('button', { name: 'Continue', exact: true }).click();
      assert.match(await again.page.getByRole('alert').innerText(), /This code is not right/);
      await look(again, 'second-factor-wrong-code');
      await again.page.getByLabel('Code from your authenticator app').fill(app.code());
      await again.page.getByRole('button', { name: 'Continue', exact: true }).click();
      await heading(again.page, 'Agenda would like to use your account');

      const lost = await scene.visitor({ javaScriptEnabled });
      await lost.page.goto(agenda.request());
      await lost.signIn(person);
      await lost.page.getByText('Lost your phone or your passkey?').click();
      await look(lost, 'second-factor-recovery');
      await lost.page.getByLabel('Recovery code').fill(codes[4]);
      await lost.page.getByRole('button', { name: 'Continue with a recovery code' }).click();
      await heading(lost.page, 'Agenda would like to use your account');
      await lost.page.getByRole('button', { name: 'Allow', exact: true }).click();
      await scene.callback.next();
    });
  }

  test('a passkey: set up, second factor, instead of the password', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    const { page } = visitor;
    const key = await plugIn(visitor);
    await page.goto(agenda.request());
    await visitor.signIn(person);
    await heading(page, 'Protect your account');
    await page.getByLabel('Name of the passkey').fill('Work laptop');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await heading(page, 'Keep these recovery codes');
    const [credential] = await key.credentials();
    assert.equal(credential.isResidentCredential, true);
    assert.equal(credential.rpId, 'localhost');
    await page.getByRole('link', { name: 'I have kept them' }).click();
    await heading(page, 'Agenda would like to use your account');

    await page.goto(agenda.request({ prompt: 'login' }));
    await visitor.signIn(person);
    await heading(page, 'One more step');
    await look(visitor, 'second-factor-passkey');
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await heading(page, 'Agenda would like to use your account');

    await page.goto(agenda.request({ prompt: 'login' }));
    await heading(page, 'Is it still you?');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await heading(page, 'Agenda would like to use your account');
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    const { url } = await scene.callback.next();
    assert.equal((await agenda.exchange(url.searchParams.get('code'))).token_type, 'Bearer');
  });

  test('a device without a passkey says so, and the other ways stay', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    const { page } = visitor;
    const key = await plugIn(visitor);
    await page.goto(`${scene.server.issuer}/login`);
    await key.verify(false);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('Your device gave no passkey').waitFor();
    await look(visitor, 'sign-in-no-passkey');
    await visitor.signIn(person);
    await heading(page, 'Protect your account');
  });

  test('a passkey that the server no longer knows', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    const { page } = visitor;
    await plugIn(visitor);
    await page.goto(`${scene.server.issuer}/login`);
    await visitor.signIn(person);
    await page.getByLabel('Name of the passkey').fill('Lost key');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await heading(page, 'Keep these recovery codes');
    scene.server.command('user', 'reset-second-factor', person.email);
    await page.goto(`${scene.server.issuer}/login`);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    assert.match(await page.locator('#notice').innerText(), /did not work here/);
    await look(visitor, 'sign-in-passkey-refused');
    assert.equal((await visitor.cookie('anteroom_session'))?.value.length > 0, true, 'the old cookie stays, and is dead');
  });

  test('by keyboard alone, in French', async () => {
    const person = scene.person();
    const visitor = await scene.visitor({ locale: 'fr-FR' });
    const { page } = visitor;
    await page.goto(agenda.request());
    await page.keyboard.type(person.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(person.password);
    await page.keyboard.press('Enter');
    await heading(page, 'Protégez votre compte');
    await look(visitor, 'second-factor-set-up-french');
    const { app } = await setUpApp(page);
    await look(visitor, 'recovery-codes-french');

    const again = await scene.visitor({ locale: 'fr-FR' });
    await again.page.goto(agenda.request());
    await again.page.keyboard.type(person.email);
    await again.page.keyboard.press('Tab');
    await again.page.keyboard.type(person.password);
    await again.page.keyboard.press('Enter');
    await heading(again.page, 'Encore une étape');
    await look(again, 'second-factor-app-french');
    // The field has the focus.
    await again.page.keyboard.type(app.code());
    await again.page.keyboard.press('Enter');
    await heading(again.page, 'Agenda souhaite utiliser votre compte');
  });

  test('who waits too long starts over', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    const { page } = visitor;
    await page.goto(agenda.request());
    await visitor.signIn(person);
    await heading(page, 'Protect your account');
    await visitor.context.clearCookies({ name: 'anteroom_second_factor' });
    await page.reload();
    assert.match(await page.locator('#notice').innerText(), /starts over/);
    assert.match(await page.locator('main').innerText(), /to continue to Agenda/);
    await look(visitor, 'sign-in-starts-over');
  });
});
