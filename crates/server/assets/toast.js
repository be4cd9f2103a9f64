// Short messages that go away by themselves, unless they are being read.

const SHOWN_MS = 6000;

export function toasts(root) {
  for (const shown of root.querySelectorAll(".toast")) fade(shown);
  // What was said once is not said again when the page is loaded again or shared.
  const address = new URL(location.href);
  if (address.searchParams.has("said")) {
    address.searchParams.delete("said");
    history.replaceState(history.state, "", address);
  }
}

export function toast(text) {
  const shown = document.createElement("div");
  shown.className = "toast";
  shown.append(Object.assign(document.createElement("span"), { textContent: text }));
  document.querySelector(".toasts")?.append(shown);
  fade(shown);
}

function fade(shown) {
  const close = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
  close.setAttribute("aria-label", "Dismiss");
  close.addEventListener("click", () => shown.remove());
  shown.append(close);
  const go = () => (shown.matches(":hover, :focus-within") ? setTimeout(go, SHOWN_MS) : shown.remove());
  setTimeout(go, SHOWN_MS);
}
