// Signing out (B9).

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

describe('sign-out', { timeout: 120_000 }, () => {
  let scene;
  before(async () => {
    scene = await Scene.set({ Agenda: ['standard', {}] });
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  const signedIn = async () => {
    const person = scene.person();
    const visitor = await scene.visitor();
    await visitor.page.goto(`${scene.server.issuer}/login`);
    await visitor.signIn(person);
    await visitor.page.getByText(`You are signed in as ${person.email}`).waitFor();
    return { person, visitor, page: visitor.page };
  };

  test('a link alone signs nobody out: the page asks, and one may stay', async () => {
    const { person, visitor, page } = await signedIn();
    await page.goto(`${scene.server.issuer}/logout`);
    await page.getByRole('heading', { name: 'Sign out?' }).waitFor();
    await look(visitor, 'sign-out');
    await page.getByRole('link', { name: 'Stay signed in' }).click();
    await page.getByText(`You are signed in as ${person.email}`).waitFor();
  });

  test('afterwards the old cookie opens nothing', async () => {
    const { person, visitor, page } = await signedIn();
    const old = await visitor.cookie('anteroom_session');
    await page.goto(`${scene.server.issuer}/logout`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await look(visitor, 'signed-out');
    assert.equal(await visitor.cookie('anteroom_session'), undefined);

    await visitor.context.addCookies([old]);
    await page.goto(scene.applications.Agenda.request());
    await page.getByLabel('Password').waitFor();
    await page.goto(scene.server.issuer);
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    assert.ok(!(await page.content()).includes(person.email));
  });

  test('a form without its token signs nobody out', async () => {
    const { person, page } = await signedIn();
    await page.goto(`${scene.server.issuer}/logout`);
    await page.locator('form[action="/logout"] input[name="csrf"]').evaluate((input) => input.remove());
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'This page has been open too long' }).waitFor();
    await page.goto(scene.server.issuer);
    await page.getByText(`You are signed in as ${person.email}`).waitFor();
  });
});
