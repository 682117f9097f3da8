// A form whose answer may take a while says so on its button, and can't be sent twice.
import { $$, say } from "./dom.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.working || event.defaultPrevented) return;
  if (form.dataset.sent !== undefined) {
    event.preventDefault();
    return;
  }
  const button = event.submitter ?? form.querySelector("button");
  form.dataset.sent = "";
  button.dataset.label = button.innerHTML;
  button.setAttribute("aria-busy", "true");
  button.textContent = form.dataset.working;
  say(form.dataset.working);
});

// Coming back by the history, the form can be sent again.
addEventListener("pageshow", () => {
  for (const form of $$("form[data-sent]")) delete form.dataset.sent;
  for (const button of $$("button[aria-busy]")) {
    button.removeAttribute("aria-busy");
    button.innerHTML = button.dataset.label;
  }
});
