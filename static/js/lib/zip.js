// The exact size of a large archive: the page leaves it out, because every row has to be read for it.
import { size } from "./format.js";

for (const link of document.querySelectorAll("[data-zip]")) {
  const figure = link.querySelector(".figure");
  if (figure.textContent.trim() === "") tell(link, figure);
}

async function tell(link, figure) {
  const answer = await fetch(link.href, { method: "HEAD" });
  const length = Number(answer.headers.get("Content-Length"));
  if (!answer.ok || !length) return;
  figure.textContent = size(length);
  if (link.title) link.title += size(length);
}
