// The rule editor: [data-rule-editor] holds the field in which the rule stands as JSON. That field stays what is sent; the
// editor draws it as groups and conditions, and writes it anew at every change. All of it works with the keyboard, and
// what changed is said to those who do not see it.

import { leafControls, select } from "./rule-leaf.js";
import { fresh, isGroup, kindOf, move, parentOf, read, remove, walk, write } from "./rule-tree.js";

const GROUPS = [
  ["all", "All of these hold"],
  ["any", "At least one of these holds"],
  ["none", "None of these holds"],
  ["notall", "Not all of these hold"],
];

export function ruleEditors(root) {
  for (const place of root.querySelectorAll("[data-rule-editor]")) new Editor(place).begin();
}

class Editor {
  constructor(place) {
    this.place = place;
    this.words = JSON.parse(place.dataset.ruleWords);
    this.json = place.querySelector("textarea");
    this.field = this.json.closest(".field");
    this.form = this.json.form;
    this.drawn = new Map();
    this.tree = make("div", "stack", { role: "group", "aria-label": "Rule" });
    this.said = make("p", "visually-hidden", { role: "status", "aria-live": "polite" });
    this.toggle = button("Edit as JSON", "small", () => this.turn());
    this.trouble = make("p", "muted small", {});
  }

  begin() {
    const head = make("div", "actions", {});
    head.append(this.toggle);
    this.place.prepend(this.tree, this.trouble, this.said);
    this.place.append(head);
    this.show(true);
    this.form.elements.subject?.addEventListener("change", () => this.asConditions && this.draw());
    // Live, the preview needs no button.
    for (const asking of this.form.querySelectorAll("[data-preview-button]")) asking.hidden = true;
    const preview = document.getElementById(this.form.dataset.previewInto);
    if (preview) new MutationObserver(() => this.showWrong(preview)).observe(preview, { childList: true });
    this.json.dispatchEvent(new Event("beckon:changed", { bubbles: true }));
  }

  turn() {
    this.show(!this.asConditions);
    if (this.asConditions) this.say("The rule is shown as conditions.");
    else this.json.focus();
  }

  show(asConditions) {
    this.trouble.textContent = "";
    if (asConditions) {
      try {
        this.root = read(JSON.parse(this.json.value));
      } catch (error) {
        asConditions = false;
        this.trouble.textContent = `This cannot be shown as conditions: ${error.message}`;
      }
    }
    this.asConditions = asConditions;
    this.tree.hidden = !asConditions;
    this.field.hidden = asConditions;
    this.toggle.textContent = asConditions ? "Edit as JSON" : "Edit as conditions";
    if (asConditions) {
      this.draw();
      this.write();
    }
  }

  // Writes the rule into its field, and has the preview look at it.
  write() {
    this.json.value = JSON.stringify(write(this.root), null, 2);
    this.json.dispatchEvent(new Event("beckon:changed", { bubbles: true }));
  }

  changed(anew) {
    if (anew) this.draw(true);
    this.write();
  }

  say(words) {
    this.said.textContent = words;
  }

  // Draws all of it. With `keep`, the control that has the focus has it again.
  draw(keep = false) {
    const focus = keep && this.focused();
    this.drawn.clear();
    this.depths = new Map([...walk(this.root)].map(({ node, depth }) => [node, depth]));
    this.tree.replaceChildren(this.group(this.root));
    if (focus) this.control(focus.node, focus.label)?.focus();
  }

  focused() {
    const here = document.activeElement;
    for (const [node, element] of [...this.drawn].reverse()) {
      if (element.contains(here)) return { node, label: here.getAttribute("aria-label") };
    }
    return null;
  }

  control(node, label) {
    const controls = [...(this.drawn.get(node)?.querySelectorAll("select, input, button") ?? [])];
    return controls.find((control) => control.getAttribute("aria-label") === label) ?? controls[0];
  }

