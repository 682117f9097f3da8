//! Nothing moves under the reader: layout shift while a long list is scrolled, by the wheel and by the
//! End key, while more of it arrives.

use serde_json::Value;

use crate::browser::Browser;
use crate::support::{Db, pictures, wait};
use crate::words::TICKS;

/// Files of the long tag.
const FILES: u32 = 420;

/// WebDriver's End key.
const END: &str = "\u{e010}";

/// Sums up every layout shift from the beginning of the page, those soon after a key, too, and keeps
/// what has moved.
const WATCH: &str = "
    window.shifts = { sum: 0, moved: [] };
    const note = (e) => {
        window.shifts.sum += e.value;
        for (const s of e.sources) window.shifts.moved.push([e.value.toFixed(4), s.node?.nodeName, s.node?.className,
            JSON.stringify(s.previousRect), JSON.stringify(s.currentRect)].join(' '));
    };
    new PerformanceObserver(list => list.getEntries().forEach(note)).observe({type: 'layout-shift', buffered: true});";

fn long_tag() -> Browser {
    let browser = Browser::open(Db::Sqlite);
    for number in 0..FILES {
        let (width, height) = (30 + number * 37 % 50, 30 + number * 53 % 40);
        let bytes = pictures::jpeg(width, height, u8::try_from(number % 256).expect("below 256"));
        browser.server.store("long", &format!("{number:03}.jpg"), &bytes);
    }
    browser.go("/tags/long");
    browser.run(WATCH);
    browser
}

fn has_all(browser: &Browser) -> bool {
    browser.all(TICKS).len() == FILES as usize
}

#[track_caller]
fn expect_steady(browser: &Browser) {
    // What is still on its way into a frame counts, too.
    browser.run("return new Promise(done => requestAnimationFrame(() => setTimeout(done, 200)))");
    let shifts: Value = browser.run("return window.shifts");
    let sum = shifts["sum"].as_f64().expect("a figure");
    assert!(sum < 0.1, "layout shift of {sum}: {:#}", shifts["moved"]);
}

#[test]
fn the_end_key_moves_nothing() {
    let browser = long_tag();
    wait::until_true("the whole list", || {
        browser.press(END);
        has_all(&browser)
    });
    expect_steady(&browser);
    browser.expect_quiet();
}

#[test]
fn scrolling_moves_nothing() {
    let browser = long_tag();
    wait::until_true("the whole list", || {
        browser.run("window.scrollBy(0, 700)");
        has_all(&browser)
    });
    expect_steady(&browser);
    browser.expect_quiet();
}
