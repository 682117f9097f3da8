// The page for phones: what is taken is kept on the phone first, then sent; a lost network or a
// reload only delays it.
import { $, cookie } from "./lib/dom.js";
import { named, watch } from "./lib/drop.js";
import { Queue } from "./lib/queue.js";
import { forget, keep, kept } from "./lib/store.js";
import { Tray } from "./lib/tray.js";

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) cookie("tz", zone);

const tag = document.body.dataset.tag;

// An upload link carries its code behind the #, which no browser sends: it goes into the form that asks for it.
const form = $("[data-enter-form]");
// Whoever is in already needn't show it, and it isn't to stay in the address bar.
const code = location.hash.slice(1);
if (code) history.replaceState(null, "", location.pathname);
if (form && code) {
  form.elements.code.value = decodeURIComponent(code);
  form.requestSubmit();
}
if (!form) await start();

async function start() {
  const queue = new Queue();
  new Tray(queue, { onIdle: () => {} });

  const offline = $("#offline");
  const network = () => {
    offline.hidden = navigator.onLine !== false;
  };
  addEventListener("online", network);
  addEventListener("offline", network);
  network();

  queue.addEventListener("stored", (event) => forget(event.detail.key));
  queue.addEventListener("removed", (event) => forget(event.detail.key));

  // Only what could not be kept would be lost by leaving.
  addEventListener("beforeunload", (event) => {
    for (const job of queue.jobs.values()) if (job.key === null && job.state !== "done") event.preventDefault();
  });

  // A phone that wakes up goes on at once, not at the end of a back-off.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) queue.wake();
  });

  watch(async (files) => {
    for (const given of files) {
      const file = named(given);
      queue.add(tag, file, file.name, await keep(tag, file));
    }
  });

  for (const one of await kept(tag)) queue.add(tag, one.file, one.name, one.key);
}
