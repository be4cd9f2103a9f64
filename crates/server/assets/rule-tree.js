// A rule as the editor holds it: groups of nodes and conditions. A group is `all`, `any`, `none` or `notall` of its nodes;
// a condition can be negated. Reading and writing JSON keeps the meaning; where each node stands in the JSON is its pointer.

const NEGATED = { all: "notall", any: "none" };
const PLAIN = { notall: "all", none: "any" };

// Reads JSON; throws an Error in words if there is a node that cannot be shown. What is wrong inside a condition stays: the
// server says what.
export function read(json) {
  const node = readNode(json, false);
  return isGroup(node) ? node : { group: "all", nodes: [node] };
}

function readNode(json, negated) {
  if (!json || typeof json !== "object" || Array.isArray(json)) throw new Error("every node must be an object");
  if ("not" in json) return readNode(json.not, !negated);
  for (const group of ["all", "any"]) {
    if (!(group in json)) continue;
    if (!Array.isArray(json[group])) throw new Error(`${group} must be a list`);
    const nodes = json[group].map((node) => readNode(node, false));
    return { group: negated ? NEGATED[group] : group, nodes };
  }
  if (!kindOf(json)) throw new Error("there is a condition of an unknown kind");
  return { leaf: structuredClone(json), negated };
}

export function write(node) {
  if (!isGroup(node)) return node.negated ? { not: node.leaf } : node.leaf;
  const nodes = node.nodes.map(write);
  const plain = PLAIN[node.group];
  return plain ? { not: { [plain]: nodes } } : { [node.group]: nodes };
}

export function isGroup(node) {
  return "group" in node;
}

export function kindOf(leaf) {
  return ["prop", "visited", "intent", "segment", "icp", "list"].find((kind) => kind in leaf);
}

// A condition of that kind with nothing filled in yet but what is usual.
export function fresh(kind) {
  if (kind === "visited") return { visited: { path: "", match: "prefix" }, within: "7d" };
  if (kind === "intent") return { intent: { topic: [] }, within: "14d" };
  if (kind === "segment") return { segment: "" };
  if (kind === "icp") return { icp: true };
  if (kind === "list") return { list: "" };
  return { prop: "contact.title", op: "contains_any", value: [] };
}

// Every node with its parent and its JSON pointer, from the top.
export function* walk(node, parent = null, pointer = "", depth = 1) {
  yield { node, parent, pointer, depth };
  if (!isGroup(node)) return;
  const plain = PLAIN[node.group];
  const inside = plain ? `${pointer}/not/${plain}` : `${pointer}/${node.group}`;
  for (const [position, child] of node.nodes.entries()) {
    yield* walk(child, node, `${inside}/${position}`, depth + 1);
  }
}

export function parentOf(root, node) {
  for (const found of walk(root)) if (found.node === node) return found.parent;
  return null;
}

export function remove(root, node) {
  const parent = parentOf(root, node);
  parent?.nodes.splice(parent.nodes.indexOf(node), 1);
  return parent;
}

// Moves a node one place, into a group it meets and out of the one it leaves. Whether it moved.
export function move(root, node, by) {
  const parent = parentOf(root, node);
  if (!parent) return false;
  const at = parent.nodes.indexOf(node);
  const beside = parent.nodes[at + by];
  if (beside && isGroup(beside)) {
    parent.nodes.splice(at, 1);
    beside.nodes.splice(by > 0 ? 0 : beside.nodes.length, 0, node);
    return true;
  }
  if (beside) {
    parent.nodes.splice(at, 1);
    parent.nodes.splice(at + by, 0, node);
    return true;
  }
  const above = parentOf(root, parent);
  if (!above) return false;
  parent.nodes.splice(at, 1);
  above.nodes.splice(above.nodes.indexOf(parent) + (by > 0 ? 1 : 0), 0, node);
  return true;
}

// Several values in one line: commas between them, quotes around those that have a comma in them.
export function joined(values) {
  return (values ?? []).map((value) => (/[,"]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value))).join(", ");
}

export function split(text) {
  const values = text.match(/\s*"(?:[^"]|"")*"\s*|[^,\n]+/g) ?? [];
  const bare = (value) => (value.startsWith('"') && value.endsWith('"') && value.length > 1 ? value.slice(1, -1).replaceAll('""', '"') : value);
  return values.map((value) => bare(value.trim())).filter((value) => value !== "");
}
