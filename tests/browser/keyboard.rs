//! Everything by keyboard alone: reachable, visible where the focus is, and no trap.

use std::collections::HashSet;

use crate::browser::Browser;
use crate::support::upload::word;
use crate::support::{Db, wait};
use crate::words::{TICKS, key};

/// What has the focus: an address or a name, and whether it can be seen to have it.
fn focus(browser: &Browser) -> (String, bool) {
    let found = browser.run(
        "const e = document.activeElement;
         const style = getComputedStyle(e);
         const ring = (s) => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none';
         const near = [e, e.closest('label'), e.closest('.item'), e.closest('li')].filter(Boolean);
         const seen = ring(style) || ring(getComputedStyle(e, '::before')) || near.some(n => ring(getComputedStyle(n)));
         const word = e.getAttribute('href') ?? e.getAttribute('aria-label') ?? e.getAttribute('name') ?? e.textContent;
         return [e.tagName + ' ' + String(word).trim(), seen];",
    );
    (word(&found[0]), found[1] == true)
}

#[test]
fn tab_reaches_everything_and_shows_where_it_is() {
    let browser = Browser::open(Db::Sqlite);
    let ids = browser.fill("keys", 2);
    browser.go("/tags/keys");
    browser.wait_for_pictures(2);
    let mut reached = Vec::new();
    for _ in 0..60 {
        browser.press(key::TAB);
        let (name, seen) = focus(&browser);
        if name.starts_with("BODY") || (reached.len() > 5 && reached.first() == Some(&name)) {
            break;
        }
        assert!(seen, "no sign of the focus on {name}");
        reached.push(name);
    }
    let reached_at_all: HashSet<&str> = reached.iter().map(String::as_str).collect();
    for wanted in ["A /", "A /trash", "A /about"] {
        assert!(reached_at_all.contains(wanted), "{wanted} isn't among {reached:?}");
    }
    for id in &ids {
        assert!(reached_at_all.contains(format!("A /files/{id}").as_str()), "{reached:?}");
    }
    assert!(reached.len() < 60, "the focus is caught: {reached:?}");
    assert!(reached.iter().any(|name| name.starts_with("INPUT")), "{reached:?}");
    browser.expect_quiet();
}

#[test]
fn the_first_tab_skips_to_the_content() {
    let browser = Browser::open(Db::Sqlite);
    browser.go("/");
    browser.press(key::TAB);
    let (name, seen) = focus(&browser);
    assert!(name.starts_with("A #") && seen, "{name}");
    browser.press(key::ENTER);
    let inside = browser.run("return document.activeElement.closest('main') !== null");
    assert_eq!(inside, true, "the focus is in the content");
}

#[test]
fn slash_searches_and_escape_leaves() {
    let browser = Browser::open(Db::Sqlite);
    browser.fill("search", 3);
    browser.go("/tags/search");
    browser.press("/");
    wait::until_true("the search has the focus", || focus(&browser).0.starts_with("INPUT"));
    browser.press("picture 1");
    browser.press(key::ENTER);
    wait::until_true("the filter", || browser.path().contains("q=picture"));
    browser.wait_for_pictures(1);
    assert!(browser.content().contains("picture 1.jpg"));
    browser.expect_quiet();
}

#[test]
fn a_selects_all_and_escape_none() {
    let browser = Browser::open(Db::Sqlite);
    browser.fill("all", 3);
    browser.go("/tags/all");
    browser.wait_for_pictures(3);
    let checked = format!("{TICKS}:checked");
    browser.press("a");
    wait::until_true("all are selected", || browser.all(&checked).len() == 3);
    browser.press(key::ESCAPE);
    wait::until_true("none is", || browser.all(&checked).is_empty());
    // In a field, `a` is a letter.
    browser.press("/a");
    assert!(browser.all(&checked).is_empty());
    browser.expect_quiet();
}

#[test]
fn enter_opens_and_the_trash_and_undo_need_no_mouse() {
    let browser = Browser::open(Db::Sqlite);
    let ids = browser.fill("hands", 2);
    browser.go("/tags/hands");
    browser.wait_for_pictures(2);
    browser.run(&format!("document.querySelector(\"main a[href='/files/{}']\").focus()", ids[1]));
    browser.press(key::ENTER);
    browser.wait_for_path(&format!("/files/{}", ids[1]));
    browser.run(&format!("document.querySelector(\"form[action='/files/{}/trash'] button\").focus()", ids[1]));
    browser.press(key::ENTER);
    wait::until_true("it is in the trash", || browser.server.names("hands").len() == 1);
    browser.need("[role=status] form button");
    browser.run("document.querySelector('[role=status] form button').focus()");
    browser.press(key::ENTER);
    wait::until_true("it is back", || browser.server.names("hands").len() == 2);
    browser.expect_quiet();
}
