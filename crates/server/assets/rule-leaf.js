// The controls of one condition of a rule. Each has a name for those who do not see it, and writes into the condition at
// once; `changed` is told, with true if the condition has to be drawn anew.

import { fresh, joined, kindOf, split } from "./rule-tree.js";

const KINDS = [
  ["prop", "Property"],
  ["visited", "Page visited"],
  ["intent", "Intent shown"],
  ["segment", "In a segment"],
  ["icp", "Ideal customer profile"],
  ["list", "On a list"],
];
const UNITS = [
  ["m", "minutes"],
  ["h", "hours"],
  ["d", "days"],
];
const TRAITS = ["contact.traits.", "company.traits."];

export function leafControls(node, words, subject, changed) {
  const kind = kindOf(node.leaf);
  const draw = (change) => (value) => {
    change(value);
    changed(true);
  };
  const controls = [
    select("Kind of condition", KINDS, kind, draw((value) => (node.leaf = fresh(value)))),
    select("Whether it must be so", [["", "must"], ["not", "must not"]], node.negated ? "not" : "", (value) => {
      node.negated = value === "not";
      changed(false);
    }),
  ];
  const leaf = { prop, visited, intent, segment, icp, list }[kind];
  return [...controls, ...leaf(node.leaf, words, subject, changed)];
}

function prop(leaf, words, subject, changed) {
  const trait = TRAITS.find((prefix) => String(leaf.prop).startsWith(prefix));
  const known = words.fields.find((field) => field.name === leaf.prop);
  const kind = known?.kind ?? "any";
  const fitting = words.fields.filter((field) => subject !== "company" || field.noun !== "Contact");
  const nouns = Map.groupBy ? Map.groupBy(fitting, (field) => field.noun) : grouped(fitting);
  const own = TRAITS.filter((prefix) => subject !== "company" || !prefix.startsWith("contact")).map((prefix) => [prefix, `Own trait of the ${prefix.split(".")[0]}`]);
  const options = [...nouns].map(([noun, fields]) => [noun, fields.map((field) => [field.name, capitalized(field.words)])]);
  options.push(["Own traits", own]);
  // A field the subject cannot have stays to be seen, with the server's word on it.
  if (!trait && !fitting.includes(known)) options.push(["Other", [[leaf.prop, String(leaf.prop)]]]);
  const controls = [
    select("Field", options, trait ?? leaf.prop, (value) => {
      leaf.prop = value;
      const field = words.fields.find((field) => field.name === value);
      const op = words.ops.find((op) => op.name === leaf.op);
      if (!op?.kinds.includes(field?.kind ?? "any")) setOp(leaf, words, "eq");
      if (field?.kind === "bool" && "value" in leaf) leaf.value = true;
      changed(true);
    }),
  ];
  if (trait) {
    controls.push(text("Name of the trait", leaf.prop.slice(trait.length), (value) => {
      leaf.prop = trait + value.trim();
      changed(false);
    }));
  }
  const ops = words.ops.filter((op) => op.kinds.includes(kind) || op.name === leaf.op).map((op) => [op.name, op.words]);
  controls.push(select("How it compares", ops, leaf.op, (value) => {
    setOp(leaf, words, value);
    changed(true);
  }));
  const takes = words.ops.find((op) => op.name === leaf.op)?.value;
  if (takes && takes !== "none") controls.push(value(leaf, takes, kind, changed));
  return controls;
}

function setOp(leaf, words, name) {
  const old = leaf.value;
  leaf.op = name;
  const takes = words.ops.find((op) => op.name === name)?.value;
  if (takes === "none") delete leaf.value;
  else if (takes === "list" || takes === "texts") leaf.value = Array.isArray(old) ? old : old === undefined || old === "" ? [] : [old];
  else leaf.value = (Array.isArray(old) ? old[0] : old) ?? "";
}

function value(leaf, takes, kind, changed) {
  const set = (read) => (typed) => {
    leaf.value = read(typed);
    changed(false);
  };
  if (kind === "bool") return select("Value", [["true", "yes"], ["false", "no"]], String(leaf.value), set((typed) => typed === "true"));
  const asTyped = (typed) => (kind === "number" || takes === "mark" ? number(typed) : typed);
  if (takes === "list" || takes === "texts") {
    const control = text("Values, with commas between them", joined(leaf.value), set((typed) => split(typed).map(asTyped)));
    control.placeholder = "vp, head, director";
    return control;
  }
  const shown = leaf.value === undefined ? "" : String(leaf.value);
  return text("Value", shown, set(asTyped));
}

