// The queue of uploads: a few at a time, with retries, pause, and a file's progress.
//
// A job is sent as a raw body to POST /upload/{tag}/{name}. Sending one again is harmless: the server
// knows the same bytes under the same name. So whatever breaks is simply sent once more.
const PARALLEL = 3;
const TRIES = 8;
const LONGEST_WAIT = 30_000;

let lastId = 0;

// Escaped as the server does it: the cookie of an upload link is for the tag's path to the letter.
const segment = (name) => encodeURIComponent(name).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

export class Queue extends EventTarget {
  jobs = new Map();
  paused = false;
  #window = [];
  #told = false;

  // Adds a file and gives its job. `key` is where a store keeps it, if any.
  add(tag, file, name = file.name, key = null) {
    lastId += 1;
    const job = { id: lastId, key, tag, name, file, size: file.size, state: "waiting", loaded: 0, tries: 0, note: "", xhr: null, timer: 0 };
    this.jobs.set(job.id, job);
    this.#changed();
    this.#fill();
    return job;
  }

  pause() {
    this.paused = true;
    for (const job of this.jobs.values()) if (job.state === "sending") this.#stop(job);
    this.#changed();
  }

  resume() {
    this.paused = false;
    this.wake();
  }

  // Sends at once what waits for its next try.
  wake() {
    for (const job of this.jobs.values()) {
      if (job.state === "waiting" && job.timer) {
        clearTimeout(job.timer);
        job.timer = 0;
      }
    }
    this.#fill();
    this.#changed();
  }

  retry(id) {
    const job = this.jobs.get(id);
    if (job?.state !== "failed") return;
    Object.assign(job, { state: "waiting", tries: 0, note: "" });
    this.#fill();
    this.#changed();
  }

  remove(id) {
    const job = this.jobs.get(id);
    if (!job) return;
    if (job.state === "sending") this.#stop(job);
    clearTimeout(job.timer);
    this.jobs.delete(id);
    this.dispatchEvent(new CustomEvent("removed", { detail: job }));
    this.#fill();
    this.#changed();
  }

  // Forgets what is stored.
  clear() {
    for (const [id, job] of this.jobs) if (job.state === "done") this.jobs.delete(id);
    this.#changed();
  }

  totals() {
    const sum = { count: 0, done: 0, failed: 0, active: 0, bytes: 0, loaded: 0 };
    for (const job of this.jobs.values()) {
      sum.count += 1;
      sum.bytes += job.size;
      if (job.state === "done") sum.done += 1;
      else if (job.state === "failed") sum.failed += 1;
      else sum.active += 1;
      sum.loaded += job.state === "done" ? job.size : job.loaded;
    }
    return sum;
  }

  // Bytes a second over the last few seconds.
  speed() {
    const now = performance.now();
    this.#window = this.#window.filter((mark) => now - mark.at < 4000);
    if (this.#window.length < 2) return 0;
    const bytes = this.#window.reduce((sum, mark) => sum + mark.bytes, 0);
    return (bytes * 1000) / Math.max(250, now - this.#window[0].at);
  }

  #stop(job) {
    const xhr = job.xhr;
    Object.assign(job, { state: "waiting", loaded: 0, xhr: null });
    xhr?.abort();
  }

  #fill() {
    if (this.paused || navigator.onLine === false) return;
    let sending = 0;
    for (const job of this.jobs.values()) if (job.state === "sending") sending += 1;
    for (const job of this.jobs.values()) {
      if (sending >= PARALLEL) return;
      if (job.state !== "waiting" || job.timer) continue;
      sending += 1;
      this.#send(job);
    }
  }

  #send(job) {
    const xhr = new XMLHttpRequest();
    Object.assign(job, { state: "sending", loaded: 0, note: "", xhr });
    xhr.open("POST", `/upload/${segment(job.tag)}/${segment(job.name)}`);
    xhr.setRequestHeader("Accept", "application/json");
    xhr.responseType = "json";
    xhr.upload.onprogress = (event) => {
      this.#window.push({ at: performance.now(), bytes: event.loaded - job.loaded });
      job.loaded = event.loaded;
      this.#changed();
    };
    xhr.onload = () => job.xhr === xhr && this.#answered(job, xhr);
    xhr.onerror = () => job.xhr === xhr && this.#again(job, 0, null);
    xhr.send(job.file);
    this.#changed();
  }

  #answered(job, xhr) {
    if (xhr.status >= 200 && xhr.status < 300) {
      Object.assign(job, { state: "done", xhr: null, file: null, note: xhr.response?.duplicate ? "same" : "stored", answer: xhr.response });
      this.dispatchEvent(new CustomEvent("stored", { detail: job }));
      this.#fill();
      this.#changed();
      return;
    }
    this.#again(job, xhr.status, xhr.response);
  }

  // What a busy server or a broken line has stopped is tried again, later each time; what the
  // server has refused is not.
  #again(job, status, problem) {
    const passing = status === 0 || status === 408 || status === 429 || status >= 500;
    job.tries += navigator.onLine === false ? 0 : 1;
    Object.assign(job, { xhr: null, loaded: 0 });
    if (!passing || status === 507 || job.tries >= TRIES) {
      job.state = "failed";
      job.note = problem?.detail ?? problem?.title ?? (status ? String(status) : "");
    } else {
      job.state = "waiting";
      job.note = "retrying";
      const wait = Math.min(LONGEST_WAIT, 500 * 2 ** job.tries) * (0.75 + Math.random() / 2);
      job.timer = setTimeout(() => {
        job.timer = 0;
        this.#fill();
      }, wait);
    }
    this.#fill();
    this.#changed();
  }

  #changed() {
    if (this.#told) return;
    this.#told = true;
    setTimeout(() => {
      this.#told = false;
      this.dispatchEvent(new Event("change"));
    }, 60);
  }
}
