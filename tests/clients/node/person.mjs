// A person with a browser that knows no JavaScript: follows redirects, keeps cookies, reads the HTML, fills in
// the forms that are there and submits them with every field a browser would send.

import assert from 'node:assert/strict';
import { parse } from 'node-html-parser';
import { CookieJar } from 'tough-cookie';

const MOST_STEPS = 12;

export class Person {
  #cookies = new CookieJar();

  constructor(email, password) {
    this.email = email;
    this.password = password;
  }

  /** Goes where the application sends them, signs in if asked, decides if asked; returns where they end up. */
  async authorize(authorizationUrl, { decision = 'allow', untick = [] } = {}) {
    const { origin } = authorizationUrl;
    let step = { url: authorizationUrl };
    for (let steps = 0; steps < MOST_STEPS; steps += 1) {
      if (step.url.origin !== origin) return step.url;
      const response = await this.#fetch(step);
      const location = response.headers.get('location');
      if (location) {
        assert.equal(response.status, 303, 'every redirect of a flow is a 303');
        step = { url: new URL(location, step.url) };
        continue;
      }
      step = this.#fillIn(parse(await response.text()), step.url, { decision, untick });
    }
    throw new Error(`still at ${step.url} after ${MOST_STEPS} steps`);
  }

  async #fetch({ url, body }) {
    const cookie = await this.#cookies.getCookieString(url.href);
    const response = await fetch(url, {
      method: body ? 'POST' : 'GET',
      body,
      headers: { accept: 'text/html', ...(cookie && { cookie }) },
      redirect: 'manual',
    });
    for (const header of response.headers.getSetCookie()) await this.#cookies.setCookie(header, url.href);
    return response;
  }

  #fillIn(page, url, { decision, untick }) {
    const title = page.querySelector('h1')?.textContent;
    const signIn = page.querySelector('form[action="/login"]');
    const consent = page.querySelector('form[action="/consent"]');
    const form = signIn ?? consent;
    assert.ok(form, `a page without a form we know: ${title}`);
    const values = signIn ? { email: this.email, password: this.password } : {};
    const fields = new URLSearchParams();
    for (const input of form.querySelectorAll('input')) {
      const [name, kind] = [input.getAttribute('name'), input.getAttribute('type') ?? 'text'];
      const value = input.getAttribute('value') ?? '';
      if (input.hasAttribute('disabled')) continue;
      if (kind === 'checkbox' && (!input.hasAttribute('checked') || untick.includes(value))) continue;
      fields.append(name, values[name] ?? value);
    }
    if (consent) {
      const button = form.querySelector(`button[name="decision"][value="${decision}"]`);
      fields.append(button.getAttribute('name'), button.getAttribute('value'));
    }
    return { url: new URL(form.getAttribute('action'), url), body: fields };
  }
}
