// Files come in by drag and drop anywhere, by paste, and by a file field.
import { $, on, typing } from "./dom.js";

// Calls `take(files)` with what was given.
export function watch(take) {
  const veil = $("#veil") ?? document.createElement("i"); // the phone page has none
  let depth = 0;
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");

  addEventListener("dragenter", (event) => {
    if (!holdsFiles(event)) return;
    depth += 1;
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (!holdsFiles(event)) return;
    depth -= 1;
    if (depth <= 0) veil.hidden = true;
  });
  addEventListener("dragover", (event) => {
    if (holdsFiles(event)) event.preventDefault();
  });
  addEventListener("drop", async (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth = 0;
    veil.hidden = true;
    const files = await dropped(event.dataTransfer);
    if (files.length) take(files);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || typing(event)) return;
    event.preventDefault();
    take(files.map(named));
  });
  on("change", "[data-choose]", (_event, field) => {
    const files = [...field.files];
    field.value = "";
    if (files.length) take(files);
  });
}

// A screenshot from the clipboard is always called image.png; its time tells it apart.
export function named(file) {
  if (!/^image\.\w+$/i.test(file.name)) return file;
  const time = new Date(file.lastModified || Date.now());
  const two = (n) => String(n).padStart(2, "0");
  const day = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  const clock = `${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
  const thousandth = String(time.getMilliseconds()).padStart(3, "0");
  return new File([file], `IMG_${day}_${clock}_${thousandth}.${file.name.split(".").pop()}`, { type: file.type, lastModified: file.lastModified });
}

// Folders are walked through; the entries must be taken before the event is over.
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const files = [];
  for (const entry of entries) await walk(entry, files);
  return files;
}

async function walk(entry, files) {
  if (entry.name.startsWith(".")) return;
  if (entry.isFile) {
    files.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) return;
    for (const child of batch) await walk(child, files);
  }
}
