// Forms that are answered where they stand: form[data-exchange] is sent in the background, and the element it names (or
// without a name the dialog it is in) is exchanged for the one in the answer. An answer that leads elsewhere is followed.
// Without scripts the answer is a page like any other.

import { toast } from "./toast.js";

export function exchanging(root, parts) {
  root.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches?.("form[data-exchange]")) return;
    const button = event.submitter;
    if ((button?.formMethod || form.method) !== "post") return;
    const id = form.dataset.exchange;
    const shown = id ? document.getElementById(id) : form.closest("dialog [data-dialog-body]");
    if (!shown) return;
    event.preventDefault();
    waiting(button, true);
    try {
      const body = new URLSearchParams(new FormData(form, button));
      const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } });
      if (answer.redirected) {
        location.href = answer.url;
        return;
      }
      exchange(shown, await answer.text(), form.dataset.then, parts);
    } catch {
      toast("Beckon could not be reached. Try again.");
    }
    waiting(button, false);
  });
}

function exchange(shown, text, then, parts) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const wanted = shown.id ? page.getElementById(shown.id) : page.querySelector("[data-dialog-body]");
  const fresh = document.adoptNode(wanted ?? page.querySelector("main > .card") ?? page.body);
  if (!shown.id) fresh.dataset.dialogBody = "";
  for (const part of parts) part(fresh);
  shown.replaceWith(fresh);
  const next = fresh.querySelector("[role=alert]") ?? (then && document.getElementById(then)) ?? fresh;
  if (!next.hasAttribute("tabindex")) next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function waiting(button, on) {
  if (!button) return;
  button.disabled = on;
  button.toggleAttribute("aria-busy", on);
}
