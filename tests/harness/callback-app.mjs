// The application's end of a redirect: a web server on loopback that keeps what browsers bring to /callback.

import { createServer } from 'node:http';

// It names an icon, so that the browser does not ask for one while our page, with its content policy, still stands.
const BACK = `<!doctype html><html lang="en"><title>Back in the app</title><link rel="icon" href="data:,">
<h1>Back in the app</h1>`;

export class CallbackApp {
  #server;
  #arrived = [];
  #waiting = [];
  #onward;

  /** With `onward`, a browser that came to /callback is sent on to that address. */
  static async start({ onward } = {}) {
    const app = new CallbackApp();
    app.#onward = onward;
    app.#server = createServer((request, response) => app.#answer(request, response));
    await new Promise((listening) => app.#server.listen(0, '127.0.0.1', listening));
    app.redirectUri = `http://127.0.0.1:${app.#server.address().port}/callback`;
    return app;
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.redirectUri);
    if (url.pathname !== '/callback') {
      response.writeHead(404).end();
      return;
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    if (this.#onward) response.writeHead(303, { location: this.#onward });
    else response.writeHead(200, { 'content-type': 'text/html' });
    response.end(BACK);
    this.#arrive({ method: request.method, url, body: new URLSearchParams(body), headers: request.headers });
  }

  #arrive(visit) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(visit);
    else this.#arrived.push(visit);
  }

  /** The next visit to the redirect URI, in the order they came. */
  async next() {
    return this.#arrived.shift() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
