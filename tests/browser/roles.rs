//! Nobody is offered what is refused: every page as each role, and every form on it; what the log says of it all.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::access::every_page;
use crate::browser::Browser;
use crate::doors::{shut, sign_in};
use crate::support::{Db, wait};

const PASSWORD: &str = "oats and millet";

/// Addresses of forms that change something, and links to pages that only lead to such forms.
const OFFERS: &str = "
    const forms = [...document.querySelectorAll('form[method=post]')].map(e => new URL(e.action).pathname);
    const buttons = [...document.querySelectorAll('[formaction]')].map(e => new URL(e.formAction).pathname);
    const links = [...document.querySelectorAll('main a')].map(e => new URL(e.href).pathname);
    return [...forms, ...buttons, ...links.filter(path => /^.new$|.split$|^.tasks.send$|^.audit$/.test(path))]";

/// What anybody may do who has signed in.
fn is_for_all(path: &str) -> bool {
    let own = ["/theme", "/language", "/login", "/logout", "/account/tokens", "/account/password"];
    own.contains(&path)
        || path.ends_with("/link/enter")
        || path.starts_with("/account/")
        || path.starts_with("/tags/") && path.ends_with("/zip")
}

fn add_user(browser: &Browser, name: &str, role: &str) {
    let (code, _, err) = browser.server.run(&["user", "add", name, "--role", role], PASSWORD);
    assert_eq!(code, 0, "{err}");
}

fn enter(browser: &Browser, name: &str) {
    browser.go("/about");
    if !browser.path().starts_with("/login") {
        browser
            .run("document.cookie = 'tz=UTC; path=/'; return fetch('/logout', {method: 'POST'}).then(r => r.status)");
        browser.go("/about");
    }
    browser.type_into(&browser.need("[name=name]"), name);
    browser.type_into(&browser.need("[name=password]"), PASSWORD);
    browser.click("form[action='/login'] button");
    wait::until_true("signed in", || browser.path() == "/about");
}

fn offers(browser: &Browser, pages: &[String]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for path in pages.iter().filter(|path| !matches!(path.as_str(), "/audit" | "/nowhere")) {
        browser.go(path);
        assert!(!browser.content().contains("403"), "{path}");
        let found = browser.run(OFFERS);
        all.extend(found.as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned));
    }
    all
}

#[test]
fn nobody_is_offered_what_is_refused() {
    let browser = Browser::open(Db::Sqlite);
    let pages = every_page(&browser);
    shut(&browser);
    add_user(&browser, "ann", "read");
    add_user(&browser, "bob", "write");
    enter(&browser, "ann");
    let refused: Vec<String> = offers(&browser, &pages).into_iter().filter(|path| !is_for_all(path)).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    // Files that are dropped go nowhere, and the scripts don't stumble. (Some of the pages above answer 400, which is logged.)
    let _ = browser.complaints(|_| false);
    browser.go("/tags/access");
    assert!(browser.all("#tray, #veil").is_empty() && !browser.all("[form=selection]").is_empty());
    browser.expect_quiet();

    // By hand it is refused, for its true cause.
    browser.go("/tags/access");
    browser.run(
        "const form = document.querySelector('#selection'); form.action = '/tags/access/delete';
         form.classList.add('active'); form.submit()",
    );
    browser.wait_for_text("You are signed in as ann with the role read");
    assert!(!browser.content().contains("another site"));

    enter(&browser, "bob");
    let offered = offers(&browser, &pages);
    assert!(!offered.contains("/audit") && offered.contains("/tags/access/trash") && offered.contains("/new"));
    browser.go("/audit");
    browser.wait_for_text("role write");
}

#[test]
fn whoever_came_by_a_link_sees_only_where_they_may_go() {
    let browser = Browser::open(Db::Sqlite);
    shut(&browser);
    browser.go("/tags/field");
    sign_in(&browser, PASSWORD);
    browser.click(".menu:has(.link-make) summary");
    browser.click(".link-make button");
    wait::until_true("the link", || browser.path() == "/account/links");
    let codes: Vec<String> = browser.all(".command code").iter().map(|element| browser.text(element)).collect();
    let address = codes.iter().find(|text| text.starts_with("http")).expect("an address").clone();
    browser.go("/account");
    browser.click("form[action='/logout'] button");
    browser.wait_for_text("You have signed out.");
    browser.go(address.strip_prefix(&browser.server.url("")).expect("of this server"));
    wait::until_true("the big button", || !browser.all("[data-choose]").is_empty());
    assert!(browser.all("a[href^='/tags/']").is_empty(), "it reads nothing");
}

#[test]
fn the_log_reads_as_sentences() {
    let browser = Browser::open(Db::Sqlite);
    shut(&browser);
    browser.go("/account");
    sign_in(&browser, PASSWORD);
    browser.wait_for_text("Make a token");
    browser.type_into(&browser.need(".token-form [name=name]"), "phones");
    browser.type_into(&browser.need(".token-form [name=tag]"), "field");
    browser.click(".token-form button");
    browser.wait_for_text("it is shown this once");
    browser.go("/account");
    browser.click("button[aria-label='Revoke: phones']");
    browser.wait_for_text("The token is revoked");
    browser.go("/tasks");
    browser.type_into(&browser.need("main [name=name]"), "Spring wheat");
    browser.click("main form[action='/tasks'] button.primary");
    browser.wait_for_text("The task is made.");
    browser.go("/tags/field");
    browser.click(".menu:has(form[action$='/delete']) summary");
    browser.click("form[action='/tags/field/delete'] button");
    wait::until_true("the first page", || browser.path() == "/");
    browser.go("/trash");
    assert!(browser.content().contains("field / picture 0.jpg"), "the trash names the tag");
    browser.go("/audit");
    for text in [
        "keeper minted the token phones",
        "keeper revoked the token phones",
        "keeper made the task Spring wheat",
        "keeper moved the tag field to the trash",
        "keeper signed in",
        "added the user keeper",
    ] {
        browser.wait_for_text(text);
    }
    let time = browser.text(&browser.need(".audit time"));
    assert_eq!(time.matches(':').count(), 2, "to the second: {time}");
    browser.go("/audit?q=phones");
    assert_eq!(browser.all(".audit tbody tr").len(), 2, "found by the thing's name");
}
