//! Language and theme: they follow the browser, a switch changes them, and they are remembered.

use crate::browser::{Browser, Look};
use crate::support::upload::word;
use crate::support::{Db, wait};

fn language(browser: &Browser) -> String {
    word(&browser.run("return document.documentElement.lang"))
}

fn background(browser: &Browser) -> String {
    word(
        &browser.run(
            "return [document.documentElement, document.body].map(e => getComputedStyle(e).backgroundColor).join()",
        ),
    )
}

#[test]
fn the_language_can_be_switched_and_stays() {
    let browser = Browser::open(Db::Sqlite);
    browser.fill("words", 1);
    browser.go("/tags/words");
    assert_eq!(language(&browser), "en");
    browser.click("form[action='/language'] button");
    wait::until_true("Chinese", || language(&browser).starts_with("zh"));
    assert_eq!(browser.path().split('?').next(), Some("/tags/words"), "on the same page");
    assert!(browser.page_text().contains("回收站"));
    for path in ["/", "/trash", "/about"] {
        browser.go(path);
        assert!(language(&browser).starts_with("zh"), "{path}");
    }
    browser.click("form[action='/language'] button");
    wait::until_true("English again", || language(&browser) == "en");
    browser.expect_quiet();
}

#[test]
fn a_chinese_browser_gets_chinese() {
    let look = Look { language: "zh-CN", ..Look::default() };
    let browser = Browser::open_as(Db::Sqlite, look);
    browser.go("/");
    assert!(language(&browser).starts_with("zh"));
    assert!(browser.page_text().contains("curl -T "), "the command is the same in every language");
    browser.expect_quiet();
}

#[test]
fn the_theme_can_be_switched_and_stays() {
    let browser = Browser::open(Db::Sqlite);
    browser.go("/");
    let mut seen = vec![background(&browser)];
    for _ in 0..3 {
        browser.click("form[action='/theme'] button");
        seen.push(background(&browser));
    }
    seen.sort();
    seen.dedup();
    assert!(seen.len() >= 2, "light and dark differ: {seen:?}");
    // Whatever it is now, it is so on the next page.
    browser.click("form[action='/theme'] button");
    let chosen = wait::until("a chosen theme", || {
        let theme = word(&browser.run("return document.documentElement.dataset.theme ?? ''"));
        (!theme.is_empty()).then_some(theme)
    });
    let colour = background(&browser);
    browser.go("/trash");
    assert_eq!(word(&browser.run("return document.documentElement.dataset.theme")), chosen);
    assert_eq!(background(&browser), colour);
    browser.expect_quiet();
}
