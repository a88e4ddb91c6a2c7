// Looks at a page as a reader of every kind would: axe-core in light and dark on a phone and a desktop, nothing
// cut off down to 320 pixels (WCAG 1.4.10). With SCREENSHOTS set, keeps pictures there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
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

async function axe(session) {
  const run = `axe.run({ runOnly: ${JSON.stringify(TAGS)} }).then(({ violations, passes }) => ({
    passes: passes.length,
    violations: violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html) })),
  }))`;
  return evaluate(session, run);
}

/** Until nothing moves: a transition that another one replaces is cancelled, and its promise rejected. */
const STILL = `(async () => {
  while (document.getAnimations().length > 0) {
    await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
  }
})()`;

/** Checks the visitor's page as it stands; `name` names its pictures. */
export async function look({ context, page, javaScriptEnabled }, name) {
  // axe-core is a script; the same pages are looked at where scripts may run.
  if (!javaScriptEnabled) return;
  const session = await context.newCDPSession(page);
  const before = page.viewportSize();
  await evaluate(session, `${axeSource};0`);
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await evaluate(session, STILL);
      const { passes, violations } = await axe(session);
      assert.deepEqual(violations, [], `axe-core on ${name}, ${size.width}, ${colorScheme}`);
      assert.ok(passes > 10, 'axe-core found something to check');
      if (process.env.SCREENSHOTS) {
        const path = join(process.env.SCREENSHOTS, `${name}-${size.width}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true });
      }
    }
  }
  await page.setViewportSize(NARROWEST);
  const width = await evaluate(session, 'document.documentElement.scrollWidth');
  assert.ok(width <= NARROWEST.width, `${name} is ${width} pixels wide in a window of ${NARROWEST.width}`);
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
  await session.detach();
}
