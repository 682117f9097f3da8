// The form of a new ingest task: a CSV is shown as the server reads it, before it is sent.
import { $, say } from "./lib/dom.js";
import { t } from "./lib/texts.js";
import "./lib/more.js";
import "./lib/working.js";

// The beginning of a file that is shown to the server; encodings are found out by what stands in it.
const HEAD = 4 * 1024 * 1024;

const place = $("[data-csv]");
if (place) begin();

function begin() {
  const field = $("input[type=file]", place);
  const shown = $("[data-glimpse]", place);
  let asking = new AbortController();
  // The button for those without scripts; with them the file is shown at once.
  $("[data-check]")?.remove();

  field.addEventListener("change", () => show(field.files[0]));
  for (const type of ["dragenter", "dragover"]) {
    place.addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      place.classList.add("over");
    });
  }
  for (const type of ["dragleave", "drop"]) place.addEventListener(type, () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    field.files = event.dataTransfer.files;
    show(field.files[0]);
  });

  async function show(file) {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    shown.replaceChildren();
    shown.hidden = !file;
    if (!file) return;
    const nodes = await look(file, signal).catch(() => [line("wrong", t.noPreview)]);
    if (signal.aborted) return;
    shown.replaceChildren(...nodes);
    say(nodes[0]?.textContent ?? "");
  }
}

// The same button that those without scripts press: what it shows is what the server reads.
async function look(file, signal) {
  const form = new FormData();
  form.append("check", "yes");
  form.append("file", file.slice(0, HEAD), file.name);
  const answer = await fetch("/ingest", { method: "POST", body: form, signal });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const wrong = $("#hint-file.wrong", page);
  if (wrong) return [line("wrong", wrong.textContent)];
  return [...$("[data-glimpse]", page).children].filter((child) => !child.matches("[data-again]"));
}

function line(kind, text) {
  const told = document.createElement("p");
  told.className = kind;
  told.textContent = text;
  return told;
}
