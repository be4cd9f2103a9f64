// Keeps what is marked [data-live] up to date: when the server says that something happened, the page is fetched again and
// those elements (each needs an id) are exchanged. Nothing moves while somebody works in it or has paused it.

const GAP_MS = 1000;
const AGAIN_MS = 5000;

export function live(root, parts) {
  if (!root.querySelector("[data-live]")) return;
  const mark = root.querySelector("[data-live-mark]");
  const state = { paused: false, waiting: false, again: false, last: 0 };
  const say = (on, text) => {
    if (!mark) return;
    mark.dataset.state = on ? "on" : "off";
    mark.textContent = text;
  };
  const listen = () => {
    const source = new EventSource(root.body.dataset.liveFrom);
    // What happened after the page was drawn, and before this, nobody told.
    source.onopen = () => {
      say(!state.paused, state.paused ? "Paused" : "Live");
      refresh();
    };
    source.onerror = () => say(false, "Connecting…");
    source.addEventListener("changed", () => refresh());
    addEventListener("pagehide", () => source.close());
  };
  const refresh = async () => {
    if (state.paused) return;
    // What is being fetched may have been drawn before this happened.
    if (state.waiting) {
      state.again = true;
      return;
    }
    state.waiting = true;
    state.again = false;
    const rest = state.last + GAP_MS - Date.now();
    if (rest > 0) await new Promise((done) => setTimeout(done, rest));
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer.ok && !answer.redirected) exchange(await answer.text());
    } catch {
      say(false, "Connecting…");
      setTimeout(refresh, AGAIN_MS);
    }
    state.last = Date.now();
    state.waiting = false;
    if (state.again) refresh();
  };
  const exchange = (text) => {
    if (state.paused) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const shown of root.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(shown.id);
      if (!fresh || inUse(shown) || shown.innerHTML === fresh.innerHTML) continue;
      for (const part of parts) part(fresh);
      keepOpen(shown, fresh);
      markNew(shown, fresh);
      shown.replaceWith(document.adoptNode(fresh));
    }
  };
  root.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-live-pause]");
    if (!button) return;
    state.paused = !state.paused;
    button.setAttribute("aria-pressed", String(state.paused));
    button.textContent = state.paused ? "Resume" : "Pause";
    say(!state.paused, state.paused ? "Paused" : "Live");
    if (!state.paused) refresh();
  });
  for (const button of root.querySelectorAll("[data-live-pause]")) button.hidden = false;
  listen();
}

// Somebody has opened something in it, selects text, or stands in it with the keyboard.
function inUse(shown) {
  const selection = getSelection();
  const selects = selection && !selection.isCollapsed && shown.contains(selection.anchorNode);
  const stands = shown.contains(document.activeElement) && document.activeElement !== shown;
  return selects || stands || shown.querySelector("details[open]:not([data-kept-open])") !== null;
}

// What somebody opened or closed stays so: details[data-kept-open] with an id.
function keepOpen(shown, fresh) {
  for (const details of shown.querySelectorAll("details[data-kept-open][id]")) {
    const same = [...fresh.querySelectorAll("details[data-kept-open]")].find((one) => one.id === details.id);
    if (same) same.open = details.open;
  }
}

// Rows that were not there before light up for a moment.
function markNew(shown, fresh) {
  const known = new Set([...shown.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
  if (!known.size) return;
  for (const row of fresh.querySelectorAll("[data-key]")) if (!known.has(row.dataset.key)) row.classList.add("fresh");
}
