// One file: the neighbours' pictures are fetched beforehand, Esc goes back to the tag, and a swipe
// turns the page on a phone. Arrow keys are links (app.js).
import { $, plainKey, typing } from "./lib/dom.js";

// A picture that can't be shown gives way to its thumbnail, which then is the sign for it.
const shown = $(".whole img");
const giveWay = () => {
  const thumb = `${location.pathname}/thumb`;
  if (shown.src.endsWith(thumb)) return;
  shown.parentElement.classList.add("sign");
  shown.src = thumb;
};
shown?.addEventListener("error", giveWay);
if (shown?.complete && shown.naturalWidth === 0) giveWay();

addEventListener("load", () => {
  for (const link of document.querySelectorAll(".turn")) new Image().src = `${link.pathname}/thumb`;
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && plainKey(event) && !typing(event)) $(".crumbs li:nth-child(2) a")?.click();
});

let from = null;
const stage = $(".stage");
stage?.addEventListener("touchstart", (event) => {
  from = event.touches.length === 1 ? event.touches[0] : null;
}, { passive: true });
stage?.addEventListener("touchend", (event) => {
  const to = event.changedTouches[0];
  if (!from || !to || (visualViewport?.scale ?? 1) > 1.05) return;
  const [x, y] = [to.clientX - from.clientX, to.clientY - from.clientY];
  if (Math.abs(x) > 60 && Math.abs(x) > 2 * Math.abs(y)) $(x > 0 ? ".turn.before" : ".turn.after")?.click();
});
