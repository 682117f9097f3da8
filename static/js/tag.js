// A tag's page: files dropped anywhere go into this tag.
import { $ } from "./lib/dom.js";
import { watch } from "./lib/drop.js";
import "./lib/more.js";
import "./lib/select.js";
import { uploads } from "./lib/uploads.js";
import "./lib/zip.js";

// Whoever may only look has no tray.
if ($("#tray")) {
  const queue = uploads();
  watch((files) => {
    const tag = $("[data-tag]").dataset.tag;
    for (const file of files) queue.add(tag, file);
  });
}
