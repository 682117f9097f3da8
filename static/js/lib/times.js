// Times in the reader's own zone on the very first visit, when the server can't know it yet; from the next page on it does.
// The same texts as src/platform/web/times.rs writes.
import { $, $$, cookie, refresh } from "./dom.js";
import { lang } from "./texts.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (n) => String(n).padStart(2, "0");

function written(time, exact) {
  const [year, month, day] = [time.getFullYear(), time.getMonth(), time.getDate()];
  const date = lang === "zh" ? `${year}年${month + 1}月${day}日` : `${day} ${MONTHS[month]} ${year}`;
  if (exact === "day") return date;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`;
  const seconds = exact === "second" ? `:${two(time.getSeconds())}` : "";
  return `${date}${lang === "zh" ? "" : ","} ${clock}${seconds}`;
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) cookie("tz", zone);

// Without its cookie the next page would be written in the server's zone again: then what stands there stays.
if (zone && document.documentElement.dataset.zone === "server") {
  for (const element of $$("time[data-exact]")) {
    const time = new Date(element.dateTime);
    if (!Number.isNaN(time.getTime())) element.textContent = written(time, element.dataset.exact);
  }
  // Days that pictures are grouped by are the server's doing.
  const isApart = new Date().getTimezoneOffset() !== 0;
  if (isApart && $(".day h2")) refresh();
  else for (const note of $$(".day h2 [data-zone]")) note.remove();
}
