// One queue and one tray for a page; leaving while files are on their way asks first.
import { Queue } from "./queue.js";
import { Tray } from "./tray.js";

export function uploads() {
  const queue = new Queue();
  new Tray(queue);
  addEventListener("beforeunload", (event) => {
    if (queue.totals().active) event.preventDefault();
  });
  return queue;
}
