// The page that shows every part of the stylesheet.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

let scene;
before(async () => {
  scene = await Scene.set({});
});
after(() => scene?.end());

test('every part of the stylesheet', { timeout: 60_000 }, async () => {
  const visitor = await scene.visitor();
  await visitor.page.goto(`${scene.server.issuer}/docs/style`);
  await visitor.page.getByRole('heading', { level: 1, name: 'Style' }).waitFor();
  await look(visitor, 'style');
  await scene.leave();
});

test('nothing moves for who wants no motion', { timeout: 60_000 }, async () => {
  const { page } = await scene.visitor();
  await page.goto(`${scene.server.issuer}/docs/style`);
  const moving = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('*')].flatMap((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        return /[1-9]/.test(transitionDuration) || animationName !== 'none' ? [element.outerHTML] : [];
      }),
    );
  assert.notDeepEqual(await moving(), []);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  assert.deepEqual(await moving(), []);
  await scene.leave();
});
