//! Everything that opens stays inside the window, from the narrowest phone to a desk, in both languages; and no page
//! scrolls sideways.

use serde_json::Value;

use crate::access::{LANGUAGES, every_page, speak};
use crate::browser::Browser;
use crate::support::Db;

/// Opens one thing after the other: drawers and menus, dialogs, the tray of uploads. What of it lies outside the window.
const OPEN: &str = r"
    const wrong = [];
    const sideways = (what) => {
        const e = document.scrollingElement;
        if (e.scrollWidth > e.clientWidth) wrong.push(`${what}: the page is ${e.scrollWidth} wide in ${e.clientWidth}`);
    };
    const inside = (what, root) => {
        for (const e of [root, ...root.querySelectorAll('*')]) {
            if (e.closest('.visually-hidden, [hidden]') || getComputedStyle(e).clipPath !== 'none') continue;
            const box = e.getBoundingClientRect();
            if (box.width < 2 || box.height < 2) continue;
            if (box.left < -0.5 || box.right > innerWidth + 0.5)
                wrong.push(`${what}: ${e.tagName}.${e.className} from ${box.left} to ${box.right} of ${innerWidth}`);
        }
        sideways(what);
    };
    sideways('as it comes');
    for (const e of document.querySelectorAll('details')) {
        if (e.getClientRects().length === 0) continue;
        const was = e.open;
        e.open = true;
        const panel = e.querySelector('.panel') ?? e;
        inside(e.className + ' ' + (e.querySelector('summary').textContent.trim() || e.querySelector('summary').ariaLabel), panel);
        if (panel !== e) {
            panel.scrollIntoView({block: 'nearest'});
            const box = panel.getBoundingClientRect();
            if (box.top < -0.5 || box.bottom > innerHeight + 0.5) wrong.push(`${e.className}: from ${box.top} to ${box.bottom} of ${innerHeight}`);
        }
        e.open = was;
    }
    for (const e of document.querySelectorAll('dialog')) {
        e.showModal();
        inside('dialog', e);
        e.close();
    }
    for (const e of document.querySelectorAll('.tray, .phone-queue')) {
        e.hidden = false;
        inside(e.className, e);
        e.hidden = true;
    }
    return wrong;
";

#[test]
fn whatever_opens_stays_inside_the_window() {
    let browser = Browser::open(Db::Sqlite);
    let pages = every_page(&browser);
    for lang in LANGUAGES {
        speak(&browser, lang);
        for path in &pages {
            browser.go(path);
            for (width, height) in [(320, 640), (390, 844), (480, 800), (768, 1024), (1024, 768), (1440, 900)] {
                browser.resize(width, height);
                let wrong = browser.run(OPEN);
                assert_eq!(wrong, Value::Array(Vec::new()), "{path} at {width} px in {lang}");
            }
        }
    }
}

#[test]
fn the_page_of_a_picture_is_as_high_as_the_window() {
    let browser = Browser::open(Db::Sqlite);
    let pages = every_page(&browser);
    let shown = pages.iter().filter(|path| path.starts_with("/files/") || path.contains("/images/"));
    for path in shown {
        browser.go(path);
        for (width, height) in [(1440, 900), (1280, 800)] {
            browser.resize(width, height);
            let page = browser.run("return document.scrollingElement.scrollHeight");
            assert_eq!(page, height, "{path} at {width} × {height}");
        }
    }
}
