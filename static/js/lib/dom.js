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

// How to find this link, field or button in a fresh copy of the page.
function place(element) {
  const name = ["id", "href", "name", "data-copy"].find((attribute) => element.hasAttribute(attribute));
  const own = name ? `${element.localName}[${name}="${CSS.escape(element.getAttribute(name))}"]` : element.localName;
  const action = element.closest("form")?.getAttribute("action");
  return action ? `form[action="${CSS.escape(action)}"] ${own}` : own;
}

// Before a part of the page is replaced: remembers what in it has the focus. Call what is returned with the fresh
// part: the focus is where it was; at the heading where that is gone, so that Tab goes on from there.
export function keepFocus(part) {
  const focused = document.activeElement;
  if (!part?.contains(focused)) return () => {};
  const same = place(focused);
  return (fresh) => {
    const target = $(same, fresh) ?? $("main h1");
    if (target?.localName === "h1") target.tabIndex = -1;
    target?.focus({ preventScroll: true });
  };
}

// Puts a fresh copy of this page's content in place, and leaves scroll, focus and scripts as they are.
export async function refresh() {
  try {
    const fresh = (await page(location.href)).querySelector("main");
    fresh?.querySelector("[data-notice]")?.remove();
    if (fresh) {
      const refocus = keepFocus($("main"));
      $("main")?.replaceWith(fresh);
      refocus(fresh);
    }
    document.dispatchEvent(new CustomEvent("granary:refreshed"));
  } catch {
    // The old content stays; the next load has the new one.
  }
}
