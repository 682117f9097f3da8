// One ingest task: its live part follows the server; everything else comes anew when the task's state changes.
import { $, keepFocus, refresh } from "./lib/dom.js";
import "./lib/more.js";
import "./lib/working.js";

let source = null;

function follow() {
  source?.close();
  source = null;
  const part = $("[data-events]");
  if (!part) return;
  source = new EventSource(part.dataset.events);
  source.addEventListener("live", (event) => {
    const refocus = keepFocus(part);
    // Rendered by the server from the page's own template, all values escaped.
    part.innerHTML = event.data;
    refocus(part);
  });
  source.addEventListener("over", async () => {
    source.close();
    // What was just done is still news when the task ends at once.
    const notice = $("main [data-notice]");
    await refresh();
    if (notice) $("main")?.prepend(notice);
  });
}

document.addEventListener("granary:refreshed", follow);
addEventListener("pagehide", () => source?.close());
follow();
