// Permission boxes: a general permission ticks what it stands for, at once, and goes when one of these does. Without this
// script the server does the same when the form is sent.
"use strict";

for (const form of document.querySelectorAll("form:has([data-general])")) {
  form.addEventListener("change", ({ target }) => {
    const parts = [...form.querySelectorAll("[data-general]:not(:disabled)")];
    for (const part of parts.filter(({ dataset }) => dataset.general === target.value)) part.checked = target.checked;
    if (target.dataset.general === undefined || target.checked) return;
    const general = [...form.querySelectorAll("[type=checkbox]")].find(({ value }) => value === target.dataset.general);
    if (general) general.checked = false;
  });
}
