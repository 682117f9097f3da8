//! What somebody sees who comes for the first time: where nothing stands, what can't be previewed, where a phone can't come,
//! which filter is none, what is wrong in a form, in whose time things happened, and how far the Tab key goes.

use image::ImageFormat;
use serde_json::Value;

use crate::browser::{Browser, Look};
use crate::support::upload::word;
use crate::support::{Db, pictures, wait};
use crate::words::{GRID, key};

const RAIL: &str = "return [...document.querySelectorAll('.rail li [aria-current]')].map(e => e.getAttribute('href'))";

#[test]
fn what_belongs_to_nothing_highlights_nothing() {
    let browser = Browser::open(Db::Sqlite);
    browser.fill("rail", 1);
    for (path, wanted) in [
        ("/nope", None),
        ("/nope/deeper", None),
        ("/wp-login.php", None),
        ("/", Some("/")),
        ("/tags/rail", Some("/")),
        ("/tags/none", Some("/")),
        ("/new", Some("/")),
        ("/tasks/7", Some("/tasks")),
        ("/trash", Some("/trash")),
    ] {
        browser.go(path);
        let wanted: Vec<Value> = wanted.into_iter().map(Value::from).collect();
        assert_eq!(browser.run(RAIL), Value::Array(wanted), "{path}");
    }
}

#[test]
fn a_preview_is_never_said_to_be_missing() {
    let browser = Browser::open(Db::Sqlite);
    let store = |name: &str, bytes: &[u8]| word(&browser.server.store("kinds", name, bytes)["id"]);
    // No browser opens a TIFF, and there is a preview of it all the same.
    let tiff = store("scan.tif", &pictures::picture(ImageFormat::Tiff, 120, 80, 3));
    let text = store("notes.txt", b"barley");
    browser.go(&format!("/files/{tiff}"));
    wait::until_true("the preview", || {
        browser.run("const i = document.querySelector('.stage img'); return i.complete && i.naturalWidth > 50") == true
    });
    browser.wait_for_text("A small preview");
    assert!(!browser.content().contains("There is no preview"));
    browser.go(&format!("/files/{text}"));
    browser.wait_for_text("There is no preview");
}

#[test]
fn a_code_that_leads_a_phone_nowhere_says_so() {
    for (language, texts) in [("en-US", ["A phone can’t reach", "0.0.0.0"]), ("zh-CN", ["手机打不开", "0.0.0.0"])]
    {
        let browser = Browser::open_as(Db::Sqlite, Look { language, ..Look::default() });
        browser.fill("yard", 1);
        browser.go("/tags/yard");
        for text in texts {
            assert!(browser.content().contains(text), "{text}");
        }
        crate::doors::shut(&browser);
        browser.go("/tags/yard");
        crate::doors::sign_in(&browser, "oats and millet");
        browser.click(".menu:has(.link-make) summary");
        browser.click(".link-make button");
        wait::until_true("the link", || browser.path() == "/account/links");
        browser.wait_for_text(texts[0]);
    }
}

#[test]
fn a_filter_that_is_none_is_named() {
    let browser = Browser::open(Db::Sqlite);
    browser.fill("typed", 1);
    for (path, names) in [
        ("/tags/typed?typ=image", "typ"),
        ("/?tag=x&sort=name", "tag sort"),
        ("/tasks?state=1", "state"),
        ("/ingest?grp=x", "grp"),
        ("/groups?tag=x", "tag"),
        ("/trash?q=x", "q"),
        ("/about?x", "x"),
    ] {
        browser.go(path);
        let line = browser.text(&browser.need("main > .notice"));
        assert!(line.ends_with(&format!(" It was passed over: {names}")), "{path}: {line}");
    }
    for path in [
        "/tags/typed?type=image&from=2026-01-01&order=name&q=a",
        "/tasks?q=x&tag=typed",
        "/ingest?group=a&state=running",
    ] {
        browser.go(path);
        assert!(browser.all("main > .notice").is_empty(), "{path}");
    }
}

