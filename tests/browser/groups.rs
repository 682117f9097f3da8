//! The journey through face groups: found, looked through, a face and then a whole group deleted — by keyboard alone, in
//! Chinese, and without JavaScript.

use crate::browser::{Browser, Look};
use crate::on_both_databases;
use crate::support::faces::Groups;
use crate::support::{Db, wait};
use crate::training::press_on;
use crate::words::key;

on_both_databases!(a_group_is_looked_through_and_deleted_by_keyboard, the_same_group_without_script);

fn count(browser: &Browser, group: &str) -> i64 {
    let list = browser.server.get("/api/v1/groups").expect(200).json();
    let found = list["items"].as_array().expect("items").iter().find(|item| item["name"] == group).cloned();
    found.map_or(-1, |group| group["face_count"].as_i64().expect("a count"))
}

fn shown(browser: &Browser) -> usize {
    browser.all(".face").len()
}

fn a_group_is_looked_through_and_deleted_by_keyboard(db: Db) {
    let browser = Browser::open_as(db, Look { language: "zh-CN", ..Look::default() });
    browser.go("/groups");
    browser.wait_for_text("还没有人脸库");
    let groups = Groups::of(&browser.server);
    let ids = groups.add("员工/A区", 150);
    groups.add("访客", 2);
    // By the rail to the list, by the search to the group.
    press_on(&browser, "nav.rail a[href='/groups']", key::ENTER);
    wait::until_true("two cards", || browser.all(".card").len() == 2);
    press_on(&browser, "[role=search] input", "a区");
    browser.press(key::ENTER);
    browser.wait_for_text("1 个包含“a区”的人脸库");
    press_on(&browser, ".card a", key::ENTER);
    browser.wait_for_text("150 张人脸");
    // The list goes on by itself.
    wait::until_true("more faces", || {
        browser.run("window.scrollTo(0, document.body.scrollHeight)");
        shown(&browser) == 150
    });
    let broken =
        "return [...document.querySelectorAll('.crop')].slice(0, 20).every(i => i.complete && i.naturalWidth > 0)";
    browser.run("window.scrollTo(0, 0)");
    wait::until_true("the crops", || browser.run(broken) == true);
    // One face among those that a search finds; the search is still there afterwards.
    press_on(&browser, "[role=search] input", "number 7");
    browser.press(key::ENTER);
    browser.wait_for_text("包含“number 7”的有 11 张人脸");
    assert_eq!(shown(&browser), 11);
    press_on(&browser, &format!("form[action$='/faces/{}/delete'] button", ids[7]), key::ENTER);
    browser.wait_for_text("删除后无法恢复");
    assert_eq!(count(&browser, "员工/A区"), 150, "nothing is deleted before the answer");
    press_on(&browser, "button.solid", key::ENTER);
    browser.wait_for_text("已删除该人脸");
    assert_eq!((shown(&browser), count(&browser, "员工/A区")), (10, 149));
    // The whole group: by its name alone.
    press_on(&browser, "summary[aria-label='更多操作']", key::ENTER);
    press_on(&browser, ".panel form button", key::ENTER);
    wait::until_true("the question", || !browser.all("input[name=name]").is_empty());
    press_on(&browser, "input[name=name]", "员工");
    browser.press(key::ENTER);
    browser.wait_for_text("与此人脸库的名称不符");
    assert_eq!(count(&browser, "员工/A区"), 149);
    browser.focus("input[name=name]");
    browser.run("document.activeElement.select()");
    browser.press("员工/A区");
    browser.press(key::ENTER);
    browser.wait_for_text("已删除人脸库，含 149 张人脸");
    assert_eq!((count(&browser, "员工/A区"), count(&browser, "访客")), (-1, 2));
    browser.expect_quiet();
}

fn the_same_group_without_script(db: Db) {
    let browser = Browser::open_as(db, Look { script: false, ..Look::default() });
    let ids = Groups::of(&browser.server).add("staff", 70);
    browser.go("/groups");
    browser.click(".card a");
    browser.wait_for_text("70 faces");
    wait::until_true("a first page", || browser.all(".face").len() == 60);
    browser.click("a[data-more]");
    wait::until_true("the rest", || browser.all(".face").len() == 10);
    browser.click(&format!("form[action$='/faces/{}/delete'] button", ids[0]));
    browser.wait_for_text("This can’t be undone.");
    browser.click("button.solid");
    browser.wait_for_text("The face is deleted.");
    assert_eq!(count(&browser, "staff"), 69);
    browser.click(".menu summary");
    browser.click(".panel form button");
    browser.wait_for_text("Type the name of the group");
    let field = browser.need("input[name=name]");
    browser.type_into(&field, "staff");
    browser.click("button.solid");
    browser.wait_for_text("The group is deleted, with 69 faces.");
    assert_eq!(count(&browser, "staff"), -1);
}
