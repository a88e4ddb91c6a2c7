// Passkeys (WebAuthn). A form with data-passkey is shown when the browser can, in place of the words that say what is
// missing; sending it asks the authenticator first, and the answer goes along in the field `answer`. The page brings the options, so that nothing is fetched.
"use strict";

const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

/** Base64url to bytes. */
function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}

/** Bytes to base64url. */
function base64url(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function options(form) {
  const publicKey = JSON.parse(new TextDecoder().decode(bytes(form.dataset.options)));
  publicKey.challenge = bytes(publicKey.challenge);
  if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
  for (const credential of [...(publicKey.allowCredentials ?? []), ...(publicKey.excludeCredentials ?? [])]) {
    credential.id = bytes(credential.id);
  }
  return { publicKey };
}

function answer({ id, rawId, type, response }) {
  const parts = PARTS.filter((part) => response[part]).map((part) => [part, base64url(response[part])]);
  return JSON.stringify({ id, rawId: base64url(rawId), type, response: Object.fromEntries(parts) });
}

async function send(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const failure = form.querySelector("[data-failure]");
  const button = form.querySelector("button");
  failure.hidden = true;
  button.disabled = true;
  try {
    form.elements.answer.value = answer(await navigator.credentials[form.dataset.passkey](options(form)));
    form.submit();
  } catch {
    // Cancelled, too late, or there is no such passkey here: browsers do not tell which.
    failure.hidden = false;
    button.disabled = false;
    button.focus();
  }
}

if (window.PublicKeyCredential) {
  for (const hint of document.querySelectorAll("[data-no-passkey]")) hint.hidden = true;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", send);
  }
}
