//! The journey of the collect room: from the empty page to a zip, and to the trash and back.

use crate::browser::Browser;
use crate::on_both_databases;
use crate::support::upload::word;
use crate::support::zip::Archive;
use crate::support::{Db, pictures, tools, wait};
use crate::words::{GRID, TICKS, key};

on_both_databases!(
    the_empty_page_says_what_to_do_next,
    a_file_from_the_input_appears_as_a_thumbnail,
    arrow_keys_turn_the_pages,
    a_selection_becomes_a_zip,
    a_selection_goes_to_the_trash_and_comes_back_by_undo,
    the_trash_page_restores,
    the_whole_filter_can_be_acted_on,
    long_lists_go_on_by_themselves,
);

fn the_empty_page_says_what_to_do_next(db: Db) {
    let browser = Browser::open(db);
    browser.go("/");
    let text = browser.page_text();
    assert!(text.contains("curl -T "), "{text}");
    assert!(text.contains(&format!("{}/upload/", browser.server.url(""))), "{text}");
    // The command is true: with a file of that name it works as it stands.
    let line = text.lines().find(|line| line.contains("curl -T ")).expect("the command");
    let command = line[line.find("curl").unwrap()..].trim();
    let name = command.split_whitespace().nth(2).expect("a file's name");
    let (folder, _) = tools::file_with(name, &pictures::jpeg(60, 40, 1));
    let shell = ["-c", command];
    tools::run(tools::program("sh").args(shell).current_dir(folder.path())).fine();
    browser.refresh();
    browser.need("main a[href^='/tags/']");
    assert!(!browser.page_text().contains("curl -T "), "there is something to show now");
    browser.expect_quiet();
}

fn a_file_from_the_input_appears_as_a_thumbnail(db: Db) {
    let browser = Browser::open(db);
    browser.server.store("field", "first.txt", b"so that the tag is there");
    let (_folder, path) = tools::file_with("上传 1.jpg", &pictures::jpeg(640, 480, 4));
    browser.go("/tags/field");
    let input = browser.all("input[type=file]").into_iter().next().expect("a file input");
    browser.type_into(&input, path.to_str().unwrap());
    wait::until_true("the upload", || browser.server.names("field").len() == 2);
    wait::until_true("its thumbnail, without a reload", || {
        browser.content().contains("上传 1.jpg") && browser.loaded_pictures() == 2
    });
    browser.refresh();
    browser.wait_for_pictures(2);
    browser.expect_quiet();
}

fn arrow_keys_turn_the_pages(db: Db) {
    let browser = Browser::open(db);
    let ids = browser.fill("turn", 3);
    browser.go("/tags/turn");
    browser.wait_for_pictures(3);
    browser.click(GRID);
    let newest = format!("/files/{}", ids[2]);
    browser.wait_for_path(&newest);
    browser.need(&format!("main img[src^='/files/{}']", ids[2]));
    assert!(browser.content().contains("picture 2.jpg"));
    browser.press(key::RIGHT);
    browser.wait_for_path(&format!("/files/{}", ids[1]));
    browser.press(key::RIGHT);
    browser.wait_for_path(&format!("/files/{}", ids[0]));
    browser.press(key::LEFT);
    browser.wait_for_path(&format!("/files/{}", ids[1]));
    browser.expect_quiet();
}

/// Ticks the first two of the grid: the newest two.
fn tick_two(browser: &Browser) {
    let script = format!("[...document.querySelectorAll({TICKS:?})].slice(0, 2).forEach(box => box.click());");
    browser.run(&script);
    wait::until_true("two ticks", || {
        browser.run(&format!("return document.querySelectorAll({:?}).length", format!("{TICKS}:checked"))) == 2
    });
}

