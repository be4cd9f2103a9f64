// Opens the page behind a[data-dialog] in a dialog: the part of it that is marked [data-dialog-body]. Without scripts the
// link leads to that page. [data-confirm] on a form asks before it is sent.

export function dialogs(root, parts) {
  root.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[data-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    link.closest("details.menu")?.removeAttribute("open");
    await open(link, parts);
  });
  root.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-close]")) {
      const shown = event.target.closest("dialog");
      if (shown) {
        event.preventDefault();
        shown.close();
      }
    }
  });
  root.addEventListener("click", (event) => {
    for (const menu of root.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.removeAttribute("open");
    }
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = root.activeElement?.closest?.("details.menu[open]");
    menu?.removeAttribute("open");
    menu?.querySelector("summary")?.focus();
  });
}

async function open(link, parts) {
  let body;
  try {
    const answer = await fetch(link.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    body = page.querySelector("[data-dialog-body]");
  } catch {
    body = null;
  }
  if (!body) {
    location.href = link.href;
    return;
  }
  // One at a time: what was opened from a dialog takes its place.
  link.closest("dialog")?.close();
  const shown = document.createElement("dialog");
  const title = body.dataset.dialogTitle ?? link.textContent.trim();
  shown.setAttribute("aria-labelledby", "dialog-title");
  const head = document.createElement("div");
  head.className = "dialog-head";
  head.append(Object.assign(document.createElement("h2"), { id: "dialog-title", textContent: title }));
  const close = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: "×" });
  close.setAttribute("aria-label", "Close");
  close.dataset.close = "";
  head.append(close);
  shown.append(head, document.adoptNode(body));
  document.body.append(shown);
  for (const part of parts) part(shown);
  shown.addEventListener("close", () => {
    shown.remove();
    link.focus();
  });
  shown.showModal();
  shown.querySelector("[autofocus], input:not([type=hidden]), select, textarea, .primary")?.focus();
}
