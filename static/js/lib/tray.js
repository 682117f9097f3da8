// Shows a queue: a line for each file that matters now, and the whole in one bar.
import { $, refresh, say } from "./dom.js";
import { count, duration, size, speed } from "./format.js";
import { t } from "./texts.js";

const WAITING_SHOWN = 40;
const DONE_SHOWN = 30;

export class Tray {
  #rows = new Map();
  #busy = false;
  #settled = 0;

  constructor(queue, { onIdle = refresh } = {}) {
    this.queue = queue;
    this.onIdle = onIdle;
    this.root = $("#tray");
    this.list = $("[data-queue]", this.root);
    this.summary = $("[data-summary]", this.root);
    this.bar = this.root.querySelector(":scope > progress");
    queue.addEventListener("change", () => this.#show());
    setInterval(() => this.#busy && this.#show(), 1000);
    this.root.addEventListener("click", (event) => this.#clicked(event));
    addEventListener("online", () => queue.wake());
    addEventListener("offline", () => this.#show());
  }

  #clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const id = Number(button.closest("[data-job]")?.dataset.job);
    if (button.matches("[data-pause]")) this.queue.pause();
    else if (button.matches("[data-resume]")) this.queue.resume();
    else if (button.matches("[data-retry]")) this.queue.retry(id);
    else if (button.matches("[data-drop]")) this.queue.remove(id);
    else if (button.matches("[data-close]")) this.#close();
  }

  #close() {
    this.queue.clear();
    this.root.hidden = true;
  }

  #show() {
    const { queue, root } = this;
    const totals = queue.totals();
    const settled = totals.done + totals.failed;
    if (totals.count === 0) root.hidden = true;
    else if (totals.active || settled > this.#settled) root.hidden = false;
    $("[data-pause]", root).hidden = queue.paused || !totals.active;
    $("[data-resume]", root).hidden = !queue.paused || !totals.active;
    this.bar.value = totals.bytes ? totals.loaded / totals.bytes : 0;
    this.summary.textContent = this.#line(totals);
    this.#lines();
    // A small upload is over before it was ever seen under way, so what counts is what has settled.
    this.#busy = totals.active > 0;
    if (this.#busy) return;
    if (settled > this.#settled) this.#finished(totals);
    this.#settled = settled;
  }

  #line(totals) {
    const parts = [`${count(totals.done)} / ${count(totals.count)}`];
    if (totals.failed) parts.push(`${count(totals.failed)} ${t.failed}`);
    if (!totals.active) return totals.failed ? parts.join(" · ") : `${parts[0]} · ${t.allDone}`;
    if (navigator.onLine === false) parts.push(t.offline);
    else if (this.queue.paused) parts.push(t.paused);
    else {
      const rate = this.queue.speed();
      if (rate) parts.push(speed(rate), `${duration((totals.bytes - totals.loaded) / rate)} ${t.left}`);
    }
    return parts.join(" · ");
  }

  // Rows of what moves, has failed, comes next, and was just stored; the rest is in the figures.
  #lines() {
    const by = { sending: [], failed: [], waiting: [], done: [] };
    for (const job of this.queue.jobs.values()) by[job.state].push(job);
    const shown = [...by.failed, ...by.sending, ...by.waiting.slice(0, WAITING_SHOWN), ...by.done.slice(-DONE_SHOWN).reverse()];
    const keep = new Set(shown.map((job) => job.id));
    for (const [id, row] of this.#rows) {
      if (keep.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    shown.forEach((job, at) => {
      const row = this.#row(job);
      if (this.list.children[at] !== row) this.list.insertBefore(row, this.list.children[at] ?? null);
    });
  }

  #row(job) {
    let row = this.#rows.get(job.id);
    if (!row) {
      row = $("#queue-row").content.firstElementChild.cloneNode(true);
      row.dataset.job = job.id;
      $(".job-name", row).textContent = job.name;
      $(".job-name", row).title = job.name;
      this.#rows.set(job.id, row);
      this.#picture(job, row);
    }
    row.className = `job ${job.state}`;
    $(".job-state", row).textContent = this.#state(job);
    $("progress", row).value = job.size ? job.loaded / job.size : 0;
    $("[data-retry]", row).hidden = job.state !== "failed";
    $("[data-drop]", row).hidden = job.state === "done";
    return row;
  }

  #picture(job, row) {
    const img = $(".job-thumb", row);
    if (!img || !job.file?.type?.startsWith("image/")) return;
    img.hidden = false;
    img.src = URL.createObjectURL(job.file);
    img.onload = () => URL.revokeObjectURL(img.src);
    img.onerror = () => {
      URL.revokeObjectURL(img.src);
      img.hidden = true;
    };
  }

  #state(job) {
    switch (job.state) {
      case "done":
        return t[job.note] ?? t.stored;
      case "failed":
        return job.note ? `${t.refused}: ${job.note}` : t.failed;
      case "sending":
        return `${size(job.loaded)} / ${size(job.size)}`;
      default:
        return job.note ? t[job.note] : size(job.size);
    }
  }

  #finished(totals) {
    say(this.#line(totals));
    this.onIdle(totals);
  }
}
