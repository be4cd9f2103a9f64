// Forms: filters that apply themselves, buttons that cannot be pressed twice, questions before what cannot be undone.

const TYPING_MS = 400;

// form[data-filters] is sent as soon as something in it changes; what is empty stays out of the address.
export function filtering(root) {
  const apply = (form) => {
    const address = new URL(form.action || location.href);
    address.search = "";
    for (const [name, value] of new FormData(form)) if (value) address.searchParams.append(name, value);
    location.href = address;
  };
  let waiting;
  root.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-filters]");
    if (!form || event.target.type !== "search") return;
    clearTimeout(waiting);
    waiting = setTimeout(() => apply(form), TYPING_MS * 2);
  });
  root.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-filters]");
    if (form) apply(form);
  });
  root.addEventListener("submit", (event) => {
    if (!event.target.matches?.("form[data-filters]")) return;
    event.preventDefault();
    apply(event.target);
  });
}

export function submitting(root) {
  root.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (question && !confirm(question)) event.preventDefault();
  });
}

export function busy(root) {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    const button = event.submitter;
    // Once it is on its way: a disabled button would not be sent along.
    setTimeout(() => {
      if (event.defaultPrevented || !button) return;
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
    });
  });
  // Who comes back by the history finds the page as it was left.
  addEventListener("pageshow", () => {
    for (const button of root.querySelectorAll("[aria-busy=true]")) {
      button.disabled = false;
      button.removeAttribute("aria-busy");
    }
  });
}

export function whenQuiet(action) {
  let waiting;
  return (...given) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => action(...given), TYPING_MS);
  };
}
