// Small things that every script uses. Listeners sit on the document and look at what was hit, so a
// part of the page can be replaced without hanging them up anew.
export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

export function on(type, selector, handler) {
  document.addEventListener(type, (event) => {
    const hit = event.target instanceof Element ? event.target.closest(selector) : null;
    if (hit) handler(event, hit);
  });
}

// Tells what happened to those who can't see it.
let last = 0;
export function say(text) {
  const now = Date.now();
  const live = $("#live");
  if (!live || (live.textContent === text && now - last < 1000)) return;
  last = now;
  live.textContent = text;
}

// Whether keys belong to what is being typed into.
export function typing(event) {
  return event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea, select, dialog[open], [contenteditable]") !== null;
}

export const plainKey = (event) => !(event.ctrlKey || event.metaKey || event.altKey || event.isComposing);

export function cookie(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
}

// Fetches this page (or another) and gives its document.
export async function page(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Puts a fresh copy of this page's content in place, and leaves scroll and scripts as they are.
export async function refresh() {
  try {
    const fresh = (await page(location.href)).querySelector("main");
    fresh?.querySelector("[data-notice]")?.remove();
    if (fresh) $("main")?.replaceWith(fresh);
    document.dispatchEvent(new CustomEvent("granary:refreshed"));
  } catch {
    // The old content stays; the next load has the new one.
  }
}
