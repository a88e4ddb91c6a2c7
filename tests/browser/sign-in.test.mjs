// Signing in (B1, B2, B7, B8, B11, A21).

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

const MOST_FAILURES = 3;
const WRONG = /don’t go together/;

describe('sign-in', { timeout: 120_000 }, () => {
  let scene;
  let agenda;
  before(async () => {
    const settings = { ANTEROOM_LIMITS__SIGN_IN_FAILURES_PER_ACCOUNT_AND_ADDRESS: `${MOST_FAILURES}` };
    scene = await Scene.set({ Agenda: ['standard', {}] }, { settings });
    agenda = scene.applications.Agenda;
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  for (const javaScriptEnabled of [true, false]) {
    test(`wrong password, then the right one, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const person = scene.person();
      const visitor = await scene.visitor({ javaScriptEnabled });
      const { page } = visitor;
      await page.goto(agenda.request());
      assert.match(await page.locator('main').innerText(), /to continue to Agenda/);
      await look(visitor, 'sign-in');

      await visitor.signIn({ ...person, password: 'not this one' });
      assert.match(await page.getByRole('alert').innerText(), WRONG);
      const email = page.getByLabel('E-mail address');
      assert.equal(await email.inputValue(), person.email, 'the address need not be typed again');
      assert.equal(await email.getAttribute('aria-invalid'), 'true');
      assert.equal(await page.getByLabel('Password').inputValue(), '');
      await look(visitor, 'sign-in-wrong-password');

      await visitor.signIn(person);
      await page.getByRole('heading', { name: 'Agenda would like to use your account' }).waitFor();
      const cookie = await visitor.cookie('anteroom_session');
      assert.equal(cookie.httpOnly, true);
      assert.equal(cookie.sameSite, 'Lax');
      await page.getByRole('button', { name: 'Allow', exact: true }).click();
      const { url } = await scene.callback.next();
      assert.equal((await agenda.exchange(url.searchParams.get('code'))).token_type, 'Bearer');
    });
  }

  test('an unknown address is answered like a wrong password', async () => {
    const visitor = await scene.visitor();
    await visitor.page.goto(`${scene.server.issuer}/login`);
    await visitor.signIn({ email: 'nobody@example.com', password: 'whatever it was' });
    assert.match(await visitor.page.getByRole('alert').innerText(), WRONG);
  });

  test('a session planted before the sign-in is not adopted, and a new one begins at each', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    const planted = 'se-planted-by-somebody-else';
    await visitor.context.addCookies([{ name: 'anteroom_session', value: planted, url: scene.server.issuer }]);
    const values = [planted];
    for (const _ of [1, 2]) {
      await visitor.page.goto(`${scene.server.issuer}/login`);
      await visitor.signIn(person);
      await visitor.page.getByText(`You are signed in as ${person.email}`).waitFor();
      values.push((await visitor.cookie('anteroom_session')).value);
    }
    assert.equal(new Set(values).size, 3);
    await look(visitor, 'home-signed-in');
  });

  test('the front page leads to the sign-in', async () => {
    const visitor = await scene.visitor();
    await visitor.page.goto(scene.server.issuer);
    await look(visitor, 'home');
    await visitor.page.getByRole('link', { name: 'Sign in' }).click();
    await visitor.page.getByLabel('Password').waitFor();
    await look(visitor, 'sign-in-without-application');
  });

  test('after many wrong passwords the page says how long to wait', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    await visitor.page.goto(`${scene.server.issuer}/login`);
    const notice = visitor.page.locator('#notice');
    for (let attempt = 0; attempt < MOST_FAILURES; attempt += 1) {
      await visitor.signIn({ ...person, password: `guess ${attempt}` });
      assert.match(await notice.innerText(), WRONG);
    }
    await visitor.signIn(person);
    assert.match(await notice.innerText(), /Too many attempts\. Wait/);
    await look(visitor, 'sign-in-too-many-attempts');
  });

  test('prompt=login asks somebody who is signed in for the password again', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    await visitor.page.goto(`${scene.server.issuer}/login`);
    await visitor.signIn(person);
    await visitor.page.getByText(`You are signed in as ${person.email}`).waitFor();
    await visitor.page.goto(agenda.request({ prompt: 'login' }));
    await visitor.page.getByRole('heading', { name: 'Is it still you?' }).waitFor();
    await look(visitor, 'sign-in-again');
    await visitor.signIn(person);
    await visitor.page.getByRole('heading', { name: 'Agenda would like to use your account' }).waitFor();
  });

  test('two tabs with a sign-in form: the second works after the first', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    const second = await visitor.context.newPage();
    for (const page of [visitor.page, second]) await page.goto(`${scene.server.issuer}/login`);
    await visitor.signIn(person);
    await visitor.page.getByText(`You are signed in as ${person.email}`).waitFor();
    visitor.page = second;
    await visitor.signIn(person);
    await visitor.page.getByText(`You are signed in as ${person.email}`).waitFor();
  });

  test('credentials in the address sign nobody in', async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    const query = new URLSearchParams(person);
    await visitor.page.goto(`${scene.server.issuer}/login?${query}`);
    await visitor.page.getByLabel('Password').waitFor();
    assert.equal(await visitor.cookie('anteroom_session'), undefined);
  });
});
