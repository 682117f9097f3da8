// Selecting: by the mark on a picture, by click while something is selected, Shift for a stretch,
// `a` for all, Esc for none. The bar's buttons are a plain form's; here they only come and go.
import { $, $$, on, plainKey, say, typing } from "./dom.js";
import { count, size } from "./format.js";
import { t } from "./texts.js";

const boxes = () => $$(".item input[name=ids]");
let anchor = null;
let whole = false;

function update() {
  const chosen = boxes().filter((box) => box.checked);
  const bar = $("[data-bar]");
  const all = $("[data-whole]");
  const active = chosen.length > 0;
  document.body.classList.toggle("selecting", active);
  whole = whole && active && all !== null;
  bar?.classList.toggle("active", active && !whole);
  if (all) {
    all.hidden = !whole;
    all.classList.toggle("active", whole);
  }
  if (!active || !bar) return;
  const bytes = chosen.reduce((sum, box) => sum + Number(box.closest(".item").dataset.size), 0);
  $("[data-count]", bar).textContent = `${count(chosen.length)} ${t.selected}`;
  $("[data-bytes]", bar).textContent = size(bytes);
}

function choose(box, checked, range) {
  const list = boxes();
  const from = range && anchor?.isConnected ? list.indexOf(anchor) : -1;
  const to = list.indexOf(box);
  if (from >= 0) for (const one of list.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = checked;
  else box.checked = checked;
  anchor = box;
  whole = false;
  update();
}

function all() {
  for (const box of boxes()) box.checked = true;
  // What isn't loaded yet is meant too.
  whole = $("[data-more]") !== null && $("[data-whole]") !== null;
  update();
  say(($("[data-whole]:not([hidden]) strong") ?? $("[data-count]"))?.textContent ?? "");
}

function none() {
  for (const box of boxes()) box.checked = false;
  anchor = null;
  whole = false;
  update();
  say(t.cleared);
}

// One stop of the Tab key a picture: its mark is ticked by `x` or Space on the picture.
function stops() {
  for (const box of boxes()) if (box.closest(".item").querySelector("a")) box.tabIndex = -1;
}

// The picture beside this one; above or below it, the one whose middle is nearest.
function beside(link, key) {
  const links = $$(".item a");
  const at = links.indexOf(link);
  if (key === "ArrowLeft") return links[at - 1];
  if (key === "ArrowRight") return links[at + 1];
  const from = link.getBoundingClientRect();
  const middle = from.left + from.width / 2;
  const isDown = key === "ArrowDown";
  let best = null;
  for (const one of isDown ? links.slice(at + 1) : links.slice(0, at).reverse()) {
    const box = one.getBoundingClientRect();
    if (isDown ? box.top < from.bottom : box.bottom > from.top) continue;
    if (best && (isDown ? box.top > best.top + 1 : box.bottom < best.bottom - 1)) break;
    const off = Math.abs(box.left + box.width / 2 - middle);
    if (!best || off < best.off) best = { one, off, top: box.top, bottom: box.bottom };
  }
  return best?.one;
}

on("click", ".item input[name=ids]", (event, box) => choose(box, box.checked, event.shiftKey));

on("click", ".item a", (event, link) => {
  const selecting = document.body.classList.contains("selecting");
  const meant = event.shiftKey || event.ctrlKey || event.metaKey;
  if (!selecting && !meant) return;
  event.preventDefault();
  const box = $("input[name=ids]", link.closest(".item"));
  choose(box, event.shiftKey ? true : !box.checked, event.shiftKey);
});

on("click", "[data-all]", all);
on("click", "[data-none]", none);

document.addEventListener("keydown", (event) => {
  if (!plainKey(event) || typing(event)) return;
  if (event.key === "a" && boxes().length) {
    event.preventDefault();
    all();
  } else if (event.key.startsWith("Arrow") && event.target.matches?.(".item a")) {
    const next = beside(event.target, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  } else if (event.key === "Delete") {
    // What can be undone by one click in the notice needs no question.
    const button = $(".bar.active [data-delete]");
    if (!button) return;
    event.preventDefault();
    button.click();
  } else if (event.key === "Escape" && document.body.classList.contains("selecting")) none();
  else if ((event.key === "x" || event.key === " ") && event.target.matches?.(".item a")) {
    event.preventDefault();
    const box = $("input[name=ids]", event.target.closest(".item"));
    choose(box, !box.checked, event.shiftKey);
  }
});

document.addEventListener("granary:more", () => {
  stops();
  if (!whole) return;
  for (const box of boxes()) box.checked = true;
  const bar = $("[data-whole]");
  if (bar) update();
});
document.addEventListener("granary:refreshed", () => {
  stops();
  update();
});

// Coming back by the history, the browser has kept what was ticked.
addEventListener("pageshow", update);
stops();
update();
