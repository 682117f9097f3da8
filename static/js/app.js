// What every page has: theme switch, search key, menus, copying, notices, shortcuts.
import { $, $$, cookie, on, plainKey, typing } from "./lib/dom.js";
import "./lib/copy.js";
import "./lib/times.js";

on("click", "[data-theme-switch]", (event, button) => {
  event.preventDefault();
  const order = ["auto", "light", "dark"];
  const root = document.documentElement;
  const next = order[(order.indexOf(root.dataset.theme) + 1) % order.length];
  root.dataset.theme = next;
  cookie("theme", next);
  const label = `${button.dataset.label}: ${button.dataset[next]}`;
  button.title = label;
  button.setAttribute("aria-label", label);
});

on("change", "[data-autosubmit]", (_event, field) => field.form?.requestSubmit());

// An empty field says nothing; the address is shorter without it.
document.addEventListener("formdata", (event) => {
  if (event.target.method !== "get") return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});

on("click", "[data-dismiss]", (_event, button) => button.closest("[data-notice]")?.remove());

// Menus close when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of $$("[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = $("[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary")?.focus();
  event.stopImmediatePropagation();
});

document.addEventListener("keydown", (event) => {
  if (!plainKey(event) || typing(event)) return;
  if (event.key === "/") {
    const search = $("[data-search]");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
    return;
  }
  const target = $(`[data-key="${CSS.escape(event.key)}"]`);
  if (target && !event.shiftKey) {
    event.preventDefault();
    target.click();
  }
});

on("keydown", "[data-search]", (event, field) => {
  if (event.key === "Escape") field.blur();
});
