//! The same journeys with JavaScript off: plain forms and links carry them.

use crate::browser::{Browser, Look};
use crate::on_both_databases;
use crate::support::{Db, pictures, tools, wait};
use crate::words::TICKS;

on_both_databases!(
    upload_trash_and_restore_work_by_plain_forms,
    searching_and_paging_work_by_plain_links,
    language_and_theme_work_by_plain_forms,
);

fn browser_without_script(db: Db) -> Browser {
    let browser = Browser::open_as(db, Look { script: false, ..Look::default() });
    browser.go("/");
    // WebDriver's own scripts still run; the pages' don't.
    assert!(
        browser.all("noscript *").iter().any(|element| browser.shown(element)) || browser.all("noscript").is_empty()
    );
    browser
}

fn upload_trash_and_restore_work_by_plain_forms(db: Db) {
    let browser = browser_without_script(db);
    browser.server.store("plain", "first.txt", b"so that the tag is there");
    let (_folder, path) = tools::file_with("no script.jpg", &pictures::jpeg(320, 240, 5));
    browser.go("/tags/plain");
    let input = browser.need("form[enctype='multipart/form-data'] input[type=file]");
    browser.type_into(&input, path.to_str().unwrap());
    browser.click("form[enctype='multipart/form-data'] button");
    wait::until_true("the upload", || browser.server.names("plain").len() == 2);
    browser.wait_for_text("no script.jpg");

    browser.click(TICKS);
    browser.click("button[formaction='/tags/plain/trash']");
    wait::until_true("the trash", || browser.server.names("plain") == ["first.txt"]);
    browser.go("/trash");
    browser.wait_for_text("no script.jpg");
    browser.click(TICKS);
    browser.click("form[action='/trash/restore'] button:not([formaction]):not([type=button])");
    wait::until_true("back again", || browser.server.names("plain").len() == 2);
    browser.expect_quiet();
}

fn searching_and_paging_work_by_plain_links(db: Db) {
    let browser = browser_without_script(db);
    for number in 0..230 {
        browser.server.store("pages", &format!("{number:03}.txt"), format!("{number}").as_bytes());
    }
    browser.go("/tags/pages");
    let mut seen = browser.all(TICKS).len();
    for _ in 0..20 {
        if browser.all("main a[rel=next]").is_empty() {
            break;
        }
        let before = browser.path();
        browser.click("main a[rel=next]");
        wait::until_true("the next page", || browser.path() != before);
        seen += browser.all(TICKS).len();
    }
    assert_eq!(seen, 230);
    browser.go("/tags/pages?q=22");
    assert_eq!(browser.all(TICKS).len(), 12, "022, 122, 220…229");
    browser.expect_quiet();
}

fn language_and_theme_work_by_plain_forms(db: Db) {
    let browser = browser_without_script(db);
    browser.go("/trash");
    browser.click("form[action='/language'] button");
    browser.wait_for_text("回收站");
    assert_eq!(browser.path().split('?').next(), Some("/trash"));
    browser.click("form[action='/theme'] button");
    // Between two pages there is no `html` at all for a moment.
    wait::until_true("a chosen theme", || !browser.all("html[data-theme]:not([data-theme='auto'])").is_empty());
    browser.expect_quiet();
}
