// The console's outbox and webhooks.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

const PASSWORD = 'a long enough password';

/** A receiver of events that keeps what comes and answers with `status`. */
async function receiver() {
  const received = [];
  const running = { received, status: 200 };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes) => {
      body += bytes;
    });
    request.on('end', () => {
      received.push({ headers: request.headers, body: JSON.parse(body) });
      response.writeHead(running.status).end(running.status === 200 ? 'thank you' : 'not now');
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  running.url = `http://127.0.0.1:${server.address().port}/hook`;
  running.stop = () => new Promise((closed) => server.close(closed));
  return running;
}

describe('the console’s outbox and webhooks', { timeout: 180_000 }, () => {
  let scene;
  let hook;
  let admin;
  before(async () => {
    hook = await receiver();
    scene = await Scene.set({}, { settings: { ANTEROOM_OUTBOUND__ALLOW_PRIVATE_TARGETS: '127.0.0.1' } });
    admin = { email: 'admin@example.com', password: PASSWORD };
    scene.server.addUser(admin.email, admin.password, '--admin');
  });
  afterEach(() => scene.leave());
  after(async () => {
    await scene?.end();
    await hook?.stop();
  });

  async function administrator(path, options) {
    const visitor = await scene.visitor(options);
    await visitor.page.goto(`${scene.server.issuer}${path}`);
    await visitor.signIn(admin);
    return visitor;
  }

  test('a message that cannot be sent is handed on', async () => {
    const visitor = await administrator('/admin/outbox');
    const { page } = visitor;
    await page.getByText('There are no such messages.').waitFor();
    await look(visitor, 'outbox-empty');
    const person = scene.person();
    const other = await scene.visitor();
    await other.page.goto(`${scene.server.issuer}/forgot-password`);
    await other.page.getByLabel('E-mail address').fill(person.email);
    await other.page.getByRole('button', { name: 'Send the link' }).click();
    await page.goto(`${scene.server.issuer}/admin/outbox?state=kept`);
    while (!(await page.getByRole('link', { name: 'Choose a new password' }).isVisible())) await page.reload();
    await page.goto(`${scene.server.issuer}/admin/outbox`);
    await look(visitor, 'outbox');
    await page.getByRole('link', { name: 'Choose a new password' }).click();
    await look(visitor, 'outbox-message');
    const text = await page.locator('pre').innerText();
    await other.page.goto(text.match(/^http\S+$/m)[0]);
    await other.page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
    await page.getByRole('button', { name: 'Send it now' }).click();
    await page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
  });

  for (const javaScriptEnabled of [true, false]) {
    test(`a receiver, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const visitor = await administrator('/admin/webhooks', { javaScriptEnabled });
      const { page } = visitor;
      await look(visitor, 'webhooks');
      await page.getByRole('link', { name: 'Add a receiver' }).click();
      await look(visitor, 'webhook-new');
      await page.getByLabel('Address').fill('https://10.0.0.1/hook');
      await page.getByLabel('A user was added').check();
      await page.getByRole('button', { name: 'Add a receiver' }).click();
      await page.getByRole('alert').getByText('cannot be sent to this address').waitFor();
      assert.equal(await page.getByLabel('A user was added').isChecked(), true);
      await look(visitor, 'webhook-refused');
      await page.getByLabel('Address').fill(hook.url);
      await page.getByRole('button', { name: 'Add a receiver' }).click();
      assert.match(await page.getByLabel('Signing secret').inputValue(), /^whsec_/);
      await look(visitor, 'webhook-secret');
      await page.getByRole('link', { name: 'I have copied it' }).click();
      const before = hook.received.length;
      await page.getByRole('button', { name: 'Send a test' }).click();
      const delivered = page.getByRole('cell', { name: 'thank you' });
      while (!(await delivered.first().isVisible())) await page.reload();
      assert.equal(hook.received.length, before + 1);
      assert.equal(hook.received.at(-1).body.type, 'webhook.test');
      await look(visitor, 'webhook');
      await page.getByRole('button', { name: 'Replay webhook.test' }).click();
      while (hook.received.length < before + 2) await page.reload();
      assert.equal(hook.received.at(-1).headers['webhook-id'], hook.received.at(-2).headers['webhook-id']);
      hook.status = 503;
      await page.getByRole('button', { name: 'Send a test' }).click();
      const failing = page.getByRole('status').getByText('It has accepted nothing since');
      while (!(await failing.isVisible())) await page.reload();
      await page.getByText('not now').first().waitFor();
      await look(visitor, 'webhook-failing');
      hook.status = 200;
      const other = await visitor.context.newPage();
      await other.goto(page.url());
      await page.getByRole('button', { name: 'Turn off' }).click();
      await page.getByRole('button', { name: 'Turn on' }).waitFor();
      await look(visitor, 'webhook-off');
      await other.getByRole('button', { name: 'Send a test' }).click();
      await other.getByRole('alert').getByText('was turned off meanwhile').waitFor();
      await look({ ...visitor, page: other }, 'webhook-outdated');
      await other.close();
      await page.locator('.page-head').getByRole('link', { name: 'Webhooks' }).click();
      await look(visitor, 'webhooks-listed');
    });
  }

  test('in French', async () => {
    const visitor = await administrator('/admin/webhooks/new', { locale: 'fr-FR' });
    await visitor.page.getByRole('heading', { name: 'Ajouter un destinataire' }).waitFor();
    await look(visitor, 'webhook-new-fr');
    await visitor.page.goto(`${scene.server.issuer}/admin/outbox`);
    await visitor.page.getByRole('heading', { name: 'Boîte d’envoi' }).waitFor();
    await look(visitor, 'outbox-fr');
  });
});
