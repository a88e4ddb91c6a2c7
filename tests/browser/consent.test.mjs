// Consent: what is asked, what is granted, what is remembered (A19, B4, B5, B6).

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';
import { CallbackApp } from '../harness/callback-app.mjs';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

const ALLOW = { name: 'Allow', exact: true };
// The label lies over its box, so that the whole line can be clicked: a click on the box is one on the label.
const THROUGH_LABEL = { force: true };
const DENY = { name: 'Don’t allow' };

const LOGO = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAMAAACdt4HsAAAACVBMVEUAAAD/9Na0UwnzMbIrAAAAP0lEQVR42u3TIQ4AMAgEMLb/P3qZIZNLQJGe' +
    'A1FBuNjFBAAAALQBqxhAAvee7/p/ngP4A4A6qzMAoM7qDOgEDoVLFUEOEFKyAAAAAElFTkSuQmCC',
  'base64',
);

/** An application whose logo lies on another server, and that server. */
async function pictured() {
  const pictures = createServer((_, response) => response.writeHead(200, { 'content-type': 'image/png' }).end(LOGO));
  await new Promise((listening) => pictures.listen(0, '127.0.0.1', listening));
  const application = {
    client_id: 'pictured',
    name: 'Pictured',
    redirect_uris: ['https://pictured.example/callback'],
    scope: 'rooms:list rooms:create',
    logo_url: `http://127.0.0.1:${pictures.address().port}/logo.png`,
  };
  return { application, pictures };
}

