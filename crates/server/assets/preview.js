// Shows what the server says of a form while it is being filled in: [data-preview] names the address that answers with
// HTML, [data-preview-into] the element that shows it. On a form it sends the whole form, on a field only that field.

import { whenQuiet } from "./form.js";

export function previews(root) {
  const ask = whenQuiet(show);
  root.addEventListener("input", (event) => {
    const asking = event.target.closest?.("[data-preview]");
    if (asking) ask(asking);
  });
  root.addEventListener("beckon:changed", (event) => {
    const asking = event.target.closest?.("[data-preview]");
    if (asking) ask(asking);
  });
}

let latest = 0;

async function show(asking) {
  const into = document.getElementById(asking.dataset.previewInto);
  if (!into) return;
  const mine = ++latest;
  const form = asking.form ?? asking;
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && (asking === form || name === asking.name)) body.append(name, value);
  }
  into.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(asking.dataset.preview, { method: "POST", body, headers: { accept: "text/html" } });
    const text = await answer.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    if (mine === latest) into.replaceChildren(...page.body.childNodes);
  } catch {
    if (mine === latest) into.textContent = "The preview could not be loaded.";
  }
  into.removeAttribute("aria-busy");
}
