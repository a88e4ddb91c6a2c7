// A mail server for one test file (RFC 5321): takes every message, and keeps it.

import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const MOST_MILLISECONDS = 10_000;

/** The text of a message, its transfer encoding undone. */
function text(data) {
  const at = data.indexOf('\r\n\r\n');
  const head = data.slice(0, at).toLowerCase();
  const body = data.slice(at + 4);
  if (head.includes('content-transfer-encoding: base64')) return Buffer.from(body, 'base64').toString('utf8');
  if (!head.includes('content-transfer-encoding: quoted-printable')) return body;
  const octets = body
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 16)));
  return Buffer.from(octets, 'latin1').toString('utf8');
}

export class Smtp {
  #server;
  #messages = [];

  static async start() {
    const sink = new Smtp();
    sink.#server = createServer((socket) => sink.#talk(socket));
    await new Promise((listening) => sink.#server.listen(0, '127.0.0.1', listening));
    sink.url = `smtp://127.0.0.1:${sink.#server.address().port}`;
    return sink;
  }

  #talk(socket) {
    let waiting = '';
    let to = [];
    let data;
    const say = (line) => socket.write(`${line}\r\n`);
    const hear = (line) => {
      if (data !== undefined) {
        if (line === '.') {
          this.#messages.push({ to, text: text(data) });
          data = undefined;
          to = [];
          return say('250 taken');
        }
        data += `${line.replace(/^\./, '')}\r\n`;
        return undefined;
      }
      const word = line.slice(0, 4).toUpperCase();
      if (word === 'RCPT') to.push(line.match(/<(.*)>/)[1]);
      if (word === 'DATA') {
        data = '';
        return say('354 go on');
      }
      return say(word === 'QUIT' ? '221 bye' : '250 ok');
    };
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      waiting += bytes.toString('latin1');
      const lines = waiting.split('\r\n');
      waiting = lines.pop();
      for (const line of lines) hear(line);
    });
    say('220 sink ESMTP');
  }

  /** The newest message to an address, once there is one. */
  async messageTo(address) {
    const deadline = Date.now() + MOST_MILLISECONDS;
    for (;;) {
      const found = this.#messages.findLast(({ to }) => to.includes(address));
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`no message to ${address}`);
      await sleep(20);
    }
  }

  /** The link in the newest message to an address. */
  async linkTo(address) {
    const { text: words } = await this.messageTo(address);
    return words.match(/^https?:\S+$/m)[0];
  }

  async stop() {
    await new Promise((closed) => this.#server.close(closed));
  }
}
