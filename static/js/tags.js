// The first page: files dropped anywhere are asked which tag they are for.
import { $ } from "./lib/dom.js";
import { watch } from "./lib/drop.js";
import { count } from "./lib/format.js";
import "./lib/more.js";
import { t } from "./lib/texts.js";
import { uploads } from "./lib/uploads.js";

// Whoever may only look has no dialog.
const dialog = $("#tag-dialog");
if (dialog) begin();

function begin() {
  const queue = uploads();
  const form = $("form", dialog);
  const wrong = $("[data-wrong]", dialog);
  let given = [];

  watch((files) => {
    given = files;
    $("[data-drop-count]", dialog).textContent = `${count(files.length)} ${files.length === 1 ? t.fileToUpload : t.filesToUpload}`;
    wrong.hidden = true;
    if (!dialog.open) dialog.showModal();
  });

  $("[data-close]", dialog).addEventListener("click", () => dialog.close());

  form.addEventListener("submit", (event) => {
    const tag = form.elements.tag.value.trim();
    const bytes = new TextEncoder().encode(tag.normalize("NFC")).length;
    // eslint-disable-next-line no-control-regex
    if (!tag || tag === "." || tag === ".." || bytes > 255 || /[/\\\u0000-\u001f\u007f-\u009f]/.test(tag)) {
      event.preventDefault();
      wrong.hidden = false;
      form.elements.tag.focus();
      return;
    }
    for (const file of given) queue.add(tag, file);
    given = [];
  });
}