#[test]
fn a_form_speaks_of_its_own_fields() {
    let browser = Browser::open(Db::Sqlite);
    browser.go("/ingest");
    browser.type_into(&browser.need("[name=group_name]"), "villagers");
    browser.click(".ingest-form button.primary");
    browser.wait_for_text("Choose a CSV file, or name a tag below.");
    assert!(!browser.content().contains("from_tag"));
    assert_eq!(browser.attribute(&browser.need("[name=group_name]"), "value").as_deref(), Some("villagers"));
    assert!(!browser.all("[name=file][aria-invalid=true]").is_empty(), "beside its field");

    crate::doors::shut(&browser);
    browser.go("/account");
    crate::doors::sign_in(&browser, "oats and millet");
    browser.wait_for_text("Make a token");
    browser.type_into(&browser.need(".token-form [name=name]"), "camera");
    browser.click(".token-form button");
    browser.wait_for_text("Name a tag:");
    assert!(!browser.content().contains("scope:"));
    assert!(!browser.all("[name=tag][aria-invalid=true]").is_empty(), "beside its field");
    assert_eq!(browser.attribute(&browser.need(".token-form [name=name]"), "value").as_deref(), Some("camera"));
    browser.type_into(&browser.need("[name=old]"), "not this one at all");
    browser.type_into(&browser.need("[name=new]"), "oats and barley");
    browser.click("form[action='/account/password'] button");
    browser.wait_for_text("That isn’t your present password.");
    assert!(!browser.all("[name=old][aria-invalid=true]").is_empty(), "beside its field");
}

#[test]
fn times_are_the_readers_from_the_first_page_on() {
    let browser = Browser::open(Db::Sqlite);
    browser.fill("clock", 2);
    let local = "
        const two = (n) => String(n).padStart(2, '0');
        return [...document.querySelectorAll('main time')].every(e => {
            const t = new Date(e.dateTime);
            return e.textContent.endsWith(`, ${two(t.getHours())}:${two(t.getMinutes())}`);
        }) && document.querySelectorAll('main time').length > 0";
    browser.live_in("Asia/Shanghai");
    browser.go("/tags/clock");
    wait::until_true("local times", || browser.run(local) == true);
    assert_eq!(browser.run("return new Date().getTimezoneOffset()"), -480);
    assert!(!browser.content().contains("UTC"));
    browser.go("/tags/clock");
    assert!(
        browser.run("return document.documentElement.dataset.zone === undefined") == true,
        "the server knows by now"
    );
    assert_eq!(browser.run(local), true);
    browser.expect_quiet();

    // Without scripts nobody tells the zone, so it is said.
    let browser = Browser::open_as(Db::Sqlite, Look { script: false, ..Look::default() });
    browser.fill("clock", 1);
    browser.go("/tags/clock");
    let shown = browser.text(&browser.need("main time"));
    assert!(shown.contains(" UTC"), "{shown}");
}

#[test]
fn one_stop_of_the_tab_key_a_picture_and_arrows_among_them() {
    let browser = Browser::open(Db::Sqlite);
    browser.fill("grid", 4);
    browser.go("/tags/grid");
    browser.wait_for_pictures(4);
    browser.focus(".item a");
    let at = "return [...document.querySelectorAll('.item a')].indexOf(document.activeElement)";
    for wanted in 1..4 {
        browser.press(key::TAB);
        assert_eq!(browser.run(at), wanted);
    }
    browser.press(key::LEFT);
    assert_eq!(browser.run(at), 2);
    browser.press("x");
    assert_eq!(browser.all(".item:has(:checked)").len(), 1);
    // WebDriver's Delete key.
    browser.press("\u{e017}");
    wait::until_true("three pictures", || browser.all(GRID).len() == 3);
    browser.click("[data-notice] form button");
    wait::until_true("four pictures", || browser.all(GRID).len() == 4);
    browser.expect_quiet();
}
