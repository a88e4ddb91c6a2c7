// Headless Chromium, and visitors: browser profiles that complain when a page of ours makes the browser complain.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts the browser that the environment names, or Debian's. */
export function launch() {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** The sign-in form's words. */
const SIGN_IN = {
  en: { email: 'E-mail address', password: 'Password', submit: 'Sign in' },
  fr: { email: 'Adresse e-mail', password: 'Mot de passe', submit: 'Se connecter' },
};

/** A fresh profile with one page. What the browser complains about on pages of `origins` fails the test. */
export class Visitor {
  #complaints = [];

  static async open(browser, origins, options = {}) {
    const visitor = new Visitor();
    visitor.javaScriptEnabled = options.javaScriptEnabled ?? true;
    visitor.language = options.locale?.startsWith('fr') ? 'fr' : 'en';
    visitor.context = await browser.newContext({
      locale: 'en-GB',
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    visitor.context.setDefaultTimeout(15_000);
    visitor.context.on('weberror', (error) => visitor.#complaints.push(`${error.error()}`));
    visitor.context.on('console', (message) => {
      const ours = origins.some((origin) => message.location().url.startsWith(`${origin}/`));
      const refusal = message.text().startsWith('Failed to load resource: the server responded with a status of 4');
      if (message.type() === 'error' && ours && !refusal) visitor.#complaints.push(message.text());
    });
    visitor.page = await visitor.context.newPage();
    return visitor;
  }

  /** Fills in the sign-in form that is shown and sends it. */
  async signIn({ email, password }) {
    const words = SIGN_IN[this.language];
    await this.page.getByLabel(words.email).fill(email);
    await this.page.getByLabel(words.password).fill(password);
    await this.page.getByRole('button', { name: words.submit, exact: true }).click();
  }

  async cookie(name) {
    return (await this.context.cookies()).find((cookie) => cookie.name === name);
  }

  async close() {
    await this.context.close();
    assert.deepEqual(this.#complaints, []);
  }
}
