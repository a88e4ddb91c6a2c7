// The whole way by keyboard alone (WCAG 2.1.1, 2.4.1, 2.4.3, 2.4.7).

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Scene } from './support/scene.mjs';

/** The focused element: what it is, and whether a reader can see that it has the focus. */
const focused = (page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    const style = getComputedStyle(element);
    return {
      text: (element.innerText || element.value || element.id).trim(),
      value: element.value,
      visible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0,
    };
  });

describe('keyboard', { timeout: 120_000 }, () => {
  let scene;
  let agenda;
  before(async () => {
    scene = await Scene.set({ Agenda: ['standard', {}] });
    agenda = scene.applications.Agenda;
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  /** Presses Tab until `found` likes the focused element; everything on the way shows its focus. */
  const tabTo = async (page, found) => {
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab');
      const element = await focused(page);
      assert.ok(element.visible, `the focus can be seen on ${element.text}`);
      if (found(element)) return;
    }
    assert.fail('not reached by Tab');
  };

  test('sign in, untick one permission, allow', async () => {
    const person = scene.person();
    const { page } = await scene.visitor();
    await page.goto(agenda.request());
    await page.keyboard.type(person.email);
    await page.keyboard.press('Tab');
    await page.keyboard.type(person.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Agenda would like to use your account' }).waitFor();
    await tabTo(page, ({ value }) => value === 'rooms:create');
    await page.keyboard.press('Space');
    await tabTo(page, ({ text }) => text === 'Allow');
    await page.keyboard.press('Enter');
    const { url } = await scene.callback.next();
    assert.equal((await agenda.exchange(url.searchParams.get('code'))).scope, 'rooms:list');
  });

  test('the first stop skips to the content', async () => {
    const { page } = await scene.visitor();
    await page.goto(`${scene.server.issuer}/`);
    await page.keyboard.press('Tab');
    const link = await focused(page);
    assert.equal(link.text, 'Skip to the content');
    assert.ok(link.visible);
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'content');
  });
});
