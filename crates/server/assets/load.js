// Fills what takes a while to work out: [data-load] names a page, [data-load-part] the part of it that is put there. One
// after the other, and only what can be seen. Without scripts the link inside leads to that page.

export function loading(root, parts) {
  const waiting = [];
  let busy = false;
  const next = async () => {
    if (busy) return;
    busy = true;
    while (waiting.length) await fill(waiting.shift(), parts);
    busy = false;
  };
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      waiting.push(target);
    }
    next();
  });
  for (const place of root.querySelectorAll("[data-load]")) seen.observe(place);
}

async function fill(place, parts) {
  place.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(place.dataset.load, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = answer.ok && page.querySelector(`[data-part="${place.dataset.loadPart}"]`);
    // What could not be loaded keeps its link.
    if (part) {
      for (const look of parts) look(part);
      place.replaceChildren(...part.childNodes);
    }
  } catch {
    // Likewise.
  }
  place.removeAttribute("aria-busy");
}
