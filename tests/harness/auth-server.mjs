// A real auth-server for one test file: its own folder, port, database and Redis prefix, gone afterwards.

import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const repository = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
const targetFolder = process.env.CARGO_TARGET_DIR ?? join(repository, 'target');
const postgresUrl = process.env.TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const redisUrl = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
const START_MILLISECONDS = 30_000;
const STOP_MILLISECONDS = 10_000;

/** The ways of storing data that every test of a running server is repeated for. */
export const BACKENDS = ['SQLite, embedded', 'PostgreSQL and Redis'];

/** A port that nothing listened on a moment ago. */
export async function freePort() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Where cargo puts a debug binary of this workspace. */
function binary(name) {
  return join(targetFolder, 'debug', name);
}

function psql(statement) {
  execFileSync('psql', ['--quiet', '--dbname', postgresUrl, '--command', statement], { stdio: 'pipe' });
}

/** Starts a binary of this workspace in `folder` and waits until `url` answers; `stop()` ends it. */
export async function start(name, words, { folder, environment, url }) {
  const path = join(folder, `${name}-${randomUUID()}.log`);
  const log = openSync(path, 'w');
  const child = spawn(binary(name), words, { cwd: folder, env: environment, stdio: ['ignore', log, log] });
  const gone = new Promise((exited) => child.once('exit', exited));
  const deadline = Date.now() + START_MILLISECONDS;
  const ready = async () => (await fetch(url).catch(() => undefined))?.status === 200;
  while (!(await ready())) {
    if (Date.now() > deadline || child.exitCode !== null) {
      child.kill('SIGKILL');
      throw new Error(`${url} is not ready; ${name} wrote:\n${readFileSync(path, 'utf8')}`);
    }
    await sleep(50);
  }
  return {
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
      await gone;
      clearTimeout(late);
    },
  };
}

export class AuthServer {
  #running;
  #database;

  /**
   * A server that does not run yet, so that everything can be registered before its first request. Passkeys need a
   * `host` with a name.
   */
  static async prepare(backend, settings = {}, host = '127.0.0.1') {
    const server = new AuthServer();
    server.folder = mkdtempSync(join(tmpdir(), 'anteroom-test-'));
    const port = await freePort();
    server.issuer = `http://${host}:${port}`;
    server.environment = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      RUST_LOG: 'info',
      ISSUER_URL: server.issuer,
      LISTEN_ADDR: `127.0.0.1:${port}`,
      DATABASE_URL: `sqlite://${join(server.folder, 'anteroom.sqlite')}`,
      ...settings,
    };
    if (backend === BACKENDS[1]) {
      server.#database = `anteroom_test_${randomUUID().replaceAll('-', '')}`;
      psql(`CREATE DATABASE ${server.#database} TEMPLATE template0`);
      const url = new URL(postgresUrl);
      url.pathname = `/${server.#database}`;
      server.environment.DATABASE_URL = url.href;
      server.environment.REDIS_URL = redisUrl;
      server.environment.ANTEROOM_REDIS_PREFIX = server.#database;
    }
    return server;
  }

  /** Runs a command of the server and returns what it prints for machines. */
  command(...words) {
    const printed = execFileSync(binary('auth-server'), [...words, '--json'], {
      cwd: this.folder,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    return JSON.parse(printed);
  }

  addUser(email, password, ...more) {
    return this.command('user', 'add', '--email', email, '--password', password, ...more);
  }

  /** Registers an application; `options` become repeated options of the command. */
  addApplication(name, profile, options = {}) {
    const words = Object.entries(options).flatMap(([option, value]) =>
      value === true ? [`--${option}`] : [value].flat().flatMap((one) => [`--${option}`, one]),
    );
    return this.command('app', 'add', '--name', name, '--profile', profile, ...words);
  }

  /** Makes things match what is declared. */
  apply(declared) {
    const file = join(this.folder, 'declared.json');
    writeFileSync(file, JSON.stringify(declared));
    return this.command('apply', file);
  }

  addResource(name, url) {
    return this.command('resource', 'add', '--name', name, '--url', url);
  }

  async start() {
    const url = `${this.issuer}/health/ready`;
    this.#running = await start('auth-server', ['serve'], { ...this, url });
  }

  /** Stops the server and removes all it kept. */
  async remove() {
    await this.#running?.stop();
    if (this.#database) {
      psql(`DROP DATABASE ${this.#database} WITH (FORCE)`);
      const script = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end";
      execFileSync('redis-cli', ['-u', redisUrl, 'EVAL', script, '0', `*${this.#database}*`], { stdio: 'pipe' });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