fn a_selection_becomes_a_zip(db: Db) {
    let browser = Browser::open(db);
    let ids = browser.fill("pick", 4);
    browser.go("/tags/pick");
    tick_two(&browser);
    let form = browser.need("form[action='/tags/pick/zip'] button");
    assert!(browser.shown(&form));
    // What the form would send, sent from the page: a download can't be looked into otherwise.
    let script = "const form = document.querySelector(\"form[action='/tags/pick/zip']\");
        return new URLSearchParams(new FormData(form)).toString();";
    let body = word(&browser.run(script));
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let zip = browser.server.send("POST", "/tags/pick/zip", &kind, body.as_bytes()).expect(200);
    assert_eq!(Archive::read(&zip.body).names(), ["picture 2.jpg", "picture 3.jpg"], "{body}");
    assert_eq!(ids.len(), 4);
    browser.expect_quiet();
}

fn a_selection_goes_to_the_trash_and_comes_back_by_undo(db: Db) {
    let browser = Browser::open(db);
    browser.fill("undo", 4);
    browser.go("/tags/undo");
    tick_two(&browser);
    browser.click("button[formaction='/tags/undo/trash']");
    wait::until_true("two in the trash", || browser.server.names("undo").len() == 2);
    browser.wait_for_pictures(2);
    assert_eq!(browser.server.names("undo"), ["picture 0.jpg", "picture 1.jpg"]);
    browser.click("[role=status] form button");
    wait::until_true("all four back", || browser.server.names("undo").len() == 4);
    browser.wait_for_pictures(4);
    browser.expect_quiet();
}

fn the_trash_page_restores(db: Db) {
    let browser = Browser::open(db);
    let ids = browser.fill("bin", 3);
    browser.go(&format!("/files/{}", ids[1]));
    browser.click(&format!("form[action='/files/{}/trash'] button", ids[1]));
    wait::until_true("one in the trash", || browser.server.names("bin").len() == 2);
    browser.go("/trash");
    browser.wait_for_text("picture 1.jpg");
    browser.run(&format!("document.querySelector({TICKS:?}).click()"));
    browser.click("form[action='/trash/restore'] button:not([formaction]):not([type=button])");
    wait::until_true("it is back", || browser.server.names("bin").len() == 3);
    wait::until_true("an empty trash", || browser.all(TICKS).is_empty());
    browser.expect_quiet();
}

fn the_whole_filter_can_be_acted_on(db: Db) {
    let browser = Browser::open(db);
    browser.fill("filter", 3);
    browser.server.store("filter", "keep me.txt", b"text");
    browser.go("/tags/filter?q=picture");
    browser.wait_for_pictures(3);
    let zip = browser.need("main a[href*='/zip'][download]");
    let href = browser.attribute(&zip, "href").expect("an address");
    let href = href.strip_prefix(&browser.server.url("")).unwrap_or(&href).to_owned();
    let archive = browser.server.get(&href).expect(200);
    assert_eq!(Archive::read(&archive.body).entries.len(), 3, "{href}");
    // By the form itself: it stands in a menu.
    browser.run(
        "const forms = [...document.querySelectorAll(\"form[action='/tags/filter/trash']\")];
         forms.find(form => new FormData(form).get('scope') === 'filter').requestSubmit();",
    );
    wait::until_true("the filter's files are gone", || browser.server.names("filter") == ["keep me.txt"]);
    browser.expect_quiet();
}

fn long_lists_go_on_by_themselves(db: Db) {
    let browser = Browser::open(db);
    for number in 0..260 {
        browser.server.store("long", &format!("{number:03}.txt"), format!("{number}").as_bytes());
    }
    browser.go("/tags/long");
    wait::until_true("the last of 260", || {
        browser.run("window.scrollTo(0, document.body.scrollHeight)");
        browser.all(TICKS).len() == 260
    });
    let ids = browser.run(&format!("return new Set([...document.querySelectorAll({TICKS:?})].map(b => b.value)).size"));
    assert_eq!(ids, 260, "each once");
    browser.expect_quiet();
}
