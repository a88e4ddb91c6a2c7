// The scene of a test file: a running server, an application waiting at its redirect URI, a browser, people.

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { AuthServer, BACKENDS, start } from '../../harness/auth-server.mjs';
import { CallbackApp } from '../../harness/callback-app.mjs';
import { Visitor, launch } from './browser.mjs';

const PASSWORD = 'a long enough password';

/** A registered application as its own code sees it. */
export class Application {
  constructor(server, callback, registration) {
    Object.assign(this, { server, callback, ...registration });
  }

  /** A new authorization request; `params` add to it, an undefined one is left out. */
  request(params = {}) {
    this.verifier = randomBytes(32).toString('base64url');
    this.state = randomBytes(8).toString('base64url');
    const url = new URL(`${this.server.issuer}/oauth2/authorize`);
    const all = {
      client_id: this.client_id,
      redirect_uri: this.callback.redirectUri,
      response_type: 'code',
      scope: 'rooms:list rooms:create',
      state: this.state,
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...params,
    };
    for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value);
    return url.href;
  }

  /** Gets tokens for a code, and returns the whole answer of the token endpoint. */
  async exchange(code) {
    const fields = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: this.callback.redirectUri,
      code_verifier: this.verifier,
      client_id: this.client_id,
      ...(this.client_secret && { client_secret: this.client_secret }),
    };
    const response = await fetch(`${this.server.issuer}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
    return response.json();
  }
}

export class Scene {
  #visitors = [];
  #running = [];

  /** `applications` maps names to [profile, options] for `app add`; the callback's redirect URI is a default. */
  static async set(
    applications,
    { backend = BACKENDS[0], settings, host, resourceUrl = 'https://rooms.example', declared } = {},
  ) {
    const scene = new Scene();
    scene.callback = await CallbackApp.start();
    scene.server = await AuthServer.prepare(backend, settings, host);
    scene.origins = [scene.server.issuer];
    scene.resource = scene.server.addResource('Rooms', resourceUrl);
    scene.applications = {};
    for (const [name, [profile, options]] of Object.entries(applications)) {
      const registration = scene.server.addApplication(name, profile, {
        'redirect-uri': scene.callback.redirectUri,
        scope: 'rooms:list rooms:create rooms:delete',
        ...options,
      });
      scene.applications[name] = new Application(scene.server, scene.callback, registration);
    }
    if (declared) scene.server.apply(declared);
    await scene.server.start();
    scene.browser = await launch();
    return scene;
  }

  /** Starts another server of this workspace beside ours; it is ready when `path` answers. */
  async start(name, origin, path, environment) {
    const running = await start(name, [], {
      folder: this.server.folder,
      environment: { PATH: process.env.PATH, LISTEN_ADDR: new URL(origin).host, ...environment },
      url: `${origin}${path}`,
    });
    this.#running.push(running);
    this.origins.push(origin);
  }

  /** Somebody with an account who has never been here before. */
  person() {
    const person = { email: `${randomUUID().slice(0, 8)}@example.com`, password: PASSWORD };
    this.server.addUser(person.email, person.password);
    return person;
  }

  async visitor(options) {
    const visitor = await Visitor.open(this.browser, this.origins, options);
    this.#visitors.push(visitor);
    return visitor;
  }

  /** Ends every visit; for `afterEach`. */
  async leave() {
    const visitors = this.#visitors.splice(0);
    for (const visitor of visitors) await visitor.close();
  }

  async end() {
    await this.browser?.close();
    await this.callback?.stop();
    for (const running of this.#running) await running.stop();
    await this.server?.remove();
  }
}
