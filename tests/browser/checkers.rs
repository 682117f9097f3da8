//! What checkers of others say of every page: axe-core in both themes and languages, with every menu shut and open; and
//! html-validate of the very bytes that are served. `./scripts/test` installs both (`tests/clients/pages`).

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::access::{LANGUAGES, every_page, speak};
use crate::browser::Browser;
use crate::support::upload::word;
use crate::support::{Db, tools};

/// Where the checkers are.
fn modules() -> PathBuf {
    let folder = std::env::var_os("GRANARY_TEST_NODE").map(PathBuf::from);
    folder.filter(|folder| folder.is_dir()).expect("the checkers aren't installed: ./scripts/test installs them")
}

/// Runs axe over the page; each violation with the element it is about. Every rule, the experimental ones among them.
const AXE: &str = "
    const rules = Object.fromEntries(axe.getRules().map(rule => [rule.ruleId, {enabled: true}]));
    // AAA is not what these pages promise.
    for (const rule of axe.getRules(['wcag2aaa'])) rules[rule.ruleId] = {enabled: false};
    return axe.run(document, {rules, resultTypes: ['violations']}).then(done => done.violations.flatMap(
        wrong => wrong.nodes.map(node => `${wrong.id}: ${node.html.slice(0, 200)} ${node.failureSummary?.replaceAll('\\n', ' ').slice(0, 200)}`)
    ))";

const OPEN_ALL: &str = "for (const e of document.querySelectorAll('details')) e.open = true;";

#[test]
fn axe_finds_nothing_on_any_page() {
    let source = std::fs::read_to_string(modules().join("axe-core/axe.min.js")).expect("axe");
    let browser = Browser::open(Db::Sqlite);
    let pages = every_page(&browser);
    let mut wrong = String::new();
    for (theme, lang, before) in [("light", LANGUAGES[0], ""), ("dark", LANGUAGES[1], OPEN_ALL)] {
        speak(&browser, lang);
        browser.run(&format!("document.cookie = 'theme={theme}; path=/'"));
        for path in &pages {
            browser.go(path);
            let found = browser.run(&format!("{before}\n{source}\n{AXE}"));
            for line in found.as_array().expect("a list") {
                let _ = writeln!(wrong, "{path} in {theme}, {lang}: {}", word(line));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_page_is_valid_html() {
    let browser = Browser::open(Db::Sqlite);
    let pages = every_page(&browser);
    let folder = tempfile::tempdir().expect("a folder");
    let mut names = String::new();
    for (lang, path) in LANGUAGES.iter().flat_map(|lang| pages.iter().map(move |path| (lang, path))) {
        let name = format!("{:03}.html", names.lines().count());
        let answer = browser.server.get_with(path, &[("Accept-Language", lang)]);
        std::fs::write(folder.path().join(&name), &answer.body).expect("a file");
        let _ = writeln!(names, "{name} {path} in {lang}");
    }
    let done = Command::new("node")
        .arg(modules().join("html-validate/bin/html-validate.mjs"))
        .arg("--config")
        .arg(tools::client("pages/htmlvalidate.json"))
        .arg("--formatter=text")
        .arg(folder.path())
        .output()
        .expect("node isn't installed: ./scripts/test installs what the tests need");
    let told = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{told}\n{names}");
}
