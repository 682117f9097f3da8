// The form of a split: its three numbers always add up, and a slider with two handles moves them.
import { $, $$ } from "./lib/dom.js";
import { count } from "./lib/format.js";
import "./lib/working.js";

const form = $("[data-split]");
if (form) begin();

function begin() {
  const names = ["training", "verifying", "testing"];
  const fields = names.map((name) => form.elements[name]);
  const [first, second] = [$("[data-first]", form), $("[data-second]", form)];
  const parts = $$("[data-double] rect", form);
  const only = form.elements.only_unassigned;
  const whole = () => Number(only?.checked ? form.dataset.unplaced : form.dataset.total);

  const within = (value, most) => Math.min(Math.max(0, Math.trunc(Number(value)) || 0), most);
  const read = () => fields.map((field) => within(field.value, whole()));

  // `counts` add up; the fields, the handles and the bar are made to show them.
  function show(counts, typed = null) {
    const total = Math.max(1, whole());
    for (const [at, field] of fields.entries()) if (field !== typed) field.value = counts[at];
    for (const handle of [first, second]) handle.max = whole();
    first.value = counts[0];
    second.value = counts[0] + counts[1];
    first.setAttribute("aria-valuetext", count(counts[0]));
    second.setAttribute("aria-valuetext", `${count(counts[1])} / ${count(counts[2])}`);
    let x = 0;
    for (const [at, part] of parts.entries()) {
      const width = (1000 * counts[at]) / total;
      part.setAttribute("x", x);
      part.setAttribute("width", width);
      x += width;
    }
  }

  // Where one number changes, the others give way: testing first, then verifying, then training.
  function settle(changed) {
    const counts = read();
    const others = [2, 1, 0].filter((at) => at !== changed);
    let left = whole() - counts.reduce((sum, n) => sum + n, 0);
    for (const at of others) {
      const next = Math.max(0, counts[at] + left);
      left -= next - counts[at];
      counts[at] = next;
    }
    return counts;
  }

  for (const [at, field] of fields.entries()) {
    field.addEventListener("input", () => show(settle(at), field));
    field.addEventListener("change", () => show(settle(at)));
  }
  first.addEventListener("input", () => {
    const end = Number(first.value);
    const stop = Math.max(end, Number(second.value));
    show([end, stop - end, whole() - stop]);
  });
  second.addEventListener("input", () => {
    const stop = Number(second.value);
    const end = Math.min(stop, Number(first.value));
    show([end, stop - end, whole() - stop]);
  });
  only?.addEventListener("change", () => show(share(read())));

  // The same shares of another whole.
  function share(counts) {
    const before = Math.max(1, counts.reduce((sum, n) => sum + n, 0));
    const [training, verifying] = counts.map((n) => Math.round((n * whole()) / before));
    return [training, verifying, Math.max(0, whole() - training - verifying)];
  }

  // A form that came back wrong stays as it was sent until it is touched.
  const counts = read();
  const adds = counts.reduce((sum, n) => sum + n, 0) === whole() && fields.every((field, at) => Number(field.value) === counts[at]);
  if (adds) show(counts);
  else {
    first.max = second.max = whole();
    first.value = counts[0];
    second.value = counts[0] + counts[1];
  }
}
