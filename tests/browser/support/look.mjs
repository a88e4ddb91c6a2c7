// Looks at a page as a reader of every kind would: axe-core in light and dark on a phone and a desktop, nothing
// cut off down to 320 pixels (WCAG 1.4.10). With SCREENSHOTS set, keeps pictures there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// In the dark a page is the same page in other colours.
const RULES = {
  light: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
  dark: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
};
const SIZES = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
];
const NARROWEST = { width: 320, height: 640 };

/** Evaluates through the debugger, which the content policy does not hold up. */
async function evaluate(session, expression) {
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression,
    awaitPromise: true,
    returnByValue: true,
  });
  assert.equal(exceptionDetails, undefined, `${exceptionDetails?.exception?.description}`);
  return result.value;
}

/** Runs some rules of axe-core. */
async function axe(session, runOnly) {
  const run = `axe.run({ runOnly: ${JSON.stringify(runOnly)} }).then(({ violations, passes }) => ({
    passes: passes.length,
    violations: violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html) })),
  }))`;
  return evaluate(session, run);
}

/**
 * Until nothing moves: a transition that another one replaces is cancelled, and its promise rejected. Inside a closed
 * disclosure transitions begin and stand still.
 */
const STILL = `(async () => {
  const moving = () => document.getAnimations().filter(({ effect }) => effect.target.checkVisibility());
  while (moving().length > 0) await Promise.allSettled(moving().map((animation) => animation.finished));
})()`;

/** Tables with columns out of sight. */
const BESIDE = `[...document.querySelectorAll('.table-frame')]
  .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
  .map((frame) => frame.getAttribute('aria-label') + ' ' + frame.scrollWidth + ' > ' + frame.clientWidth)`;

/**
 * Checks the visitor's page as it stands; `name` names its pictures. The session stays attached: detaching it would
 * unplug a virtual authenticator.
 */
export async function look({ context, page, javaScriptEnabled }, name) {
  // axe-core is a script; the same pages are looked at where scripts may run.
  if (!javaScriptEnabled) return;
  const session = await context.newCDPSession(page);
  const before = page.viewportSize();
  await evaluate(session, `${axeSource};0`);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const colorScheme of Object.keys(RULES)) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await evaluate(session, STILL);
      const { passes, violations } = await axe(session, RULES[colorScheme]);
      assert.deepEqual(violations, [], `axe-core on ${name}, ${size.width}, ${colorScheme}`);
      const hidden = await evaluate(session, BESIDE);
      assert.ok(size.width < 1280 || hidden.length === 0, `tables of ${name} wider than their frame: ${hidden}`);
      assert.ok(passes > (colorScheme === 'light' ? 10 : 0), 'axe-core found something to check');
      if (process.env.SCREENSHOTS) {
        const path = join(process.env.SCREENSHOTS, `${name}-${size.width}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true });
      }
    }
  }
  await page.setViewportSize(NARROWEST);
  const width = await evaluate(session, 'document.documentElement.scrollWidth');
  assert.ok(width <= NARROWEST.width, `${name} is ${width} pixels wide in a window of ${NARROWEST.width}`);
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(before);
}
