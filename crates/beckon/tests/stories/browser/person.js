// How a person finds things on a page: by what is written on them. An open dialog covers the rest.

const tidy = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const plain = (text) => tidy(text).replace(/[\s*▾×]+$/u, "");
const shown = (element) =>
  element.getClientRects().length > 0 && element.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true });
const stage = () => [...document.querySelectorAll("dialog[open]")].pop() ?? document.body;
const referred = (element, attribute) =>
  (element.getAttribute(attribute) ?? "").split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");

// The smallest parts of the page in which `words` stand: rows, cards, groups of fields. What a list offers does not count.
function parts(words) {
  if (!words) return [stage()];
  const all = [...stage().querySelectorAll("tr, li, fieldset, section, form, details, article, dl, nav, figure, [role=group]")];
  const holding = all.filter((it) => shown(it) && (it.getAttribute("aria-label") === words || textOf(it).includes(words)));
  return holding.filter((it) => !holding.some((other) => other !== it && it.contains(other)));
}

// The first that there is in one of these parts.
function inParts(words, find) {
  for (const part of parts(words)) {
    const found = find(part);
    if (found) return found;
  }
  return null;
}

function textOf(element) {
  const offered = [...element.querySelectorAll("select")].map((list) => tidy(list.innerText)).filter(Boolean);
  const read = offered.reduce((text, list) => text.replace(list, " "), tidy(element.innerText));
  return tidy(read) + " " + fieldTexts(element);
}

const fieldTexts = (element) => [...element.querySelectorAll("input:not([type=hidden]), textarea")].map((it) => it.value).join(" ");

// What is written on a link or a button.
function nameOf(element) {
  if (element.hasAttribute("aria-labelledby")) return plain(referred(element, "aria-labelledby"));
  return plain(element.getAttribute("aria-label") || (element.matches("input") ? element.value : element.innerText));
}

// A link or a button, by what is written on it; the whole name before the beginning of one.
const thing = (words, within) => inParts(within, (scope) => thingIn(scope, words));

function thingIn(scope, words) {
  const kinds = "a[href], button, summary, [role=button], [role=tab], input[type=submit], input[type=button]";
  const found = [...scope.querySelectorAll(kinds)].filter((it) => shown(it) && !it.disabled);
  return found.find((it) => nameOf(it) === words) ?? found.find((it) => nameOf(it).startsWith(words)) ?? null;
}

function labelsOf(element) {
  const labels = [...(element.labels ?? [])].map((label) => plain(label.textContent));
  return [...labels, plain(element.getAttribute("aria-label")), plain(referred(element, "aria-labelledby"))].filter(Boolean);
}

// A field, by its label; the whole label before the beginning of one.
const field = (label, within) => inParts(within, (scope) => fieldIn(scope, label));

function fieldIn(scope, label) {
  const found = [...scope.querySelectorAll("input:not([type=hidden]), select, textarea")].filter((it) => {
    const seen = shown(it) || [...(it.labels ?? [])].some(shown);
    return seen && !it.disabled;
  });
  const by = (matches) => found.find((it) => labelsOf(it).some(matches));
  return by((it) => it === label) ?? by((it) => it.startsWith(label)) ?? null;
}

// Everything that can be read, with what stands in fields.
const text = () => tidy(document.body.innerText) + " " + tidy(fieldTexts(document.body));
