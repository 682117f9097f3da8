//! The journey through the doors: sign in and come back to where one wanted to go, a token that is shown once, an upload
//! link that a phone opens, sign out; with scripts and without.

use crate::browser::{Browser, Look};
use crate::on_both_databases;
use crate::support::{Db, wait};

on_both_databases!(one_signs_in_makes_tokens_and_signs_out, the_same_doors_without_script);

const PASSWORD: &str = "oats and millet";

/// Shuts the doors of a server that holds one picture of the tag `field`.
pub fn shut(browser: &Browser) {
    browser.fill("field", 1);
    let (code, _, err) = browser.server.run(&["user", "add", "keeper"], PASSWORD);
    assert_eq!(code, 0, "{err}");
    wait::until("shut doors", || (browser.server.get("/api/v1/tags").status == 401).then_some(()));
}

pub fn sign_in(browser: &Browser, password: &str) {
    browser.type_into(&browser.need("[name=name]"), "keeper");
    browser.type_into(&browser.need("[name=password]"), password);
    browser.click("form[action='/login'] button");
}

/// The command on the page that begins so.
fn shown(browser: &Browser, start: &str) -> String {
    let texts: Vec<String> = browser.all(".command code").iter().map(|element| browser.text(element)).collect();
    let found = texts.iter().find(|text| text.starts_with(start));
    found.unwrap_or_else(|| panic!("no {start:?} in {texts:?}")).clone()
}

/// Makes an upload link of the tag on the page; its address.
fn link(browser: &Browser) -> String {
    browser.click(".menu:has(.link-make) summary");
    browser.click(".link-make button");
    wait::until_true("the link", || browser.path() == "/account/links");
    assert!(browser.attribute(&browser.need(".code img"), "src").unwrap().starts_with("data:image/svg+xml;base64,"));
    shown(browser, "http")
}

fn one_signs_in_makes_tokens_and_signs_out(db: Db) {
    let browser = Browser::open(db);
    shut(&browser);
    browser.go("/tags/field?order=name");
    assert!(browser.path().starts_with("/login?next="), "{}", browser.path());
    sign_in(&browser, "not this one");
    browser.wait_for_text("Name or password is wrong.");
    assert_eq!(browser.attribute(&browser.need("[name=name]"), "value").as_deref(), Some("keeper"));
    browser.run("document.querySelector('[name=name]').value = ''");
    sign_in(&browser, PASSWORD);
    wait::until_true("the page that was asked for", || browser.path() == "/tags/field?order=name");
    let address = link(&browser);

    browser.click("a.who");
    browser.wait_for_text("this one");
    browser.type_into(&browser.need(".token-form [name=name]"), "camera");
    browser.type_into(&browser.need(".token-form [name=tag]"), "field");
    browser.click(".token-form button");
    browser.wait_for_text("it is shown this once");
    let token = shown(&browser, "granary_");
    let header = format!("Bearer {token}");
    let put = || browser.server.send("PUT", "/upload/field/new.txt", &[("Authorization", &header)], b"x").status;
    assert_eq!(put(), 201);
    browser.go("/account");
    assert!(!browser.content().contains(&token) && browser.content().contains("upload:field"));
    browser.click("button[aria-label='Revoke: camera']");
    browser.wait_for_text("The token is revoked");
    assert_eq!(put(), 401);
    browser.go("/audit");
    browser.wait_for_text("user add");
    browser.go("/account");
    browser.click("form[action='/logout'] button");
    browser.wait_for_text("You have signed out.");
    browser.go("/account");
    assert!(browser.path().starts_with("/login"));

    // A stranger with the link alone.
    let path = address.strip_prefix(&browser.server.url("")).unwrap().to_owned();
    browser.go("/upload/field#granary_nonsense");
    browser.wait_for_text("This code doesn’t open this tag.");
    browser.go("/livez");
    browser.go(&path);
    wait::until_true("the big button", || !browser.all("[data-choose]").is_empty());
    assert_eq!(browser.path(), "/upload/field", "no secret stays in the address");
    let sent =
        browser.run("return fetch('/upload/field/of-phone.txt', {method: 'POST', body: 'x'}).then(r => r.status)");
    assert_eq!(sent, 201);
    let read = browser.run("return fetch('/api/v1/tags').then(r => r.status)");
    assert_eq!(read, 401, "the cookie goes no further than below its tag");
    let refused = browser.complaints(|entry| entry["source"] == "security");
    assert!(refused.is_empty(), "{refused:?}");
}

fn the_same_doors_without_script(db: Db) {
    let look = Look { script: false, width: 390, height: 844, language: "zh-CN" };
    let browser = Browser::open_as(db, look);
    shut(&browser);
    browser.go("/tags/field");
    sign_in(&browser, PASSWORD);
    wait::until_true("the tag", || browser.path() == "/tags/field");
    let address = link(&browser);
    browser.go("/account");
    browser.click("form[action='/logout'] button");
    browser.wait_for_text("已退出登录");
    browser.go("/upload/field");
    browser.type_into(&browser.need("[name=code]"), &address);
    browser.click("[data-enter-form] button");
    wait::until_true("the form for files", || !browser.all("input[type=file][required]").is_empty());
    let (_folder, file) = crate::support::tools::file_with("稻.txt", b"rice");
    browser.type_into(&browser.need("input[type=file][required]"), file.to_str().unwrap());
    browser.click("form[action='/upload/field/link/files'] button");
    browser.wait_for_text("已上传 1 个文件");
    assert_eq!(browser.path(), "/upload/field");
    browser.expect_quiet();
}
