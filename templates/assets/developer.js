// The form of an application says what is wrong with a field as soon as the reader leaves it: the server is asked, so that
// there is one set of rules. Without this script the form's button "Check" does the same.
"use strict";

const form = document.querySelector("form[data-check]");
/** Fields that the reader has been in: nothing is said about the others. */
const visited = new Set();
let asked = 0;
/** Ends when the pointer is up again: a message that came or went under a press would move the button away from it. */
let released = Promise.resolve();

/** Callback URLs that hold something: the server counts those alone. */
function filled() {
  return [...form.querySelectorAll("input[name=redirect_uri]")].filter((input) => input.value.trim() !== "");
}

function say(input, place, message) {
  if (place.textContent !== message) place.textContent = message;
  if (!input) return;
  if (message) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

function show(problems) {
  const first = (field, index = null) => problems.find((one) => one.field === field && one.index === index)?.message ?? "";
  for (const place of form.querySelectorAll("[data-problem]")) {
    const field = place.dataset.problem;
    if (field === "redirect_uri") continue;
    const name = field === "redirect_uris" ? "redirect_uri" : field;
    if (visited.has(name)) say(form.querySelector(`#${field}`), place, first(field));
  }
  const values = filled();
  for (const input of form.querySelectorAll("input[name=redirect_uri]")) {
    const at = values.indexOf(input);
    say(input, document.getElementById(`${input.id}-problem`), at < 0 ? "" : first("redirect_uris", at));
  }
}

async function check() {
  const question = ++asked;
  const body = new URLSearchParams(new FormData(form));
  body.set("csrf", form.dataset.checkCsrf);
  try {
    const response = await fetch(form.dataset.check, { method: "POST", body, headers: { accept: "application/json" } });
    if (!response.ok) return;
    const { problems } = await response.json();
    await released;
    if (question === asked) show(problems);
  } catch {
    // The server cannot be reached now; it checks everything again when the form is sent.
  }
}

if (form) {
  addEventListener("pointerdown", () => {
    released = new Promise((resolve) => {
      for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(resolve), { once: true });
    });
  });
  form.addEventListener("change", (event) => {
    visited.add(event.target.name);
    check();
  });
  form.addEventListener("focusout", (event) => {
    if (!event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select")) return;
    if (visited.has(event.target.name)) return;
    visited.add(event.target.name);
    check();
  });
}
