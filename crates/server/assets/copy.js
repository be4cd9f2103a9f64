// Copies a text: [data-copy] holds it, or names with [data-copy-from] the element that does.

import { toast } from "./toast.js";

export function copying(root) {
  root.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy], [data-copy-from]");
    if (!button) return;
    const from = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
    const text = from ? (from.value ?? from.textContent) : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
      toast("Copied");
    } catch {
      select(from ?? button);
      toast("Press Ctrl+C to copy");
    }
  });
}

// Where the browser keeps its clipboard closed, the text is at least selected.
function select(element) {
  const selection = getSelection();
  selection.removeAllRanges();
  const range = document.createRange();
  range.selectNodeContents(element);
  selection.addRange(range);
}
