// The list goes on by itself when its end comes near; the plain link stays for everyone else.
import { $, $$, page, say } from "./dom.js";
import { t } from "./texts.js";

let loading = false;

// The last row isn't full yet: its pictures will change their places when more of them arrive. Until
// then they keep out of sight, so that nothing moves that has been seen.
function hold() {
  for (const item of $$(".item.held")) item.classList.remove("held");
  const list = $("[data-more-list]");
  if (!list || !$(".more.auto")) return;
  const rows = list.matches(".rows") ? list : $$(".rows", list).pop();
  const top = rows?.lastElementChild?.offsetTop;
  for (let item = rows?.lastElementChild; item && item.offsetTop === top; item = item.previousElementSibling) item.classList.add("held");
}

async function load(link) {
  if (loading) return;
  loading = true;
  link.setAttribute("aria-busy", "true");
  try {
    const fresh = await page(link.href);
    append($("[data-more-list]"), $("[data-more-list]", fresh));
    const next = $("[data-more]", fresh);
    if (next) link.href = next.getAttribute("href");
    else link.closest(".more").remove();
    hold();
    document.dispatchEvent(new CustomEvent("granary:more"));
    say(t.moreLoaded);
  } catch {
    observer.unobserve(link); // The link can still be clicked.
    link.closest(".more").classList.remove("auto");
    hold();
    return;
  } finally {
    loading = false;
    link.removeAttribute("aria-busy");
  }
  if (link.isConnected) {
    observer.unobserve(link);
    observer.observe(link);
  }
}

// A day that goes on from page to page stays one group.
function append(list, fresh) {
  if (!list || !fresh) return;
  const last = $$(".day", list).pop();
  for (const part of [...fresh.children]) {
    if (last && part.matches(".day") && part.dataset.day === last.dataset.day) $(".rows", last).append(...$(".rows", part).children);
    else list.append(part);
  }
}

const observer = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) if (entry.isIntersecting) load(entry.target);
  },
  { rootMargin: "2000px" },
);

function watch() {
  const link = $("[data-more]");
  if (!link) return;
  link.closest(".more").classList.add("auto");
  hold();
  observer.observe(link);
}

addEventListener("resize", hold);

document.addEventListener("granary:refreshed", watch);
watch();