// A number if it is one; what is not is for the server to refuse in words.
function number(typed) {
  const text = typed.trim();
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function visited(leaf, words, _, changed) {
  const path = text("Path of the page", leaf.visited?.path ?? "", (value) => {
    leaf.visited.path = value;
    changed(false);
  });
  path.placeholder = "/pricing";
  return [
    select("How the path compares", words.matches.map((way) => [way.name, way.words]), leaf.visited?.match ?? "contains", (value) => {
      leaf.visited.match = value;
      changed(false);
    }),
    path,
    ...limit(leaf, "count", "How often", "any number of times", "Times", "times", words, changed),
    ...within(leaf, changed),
  ];
}

function intent(leaf, words, _, changed) {
  const topics = text("Topics, with commas between them; empty for any topic", joined([leaf.intent?.topic ?? []].flat()), (value) => {
    leaf.intent.topic = split(value);
    changed(false);
  });
  topics.placeholder = "any topic";
  return [topics, ...limit(leaf, "score", "Which score", "any score", "Score", "", words, changed), ...within(leaf, changed)];
}

function segment(leaf, words, subject, changed) {
  const fitting = words.segments.filter((one) => one.subject === subject || one.id === String(leaf.segment));
  const options = [["", fitting.length ? "Choose a segment" : "There is no other segment"], ...fitting.map((one) => [one.id, `${one.name} (${one.id})`])];
  if (leaf.segment && !fitting.some((one) => one.id === String(leaf.segment))) options.push([String(leaf.segment), `Segment ${leaf.segment}`]);
  return [select("Segment", options, String(leaf.segment), (value) => {
    leaf.segment = value;
    changed(false);
  })];
}

function icp() {
  return [word("fit the profile in the settings")];
}

function list(leaf, words, subject, changed) {
  const fitting = words.lists.filter((one) => subject !== "company" || one.subject === "company" || one.id === leaf.list);
  const known = (one) => `${one.name} (${one.subject === "company" ? "companies" : "contacts"})`;
  const options = [["", fitting.length ? "Choose a list" : "There is no list"], ...fitting.map((one) => [one.id, known(one)])];
  if (leaf.list && !fitting.some((one) => one.id === leaf.list)) options.push([leaf.list, `List ${leaf.list}`]);
  return [select("List", options, String(leaf.list), (value) => {
    leaf.list = value;
    changed(false);
  })];
}

function limit(leaf, key, label, none, amountLabel, unit, words, changed) {
  const orders = [["", none], ...words.orders.map((order) => [order.name, order.words])];
  const controls = [select(label, orders, leaf[key]?.op ?? "", (value) => {
    if (value === "") delete leaf[key];
    else leaf[key] = { op: value, value: leaf[key]?.value ?? (key === "score" ? 70 : 3) };
    changed(true);
  })];
  if (!leaf[key]) return controls;
  const amount = text(amountLabel, String(leaf[key].value ?? ""), (value) => {
    leaf[key].value = number(value);
    changed(false);
  });
  amount.inputMode = "decimal";
  amount.classList.add("short");
  controls.push(amount);
  if (unit) controls.push(word(unit));
  return controls;
}

function within(leaf, changed) {
  const [, amount = "", unit = "d"] = /^([0-9]*)([mhd])$/.exec(leaf.within ?? "") ?? [];
  const now = { amount, unit };
  const set = () => {
    if (now.amount === "") delete leaf.within;
    else leaf.within = now.amount + now.unit;
    changed(false);
  };
  const field = text("Within how long; empty for any time", amount, (value) => {
    now.amount = value.trim();
    set();
  });
  field.inputMode = "numeric";
  field.placeholder = "any";
  field.classList.add("short");
  return [word("within"), field, select("Unit of time", UNITS, unit, (value) => {
    now.unit = value;
    set();
  })];
}

function word(words) {
  return Object.assign(document.createElement("span"), { textContent: words });
}

function text(label, value, set) {
  const field = Object.assign(document.createElement("input"), { type: "text", value, autocomplete: "off", spellcheck: false });
  field.setAttribute("aria-label", label);
  field.addEventListener("input", () => set(field.value));
  return field;
}

// Options are [value, words], or [label, options] for a group of them.
export function select(label, options, chosen, set) {
  const field = document.createElement("select");
  field.setAttribute("aria-label", label);
  for (const [value, words] of options) {
    if (!Array.isArray(words)) {
      field.append(new Option(words, value));
      continue;
    }
    const group = Object.assign(document.createElement("optgroup"), { label: value });
    for (const [value, shown] of words) group.append(new Option(shown, value));
    field.append(group);
  }
  field.value = chosen ?? "";
  field.addEventListener("change", () => set(field.value));
  return field;
}

function grouped(fields) {
  const nouns = new Map();
  for (const field of fields) nouns.set(field.noun, [...(nouns.get(field.noun) ?? []), field]);
  return nouns;
}

function capitalized(words) {
  return words[0].toUpperCase() + words.slice(1);
}