describe('consent', { timeout: 180_000 }, () => {
  let scene;
  let agenda;
  let front;
  let back;
  let pictures;
  before(async () => {
    const its = await pictured();
    pictures = its.pictures;
    front = await CallbackApp.start();
    back = await CallbackApp.start({ onward: front.redirectUri });
    const applications = {
      Agenda: ['standard', { 'homepage-url': 'https://app.example', 'policy-url': 'https://app.example/privacy' }],
      Phone: ['standard', { public: true }],
      Hop: ['standard', { 'redirect-uri': back.redirectUri }],
      Visio: ['meet', { scope: 'lasuite_visio lasuite_visio:rooms:list' }],
    };
    scene = await Scene.set(applications, {
      settings: { ANTEROOM_OUTBOUND__ALLOW_PRIVATE_TARGETS: '127.0.0.1' },
      declared: { applications: [its.application] },
    });
    agenda = scene.applications.Agenda;
  });
  afterEach(() => scene.leave());
  after(async () => {
    await scene?.end();
    await back.stop();
    await front.stop();
    pictures.close();
  });

  /** A new person who has signed in and stands before the application's request. */
  const asked = async (application, params, options) => {
    const person = scene.person();
    const visitor = await scene.visitor(options);
    await visitor.page.goto(application.request(params));
    await visitor.signIn(person);
    await visitor.page.getByRole('heading', { name: 'would like to use your account' }).waitFor();
    return { person, visitor, page: visitor.page };
  };

  const allow = async (page) => {
    await page.getByRole('button', ALLOW).click();
    return scene.callback.next();
  };

  const granted = async (application, { url }) => {
    assert.equal(url.searchParams.get('state'), application.state);
    assert.equal(url.searchParams.get('iss'), scene.server.issuer);
    const tokens = await application.exchange(url.searchParams.get('code'));
    const claims = JSON.parse(Buffer.from(tokens.access_token.split('.')[1], 'base64url'));
    assert.deepEqual(claims.scope.split(' ').sort(), (tokens.scope ?? claims.scope).split(' ').sort());
    return claims.scope.split(' ').sort();
  };

  for (const javaScriptEnabled of [true, false]) {
    test(`one permission unticked, with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, async () => {
      const { visitor, page } = await asked(agenda, {}, { javaScriptEnabled });
      const text = await page.locator('main').innerText();
      for (const shown of ['Added by the administrators of Anteroom', 'Website', 'Privacy policy', '127.0.0.1']) {
        assert.ok(text.includes(shown), `the page shows ${shown}`);
      }
      await look(visitor, 'consent');
      await page.locator('input[value="rooms:create"]').uncheck(THROUGH_LABEL);
      assert.deepEqual(await granted(agenda, await allow(page)), ['rooms:list']);
    });
  }

  test('who asks for everything there is, when all its words are long', async () => {
    const owner = 'wilhelmina@department-of-administrative-affairs.example';
    const maker = 'Wilhelmina Alexandrovna Featherstonehaugh-Cholmondeley of Administrative Affairs';
    scene.server.addUser(owner, 'a long enough password', '--developer', '--name', maker);
    const name = 'Atelier Calendar of the Department of Administrative Affairs and of the Regional Councils';
    const scope =
      'openid profile email offline_access rooms:list rooms:retrieve rooms:create rooms:update rooms:delete ' +
      'conferences.participants:write conferences.sessions.participants:read';
    const long = scene.server.addApplication(name, 'standard', {
      owner,
      scope,
      'redirect-uri': 'https://calendar.department-of-administrative-affairs.example/callback',
      'homepage-url': 'https://calendar.department-of-administrative-affairs.example',
      'policy-url': 'https://calendar.department-of-administrative-affairs.example/privacy',
    });
    const { visitor, page } = await asked(agenda, {
      client_id: long.client_id,
      redirect_uri: 'https://calendar.department-of-administrative-affairs.example/callback',
      scope,
    });
    const text = await page.locator('main').innerText();
    for (const shown of [name, maker, 'calendar.department-of-administrative-affairs.example', '30 days']) {
      assert.ok(text.includes(shown), `the page shows ${shown}`);
    }
    await look(visitor, 'consent-long');
  });

  test('the logo is this server’s own copy', async () => {
    const { visitor, page } = await asked(agenda, {
      client_id: 'pictured',
      redirect_uri: 'https://pictured.example/callback',
    });
    const logo = page.locator('img.tile');
    for (let tries = 0; tries < 50 && !(await logo.isVisible()); tries++) {
      await page.waitForTimeout(100);
      await page.reload();
    }
    assert.match(await logo.getAttribute('src'), /^\/logos\/[0-9a-f]+$/);
    const width = await logo.evaluate(async (image) => {
      await image.decode();
      return image.naturalWidth;
    });
    assert.equal(width, 64);
    await look(visitor, 'consent-logo');
  });

  test('"no" goes back as access_denied, with state and iss, and nothing is remembered', async () => {
    const { page } = await asked(agenda);
    await page.getByRole('button', DENY).click();
    const { url } = await scene.callback.next();
    assert.equal(url.searchParams.get('error'), 'access_denied');
    assert.equal(url.searchParams.get('state'), agenda.state);
    assert.equal(url.searchParams.get('iss'), scene.server.issuer);
    assert.equal(url.searchParams.get('code'), null);
    await page.goto(agenda.request());
    await page.getByRole('button', ALLOW).waitFor();
  });

  test('everything unticked is a "no"', async () => {
    const { page } = await asked(agenda);
    for (const box of await page.getByRole('checkbox').all()) await box.uncheck(THROUGH_LABEL);
    const { url } = await allow(page);
    assert.equal(url.searchParams.get('error'), 'access_denied');
  });

  test('what was allowed is not asked again, and later only what is new', async () => {
    const { visitor, page } = await asked(agenda, { scope: 'rooms:list' });
    assert.deepEqual(await granted(agenda, await allow(page)), ['rooms:list']);

    await page.goto(agenda.request({ scope: 'rooms:list' }));
    assert.deepEqual(await granted(agenda, await scene.callback.next()), ['rooms:list']);

    await page.goto(agenda.request({ scope: 'rooms:list rooms:delete' }));
    const boxes = await page.getByRole('checkbox').evaluateAll((all) => all.map((box) => box.value));
    assert.deepEqual(boxes, ['rooms:delete']);
    assert.match(await page.getByRole('region', { name: 'You already allowed' }).innerText(), /rooms:list/);
    await look(visitor, 'consent-new-permission');
    assert.deepEqual(await granted(agenda, await allow(page)), ['rooms:delete', 'rooms:list']);

    await page.goto(agenda.request({ scope: 'rooms:list rooms:delete' }));
    assert.deepEqual(await granted(agenda, await scene.callback.next()), ['rooms:delete', 'rooms:list']);
  });

  test('what was unticked is asked again', async () => {
    const { page } = await asked(agenda);
    await page.locator('input[value="rooms:create"]').uncheck(THROUGH_LABEL);
    await allow(page);
    await page.goto(agenda.request());
    const boxes = await page.getByRole('checkbox').evaluateAll((all) => all.map((box) => box.value));
    assert.deepEqual(boxes, ['rooms:create']);
  });

  test('prompt=consent asks for everything again', async () => {
    const { page } = await asked(agenda);
    await allow(page);
    await page.goto(agenda.request({ prompt: 'consent' }));
    assert.equal(await page.getByRole('checkbox').count(), 2);
  });

  test('a public client on loopback is asked about every time (RFC 8252 8.6)', async () => {
    const { Phone } = scene.applications;
    const { page } = await asked(Phone);
    await granted(Phone, await allow(page));
    await page.goto(Phone.request());
    assert.equal(await page.getByRole('checkbox').count(), 2);
  });

  test('a mandatory permission cannot be unticked and is granted', async () => {
    const { Visio } = scene.applications;
    const { visitor, page } = await asked(Visio, { scope: 'lasuite_visio lasuite_visio:rooms:list' });
    const mandatory = page.locator('input[value="lasuite_visio"]');
    assert.equal(await mandatory.isDisabled(), true);
    assert.equal(await mandatory.isChecked(), true);
    await look(visitor, 'consent-mandatory');
    const all = ['lasuite_visio', 'lasuite_visio:rooms:list'];
    assert.deepEqual(await granted(Visio, await allow(page)), all);
  });

  test('another account takes over, and the request is still there', async () => {
    const { visitor, page, person } = await asked(agenda);
    const other = scene.person();
    await page.getByRole('button', { name: 'Use another account' }).click();
    await page.getByLabel('Password').waitFor();
    await visitor.signIn(other);
    await page.getByRole('button', ALLOW).waitFor();
    const text = await page.locator('main').innerText();
    assert.ok(text.includes(other.email) && !text.includes(person.email));
    assert.deepEqual(await granted(agenda, await allow(page)), ['rooms:create', 'rooms:list']);
  });

  for (const [field, change] of [
    ['request', (value) => value.replace('rooms%3Acreate', 'rooms%3Adelete')],
    ['csrf', (value) => value.replace(/^./, (first) => (first === '0' ? '1' : '0'))],
  ]) {
    test(`a form with a changed ${field} does nothing`, async () => {
      const { visitor, page } = await asked(agenda);
      await page
        .locator(`form[action="/consent"] input[name="${field}"]`)
        .evaluate((input, value) => (input.value = value), await changed(page, field, change));
      await page.getByRole('button', ALLOW).click();
      await page.getByRole('heading', { name: 'This page has been open too long' }).waitFor();
      await look(visitor, 'error-form-expired');
    });
  }

  test('an application may send the user on from its redirect URI to another host of its own', async () => {
    const { page } = await asked(scene.applications.Hop, { redirect_uri: back.redirectUri });
    await page.getByRole('button', ALLOW).click();
    await page.getByRole('heading', { name: 'Back in the app' }).waitFor();
    assert.equal(page.url(), front.redirectUri);
    await front.next();
  });

  test('a ticked box for something never asked for grants nothing', async () => {
    const { page } = await asked(agenda, { scope: 'rooms:list' });
    await page.getByRole('checkbox').evaluate((box) => {
      const forged = box.cloneNode();
      forged.value = 'rooms:delete';
      box.after(forged);
    });
    assert.deepEqual(await granted(agenda, await allow(page)), ['rooms:list']);
  });
});

async function changed(page, field, change) {
  const before = await page.locator(`form[action="/consent"] input[name="${field}"]`).inputValue();
  const after = change(before);
  assert.notEqual(after, before);
  return after;
}