  group(node) {
    const negative = node.group === "none" || node.group === "notall";
    const shown = make("fieldset", negative ? "rule-group not" : "rule-group", {});
    this.drawn.set(node, shown);
    shown.append(make("legend", "visually-hidden", {}, this.name(node)));
    const head = make("div", "rule-leaf", {});
    head.append(select("How the group holds", GROUPS, node.group, (value) => {
      node.group = value;
      this.changed(true);
    }));
    if (node !== this.root) head.append(this.handles(node, "group"));
    shown.append(head);
    for (const child of node.nodes) shown.append(isGroup(child) ? this.group(child) : this.leaf(child));
    if (!node.nodes.length) shown.append(make("p", "muted small", {}, "Nothing here yet."));
    const full = [...walk(this.root)].filter(({ node }) => !isGroup(node)).length >= this.words.limits.leaves;
    const deep = this.depths.get(node) + 3 > this.words.limits.depth;
    const foot = make("div", "actions", {});
    const add = button("Add condition", "small", () => this.add(node, { leaf: this.usual(), negated: false }));
    const nest = button("Add group", "small quiet", () => this.add(node, { group: "any", nodes: [{ leaf: this.usual(), negated: false }] }));
    add.disabled = full;
    nest.disabled = full || deep;
    foot.append(add, nest);
    shown.append(foot);
    return shown;
  }

  leaf(node) {
    const shown = make("div", "rule-leaf", { role: "group", "aria-label": this.name(node) });
    this.drawn.set(node, shown);
    shown.append(...leafControls(node, this.words, this.subject(), (anew) => this.changed(anew)), this.handles(node, "condition"));
    return shown;
  }

  handles(node, what) {
    const name = this.name(node);
    const handle = (sign, label, act) => {
      const made = button(sign, "small quiet", act);
      made.setAttribute("aria-label", `${label}: ${name}`);
      made.title = label;
      return made;
    };
    const box = make("span", "rule-handles", {});
    box.append(
      handle("↑", "Move up", () => this.move(node, -1)),
      handle("↓", "Move down", () => this.move(node, 1)),
      handle("×", `Remove ${what}`, () => this.remove(node)),
    );
    return box;
  }

  // What a node is called: its kind and its place among its siblings.
  name(node) {
    const parent = parentOf(this.root, node);
    const place = parent ? ` ${parent.nodes.indexOf(node) + 1} of ${parent.nodes.length}` : "";
    return `${isGroup(node) ? "Group" : "Condition"}${place}`;
  }

  subject() {
    return this.form.elements.subject?.value ?? "contact";
  }

  usual() {
    return this.subject() === "company" ? { prop: "company.domain", op: "in", value: [] } : fresh("prop");
  }

  add(group, node) {
    group.nodes.push(node);
    this.draw();
    this.write();
    this.control(isGroup(node) ? node.nodes[0] : node)?.focus();
    this.say(isGroup(node) ? "Group added." : "Condition added.");
  }

  move(node, by) {
    const direction = by < 0 ? "up" : "down";
    const moved = move(this.root, node, by);
    if (moved) {
      this.draw();
      this.write();
    }
    const handle = this.drawn.get(node)?.querySelectorAll(":scope > .rule-handles button, :scope > .rule-leaf > .rule-handles button")[by < 0 ? 0 : 1];
    handle?.focus();
    this.say(moved ? `Moved ${direction}: ${this.name(node)}.` : `It cannot move ${direction} any more.`);
  }

  remove(node) {
    const parent = parentOf(this.root, node);
    const at = parent.nodes.indexOf(node);
    remove(this.root, node);
    this.draw();
    this.write();
    this.control(parent.nodes[Math.min(at, parent.nodes.length - 1)] ?? parent)?.focus();
    this.say("Removed.");
  }

  // Shows what the server says of a node at that node.
  showWrong(preview) {
    if (!this.asConditions) return;
    for (const old of this.tree.querySelectorAll(".error")) old.remove();
    for (const field of this.tree.querySelectorAll("[aria-describedby]")) field.removeAttribute("aria-describedby");
    const places = [...walk(this.root)].filter(({ node }) => this.drawn.has(node));
    for (const [number, wrong] of [...preview.querySelectorAll("[data-wrong-at]")].entries()) {
      const at = wrong.dataset.wrongAt;
      const inside = places.filter(({ pointer }) => at === pointer || at.startsWith(`${pointer}/`));
      const place = inside.at(-1);
      if (!place || !(isGroup(place.node) || kindOf(place.node.leaf))) continue;
      const shown = this.drawn.get(place.node);
      shown.append(make("span", "error", { id: `rule-wrong-${number}` }, wrong.dataset.wrong));
      shown.setAttribute("aria-describedby", `rule-wrong-${number}`);
    }
  }
}

function make(name, className, attributes, text) {
  const element = document.createElement(name);
  element.className = className;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function button(words, className, act) {
  const made = make("button", className, { type: "button" }, words);
  made.addEventListener("click", act);
  return made;
}
