// What people have in their pockets: an authenticator app (RFC 6238) and Chromium's virtual authenticator for passkeys.

import { createHmac } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP = 30;

/** An authenticator app with one account in it. */
export class App {
  #key;
  #lastStep = 0;

  /** Takes the key as a page shows it. */
  constructor(base32) {
    const bits = [...base32.replaceAll(' ', '')].map((digit) => ALPHABET.indexOf(digit).toString(2).padStart(5, '0'));
    this.#key = Buffer.from(
      bits
        .join('')
        .match(/.{8}/g)
        .map((byte) => parseInt(byte, 2)),
    );
  }

  /**
   * A code that was not used before: this step's, or the next one's, which a server takes as well. More than two in
   * half a minute there are not.
   */
  code() {
    const now = Math.floor(Date.now() / 1000 / STEP);
    this.#lastStep = Math.max(this.#lastStep + 1, now);
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(this.#lastStep));
    const hash = createHmac('sha1', this.#key).update(counter).digest();
    const number = hash.readUInt32BE(hash[19] & 15) & 0x7fffffff;
    return String(number % 1_000_000).padStart(6, '0');
  }
}

/** Plugs an authenticator into the visitor's page; it asks nobody anything. */
export async function plugIn({ context, page }, options = {}) {
  const session = await context.newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...options,
    },
  });
  return {
    credentials: async () =>
      (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    /** Whether it finds its owner from now on. */
    verify: (isUserVerified) =>
      session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
    add: (credential) => session.send('WebAuthn.addCredential', { authenticatorId, credential }),
  };
}
