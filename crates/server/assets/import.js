// Imports a file while showing how far it has come: form[data-import] names the element that shows the report. The file is
// posted as it is; the answer is a line of JSON for each step, and at the end the report as HTML.

export function importing(root, parts) {
  root.addEventListener("submit", (event) => {
    const form = event.target.closest?.("form[data-import]");
    const file = form?.querySelector("input[type=file]")?.files[0];
    if (!file) return;
    event.preventDefault();
    run(form, file, parts);
  });
}

async function run(form, file, parts) {
  const into = document.getElementById(form.dataset.import);
  const shown = form.querySelector("[data-import-progress]");
  const bar = shown.querySelector("progress");
  const words = shown.querySelector("[role=status]");
  const button = form.querySelector("button");
  const say = (text) => (words.textContent = text);
  into.replaceChildren();
  shown.hidden = false;
  button.disabled = true;
  bar.removeAttribute("value");
  say("Uploading…");
  const end = { problem: "The import broke off. Import the file again: that does no harm." };
  try {
    const headers = { "content-type": "text/csv" };
    const to = new URL(form.action);
    const list = form.elements.list?.value.trim();
    if (list) to.searchParams.set("list", list);
    const answer = await fetch(to, { method: "POST", body: file, headers });
    if (answer.ok && answer.body && answer.headers.get("content-type")?.includes("ndjson")) {
      for await (const line of lines(answer.body)) {
        if (line.progress) tell(line.progress, bar, say);
        else Object.assign(end, { problem: undefined }, line);
      }
    } else if (answer.redirected) {
      location.href = answer.url;
    } else {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      end.problem = page.querySelector("[role=alert], main p")?.textContent.trim() || end.problem;
    }
  } catch {
    // What is in `end` says so.
  }
  button.disabled = false;
  shown.hidden = true;
  if (end.html) {
    const page = new DOMParser().parseFromString(end.html, "text/html");
    for (const part of parts) part(page);
    into.replaceChildren(...page.body.childNodes);
    form.reset();
  } else {
    into.replaceChildren(trouble(end.problem));
  }
}

function tell({ lines, created, updated, failed }, bar, say) {
  const done = created + updated + failed;
  bar.max = Math.max(lines, 1);
  bar.value = done;
  const number = (value) => value.toLocaleString("en");
  say(`${number(done)} of ${number(lines)} lines: ${number(created)} created, ${number(updated)} updated, ${number(failed)} failed`);
}

function trouble(text) {
  const note = document.createElement("div");
  note.className = "note bad";
  note.setAttribute("role", "alert");
  const inner = document.createElement("div");
  inner.append(Object.assign(document.createElement("strong"), { textContent: "Not imported" }));
  inner.append(Object.assign(document.createElement("p"), { textContent: text }));
  note.append(inner);
  return note;
}

// The lines of an answer, each read as JSON, as they come.
async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const whole = rest.split("\n");
    rest = whole.pop();
    for (const line of whole) if (line) yield JSON.parse(line);
  }
}
