// Buttons that copy. navigator.clipboard is missing on plain http beyond localhost, which is where
// most of these servers live; there a selected text area does it.
import { on, say } from "./dom.js";

async function put(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("copy");
}

on("click", "[data-copy]", async (_event, button) => {
  const label = button.querySelector("span");
  const before = label?.textContent ?? "";
  if (button.dataset.copied !== undefined) return;
  try {
    await put(button.dataset.copy);
  } catch {
    getSelection()?.selectAllChildren(button.parentElement);
    return;
  }
  button.dataset.copied = "";
  if (label) label.textContent = button.dataset.done;
  say(button.dataset.done);
  setTimeout(() => {
    delete button.dataset.copied;
    if (label) label.textContent = before;
  }, 1600);
});
