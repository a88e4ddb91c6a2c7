// English and French: by the browser's wish, by the application's, by the reader's own choice.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

describe('language', { timeout: 120_000 }, () => {
  let scene;
  let agenda;
  before(async () => {
    scene = await Scene.set({ Agenda: ['standard', {}] });
    agenda = scene.applications.Agenda;
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  const language = (page) => page.locator('html').getAttribute('lang');

  test('the browser’s wish is followed through the whole way', async () => {
    const visitor = await scene.visitor({ locale: 'fr-FR' });
    const { page } = visitor;
    const person = scene.person();
    await page.goto(agenda.request());
    assert.equal(await language(page), 'fr');
    await look(visitor, 'sign-in-french');
    await page.locator('#email').fill(person.email);
    await page.locator('#password').fill('faux');
    await page.locator('form[action="/login"] button').click();
    await page.getByRole('alert').waitFor();
    await look(visitor, 'sign-in-wrong-password-french');
    await page.locator('#password').fill(person.password);
    await page.locator('form[action="/login"] button').click();
    await page.getByRole('button', { name: 'Autoriser', exact: true }).waitFor();
    assert.equal(await language(page), 'fr');
    await look(visitor, 'consent-french');
  });

  test('the reader’s choice wins over the browser’s, stays, and keeps the request', async () => {
    const { page } = await scene.visitor({ locale: 'fr-FR' });
    await page.goto(agenda.request());
    await page.getByRole('link', { name: 'English' }).click();
    await page.getByText('to continue to Agenda').waitFor();
    assert.equal(await language(page), 'en');
    await page.goto(scene.server.issuer);
    assert.equal(await language(page), 'en');
    await page.getByRole('link', { name: 'Français' }).click();
    assert.equal(await language(page), 'fr');
  });

  test('the consent page can change its language', async () => {
    const visitor = await scene.visitor();
    const { page } = visitor;
    await page.goto(agenda.request());
    await visitor.signIn(scene.person());
    await page.getByRole('link', { name: 'Français' }).click();
    await page.getByRole('button', { name: 'Autoriser', exact: true }).click();
    const { url } = await scene.callback.next();
    assert.equal(url.searchParams.get('state'), agenda.state);
    assert.ok((await agenda.exchange(url.searchParams.get('code'))).access_token);
  });

  test('the application’s wish (ui_locales) wins over the browser’s', async () => {
    const { page } = await scene.visitor();
    await page.goto(agenda.request({ ui_locales: 'fr-CA en' }));
    assert.equal(await language(page), 'fr');
  });
});
