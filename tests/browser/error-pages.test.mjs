// Error pages: no redirect to strangers, and an error number that leads an administrator to the cause (A1 to A3).

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

const CASES = [
  {
    name: 'unknown-client',
    at: ({ agenda }) => agenda.request({ client_id: 'nobody-knows-it' }),
    heading: 'We don’t know this app',
    reason: /nobody-knows-it/,
  },
  {
    name: 'no-client',
    at: ({ agenda }) => agenda.request({ client_id: undefined }),
    heading: 'We don’t know this app',
    reason: /client_id is missing/,
  },
  {
    name: 'bad-redirect',
    at: ({ agenda }) => agenda.request({ redirect_uri: 'https://attacker.example/callback' }),
    heading: 'We can’t send you back safely',
    reason: /redirect_uri differs at character/,
  },
  {
    name: 'disabled-application',
    at: ({ scene }) => scene.applications.Blocked.request(),
    heading: 'This app is switched off',
    reason: /disabled/,
  },
  {
    name: 'not-found',
    at: ({ scene }) => `${scene.server.issuer}/no/such/page`,
    heading: 'There is no such page',
    reason: /./,
  },
  {
    name: 'unknown-language',
    at: ({ scene }) => `${scene.server.issuer}/language?set=xx`,
    heading: 'We did not understand that',
    reason: /unknown language/,
  },
];

describe('error pages', { timeout: 120_000 }, () => {
  let scene;
  let agenda;
  before(async () => {
    scene = await Scene.set({ Agenda: ['standard', {}], Blocked: ['standard', {}] });
    agenda = scene.applications.Agenda;
    scene.server.command('app', 'disable', scene.applications.Blocked.client_id);
    await untilRefused(scene.applications.Blocked.request());
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  /** What an administrator finds under an error number; reports are written in the background. */
  const report = async (id) => {
    for (let tries = 0; tries < 50; tries += 1) {
      try {
        return scene.server.command('audit', 'show', id);
      } catch {
        await sleep(100);
      }
    }
    return assert.fail(`nothing is known under ${id}`);
  };

  test('a page for other roles', async () => {
    const visitor = await scene.visitor();
    await visitor.page.goto(`${scene.server.issuer}/admin/users`);
    await visitor.signIn(scene.person());
    await visitor.page.getByRole('heading', { level: 1, name: 'This page is not for your account' }).waitFor();
    await look(visitor, 'error-forbidden');
  });

  test('in French', async () => {
    const visitor = await scene.visitor({ locale: 'fr-FR' });
    await visitor.page.goto(agenda.request({ redirect_uri: 'https://attacker.example/callback' }));
    await visitor.page.getByRole('heading', { level: 1, name: 'Nous ne pouvons pas vous renvoyer' }).waitFor();
    await look(visitor, 'error-bad-redirect-fr');
  });

  for (const { name, at, heading, reason } of CASES) {
    test(name, async () => {
      const visitor = await scene.visitor();
      const { page } = visitor;
      const response = await page.goto(at({ scene, agenda }));
      assert.ok(response.status() >= 400 && response.status() < 500);
      assert.equal(response.request().redirectedFrom(), null);
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      const id = await page.locator('.error-id').innerText();
      assert.equal(id, response.headers()['x-error-id']);
      assert.match((await report(id)).reason, reason);
      await look(visitor, `error-${name}`);
    });
  }
});

/** A command beside a running server takes effect within a second. */
async function untilRefused(url) {
  const deadline = Date.now() + 1000;
  while ((await fetch(url, { redirect: 'manual' })).status === 303) {
    assert.ok(Date.now() < deadline, 'disabling takes effect within a second');
    await sleep(20);
  }
}
