// The answer in the body of a POST (OAuth 2.0 Form Post Response Mode; A27).

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { look } from './support/look.mjs';
import { Scene } from './support/scene.mjs';

describe('form_post', { timeout: 120_000 }, () => {
  let scene;
  let agenda;
  before(async () => {
    scene = await Scene.set({ Agenda: ['standard', {}] });
    agenda = scene.applications.Agenda;
  });
  afterEach(() => scene.leave());
  after(() => scene?.end());

  const decide = async (button, options) => {
    const visitor = await scene.visitor(options);
    await visitor.page.goto(agenda.request({ response_mode: 'form_post' }));
    await visitor.signIn(scene.person());
    await visitor.page.getByRole('button', { name: button, exact: true }).click();
    return visitor;
  };

  const checked = ({ method, url, body, headers }) => {
    assert.equal(method, 'POST');
    assert.equal(url.search, '', 'nothing in the address');
    assert.equal(headers.referer, undefined);
    assert.equal(body.get('state'), agenda.state);
    assert.equal(body.get('iss'), scene.server.issuer);
    return body;
  };

  test('with JavaScript the page goes on by itself', async () => {
    await decide('Allow');
    const body = checked(await scene.callback.next());
    assert.ok((await agenda.exchange(body.get('code'))).access_token);
  });

  test('without JavaScript there is a button', async () => {
    const { page } = await decide('Allow', { javaScriptEnabled: false });
    await page.getByRole('heading', { name: 'Taking you back to Agenda' }).waitFor();
    await page.getByRole('button', { name: 'Continue' }).click();
    const body = checked(await scene.callback.next());
    assert.ok((await agenda.exchange(body.get('code'))).access_token);
  });

  test('a "no" comes the same way', async () => {
    await decide('Don’t allow');
    const body = checked(await scene.callback.next());
    assert.equal(body.get('error'), 'access_denied');
    assert.equal(body.get('code'), null);
  });

  test('the page reads well while it waits', async () => {
    const visitor = await scene.visitor();
    await visitor.page.route(/form-post/, (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
    await visitor.page.goto(agenda.request({ response_mode: 'form_post' }));
    await visitor.signIn(scene.person());
    await visitor.page.getByRole('button', { name: 'Allow', exact: true }).click();
    await visitor.page.getByRole('button', { name: 'Continue' }).waitFor();
    await look(visitor, 'form-post');
  });
});
