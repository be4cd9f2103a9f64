// What the form of a webhook does beyond its HTML: boxes for groups of events and a search over them, rows that are added
// and taken away, segments added by name.

export function webhooks(root) {
  for (const tree of root.querySelectorAll("[data-tree]")) grow(tree);
  for (const rows of root.querySelectorAll("[data-rows]")) edit(rows);
  for (const picker of root.querySelectorAll("[data-segment-picker]")) pick(picker);
  for (const element of root.querySelectorAll("[data-without-scripts]")) element.hidden = true;
}

// A box for each group: ticked if all below it are, in between if some are.
function grow(tree) {
  const leaves = [...tree.querySelectorAll("[data-tree-leaf] input")];
  const groups = [];
  for (const group of tree.querySelectorAll("[data-tree-group]")) {
    const name = group.querySelector(".tree-name");
    const label = document.createElement("label");
    label.className = "choice";
    const box = Object.assign(document.createElement("input"), { type: "checkbox" });
    const words = document.createElement("span");
    words.append(...name.childNodes);
    label.append(box, words);
    name.replaceChildren(label);
    const below = [...group.querySelectorAll("[data-tree-leaf] input")];
    box.addEventListener("change", () => {
      for (const leaf of below) if (!leaf.closest("[data-tree-leaf]").hidden) leaf.checked = box.checked;
      show();
    });
    groups.push({ box, below });
  }
  const count = tree.querySelector("[data-tree-count]");
  const show = () => {
    for (const { box, below } of groups) {
      const ticked = below.filter((leaf) => leaf.checked).length;
      box.checked = ticked === below.length;
      box.indeterminate = ticked > 0 && ticked < below.length;
    }
    const ticked = leaves.filter((leaf) => leaf.checked).length;
    count.textContent = `${ticked} of ${leaves.length} events chosen`;
  };
  tree.addEventListener("change", show);
  show();
  search(tree);
}

function search(tree) {
  const field = tree.querySelector("[data-tree-search]");
  if (!field) return;
  field.hidden = false;
  field.querySelector("input").addEventListener("input", (event) => {
    event.stopPropagation();
    const wanted = event.target.value.trim().toLowerCase();
    for (const leaf of tree.querySelectorAll("[data-tree-leaf]")) {
      leaf.hidden = !leaf.textContent.toLowerCase().includes(wanted);
    }
    for (const group of tree.querySelectorAll("[data-tree-group]")) {
      group.hidden = !group.querySelector("[data-tree-leaf]:not([hidden])");
    }
  });
}

function edit(rows) {
  const add = rows.parentElement.querySelector("[data-row-add]");
  const remove = (row) => {
    const button = row.querySelector("[data-row-remove]");
    button.hidden = false;
    button.addEventListener("click", () => {
      if (rows.querySelectorAll("[data-row]").length > 1) row.remove();
      else for (const input of row.querySelectorAll("input")) input.value = "";
      add.focus();
    });
  };
  for (const row of rows.querySelectorAll("[data-row]")) remove(row);
  add.hidden = false;
  add.addEventListener("click", () => {
    const all = rows.querySelectorAll("[data-row]");
    const fresh = all[all.length - 1].cloneNode(true);
    fresh.querySelector(".error")?.parentElement.remove();
    for (const element of fresh.querySelectorAll("[aria-label]")) {
      element.setAttribute("aria-label", element.getAttribute("aria-label").replace(/\d+$/, String(all.length + 1)));
      element.removeAttribute("aria-invalid");
      element.removeAttribute("aria-describedby");
      if ("value" in element) element.value = "";
    }
    rows.append(fresh);
    remove(fresh);
    fresh.querySelector("input").focus();
  });
}

// Choosing a name adds its number to the text field, which is what is sent.
function pick(picker) {
  const into = document.getElementById(picker.dataset.segmentPicker);
  const input = picker.querySelector("input");
  if (!into) return;
  picker.hidden = false;
  const take = () => {
    const offered = [...picker.querySelectorAll("option")].find((option) => option.value === input.value);
    const number = offered?.value.match(/\((segment_\d+)\)$/)?.[1];
    if (!number) return;
    const there = into.value.split(/[\s,]+/).filter(Boolean);
    if (!there.includes(number)) into.value = [...there, number].join(" ");
    input.value = "";
    into.dispatchEvent(new Event("input", { bubbles: true }));
  };
  input.addEventListener("input", take);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    take();
  });
}
