// The form of a new ingest task: a CSV is shown as it will be read, before it is sent.
import { $, say } from "./lib/dom.js";
import { glimpse } from "./lib/csv.js";
import { t } from "./lib/texts.js";
import "./lib/more.js";
import "./lib/working.js";

const place = $("[data-csv]");
if (place) begin();

function begin() {
  const field = $("input[type=file]", place);
  const shown = $("[data-glimpse]", place);
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
    shown.replaceChildren();
    shown.hidden = !file;
    if (!file) return;
    const { encoding, rows } = await glimpse(file);
    const told = document.createElement("p");
    told.textContent = rows.length ? `${encoding}${t.readLikeThis}` : `${encoding}${t.noRows}`;
    shown.append(told);
    if (rows.length) shown.append(table(rows));
    say(told.textContent);
  }

  // Text alone, never markup: what stands in a CSV comes from anywhere.
  function table(rows) {
    const whole = document.createElement("table");
    const line = (cells, kind) => {
      const row = document.createElement("tr");
      for (const cell of cells) {
        const place = document.createElement(kind);
        place.textContent = cell.length > 80 ? `${cell.slice(0, 80)}…` : cell;
        row.append(place);
      }
      return row;
    };
    const { uri, tag, description } = shown.dataset;
    whole.createTHead().append(line([uri, tag, description], "th"));
    whole.createTBody().append(...rows.map((row) => line(row, "td")));
    return whole;
  }
}
