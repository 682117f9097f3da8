//! The journey of a training task: from a tag to a split, a copy and an export, and an image that is
//! deleted and comes back — by keyboard alone, in both languages, and without JavaScript.

use serde_json::json;

use crate::browser::{Browser, Look};
use crate::on_both_databases;
use crate::support::upload::word;
use crate::support::zip::Archive;
use crate::support::{Db, wait};
use crate::words::{TICKS, key};

on_both_databases!(a_task_is_made_split_copied_and_exported_by_keyboard, the_same_journey_without_script);

pub fn press_on(browser: &Browser, css: &str, keys: &str) {
    browser.focus(css);
    browser.press(keys);
}

/// The id of the task whose page is shown.
fn task_on_page(browser: &Browser) -> String {
    wait::until("the page of a task", || {
        let path = browser.path();
        let id = path.strip_prefix("/tasks/")?.split('?').next()?;
        id.bytes().all(|b| b.is_ascii_digit()).then(|| id.to_owned())
    })
}

fn sets(browser: &Browser, task: &str) -> [i64; 3] {
    let counts = browser.server.task(task)["counts"]["sets"].clone();
    ["training", "verifying", "testing"].map(|set| counts[set].as_i64().expect("a count"))
}

fn value(browser: &Browser, css: &str) -> String {
    word(&browser.run(&format!("return String(document.querySelector({css:?})?.value)")))
}

fn a_task_is_made_split_copied_and_exported_by_keyboard(db: Db) {
    let browser = Browser::open_as(db, Look { language: "zh-CN", ..Look::default() });
    browser.fill("手写", 10);
    // From the tag's page into the form of a new task.
    browser.go("/tags/手写");
    press_on(&browser, "summary[aria-label='更多操作']", key::ENTER);
    press_on(&browser, "a[href^='/tasks?tag=']", key::ENTER);
    wait::until_true("the form with the tag", || value(&browser, "form[action='/tasks'] [name=tag]") == "手写");
    browser.focus("form[method=post][action='/tasks'] [name=name]");
    browser.run("document.activeElement.select()");
    browser.press("数字识别");
    browser.press(key::ENTER);
    let task = task_on_page(&browser);
    browser.wait_for_text("已导入 10 张图像");
    assert_eq!(sets(&browser, &task), [10, 0, 0]);

    // The slider: 8 : 1 : 1 to begin with, then one arrow each.
    press_on(&browser, &format!("a[href='/tasks/{task}/split']"), key::ENTER);
    browser.wait_for_path(&format!("/tasks/{task}/split"));
    wait::until_true("the slider", || value(&browser, "[data-second]") == "9");
    press_on(&browser, "[data-first]", key::LEFT);
    press_on(&browser, "[data-second]", key::LEFT);
    let fields = ["training", "verifying", "testing"].map(|name| value(&browser, &format!("[name={name}]")));
    assert_eq!(fields, ["7", "1", "2"]);
    press_on(&browser, "[name=seed]", "7");
    browser.press(key::ENTER);
    browser.wait_for_text("已划分：训练 7，验证 1，测试 2");
    assert_eq!(sets(&browser, &task), [7, 1, 2]);
    let first = browser.server.task(&task)["split"]["digest"].clone();

    // A copy, with a page of its own.
    press_on(&browser, &format!("form[action='/tasks/{task}/copy'] button"), key::ENTER);
    wait::until_true("the copy", || task_on_page(&browser) != task);
    let copy = task_on_page(&browser);
    browser.wait_for_text("复制自");
    assert_eq!(sets(&browser, &copy), [7, 1, 2]);
    assert_eq!(browser.server.task(&copy)["copied_from"], json!([task]));
    assert_eq!(browser.server.task(&task)["split"]["digest"], first, "the source stays as it was");

    exports_arrive(&browser, &copy);
    an_image_goes_and_comes_back(&browser, &copy);
    browser.expect_quiet();
}

/// The links of the export menu are downloads; the browser itself takes one, and what arrives on the
/// disk is a whole archive.
fn exports_arrive(browser: &Browser, task: &str) {
    let links = "a[download][href*='/export?format=']";
    assert_eq!(browser.all(links).len(), 5);
    let folder = browser.download_into_a_folder();
    browser.click("details[data-menu] summary:not([aria-label])");
    press_on(browser, &format!("{links}[href$='format=coco']"), key::ENTER);
    let path = wait::until("the export on the disk", || {
        let mut found = std::fs::read_dir(folder.path()).ok()?.filter_map(Result::ok).map(|entry| entry.path());
        found.find(|path| path.extension().is_some_and(|ending| ending == "zip"))
    });
    let zip = std::fs::read(&path).expect("the download");
    let announced = browser.server.get(&format!("/training/tasks/{task}/export?format=coco")).expect(200);
    assert_eq!(zip.len(), announced.body.len(), "{} is whole", path.display());
    let names = Archive::read(&zip).names();
    assert!(names.iter().any(|name| name == "annotations/instances_train.json"), "{task}: {names:?}");
    assert_eq!(
        names.iter().filter(|name| name.starts_with("images/") && !name.ends_with('/')).count(),
        10,
        "{names:?}"
    );
    let tested = crate::support::tools::run(crate::support::tools::program("unzip").arg("-tq").arg(&path));
    tested.fine();
}

fn an_image_goes_and_comes_back(browser: &Browser, task: &str) {
    press_on(browser, TICKS, " ");
    press_on(browser, &format!("form[action='/tasks/{task}/images/delete'] button"), key::ENTER);
    browser.wait_for_text("已删除 1 张图像");
    assert_eq!(sets(browser, task).iter().sum::<i64>(), 9);
    // By one click in the notice…
    press_on(browser, "[data-notice] form button", key::ENTER);
    browser.wait_for_text("已恢复 1 张图像");
    assert_eq!(sets(browser, task), [7, 1, 2]);
    // … and, later, from the deleted ones, where it can be seen.
    press_on(browser, TICKS, " ");
    press_on(browser, &format!("form[action='/tasks/{task}/images/delete'] button"), key::ENTER);
    browser.wait_for_text("已删除 1 张图像");
    browser.go(&format!("/tasks/{task}?set=deleted"));
    let thumb = format!("img[src^='/tasks/{task}/images/']");
    wait::until_true("its thumbnail", || {
        browser.run(&format!("return document.querySelector({thumb:?})?.naturalWidth > 0")) == true
    });
    press_on(browser, TICKS, " ");
    press_on(browser, &format!("form[action='/tasks/{task}/images/restore'] button"), key::ENTER);
    browser.wait_for_text("已恢复 1 张图像");
    assert_eq!(sets(browser, task), [7, 1, 2]);
}

/// Types into the first field that matches, in the place of what stands there.
fn fill_in(browser: &Browser, css: &str, text: &str) {
    browser.need(css);
    browser.focus(css);
    browser.run("document.activeElement.select()");
    browser.press(text);
}

fn the_same_journey_without_script(db: Db) {
    let browser = Browser::open_as(db, Look { script: false, ..Look::default() });
    browser.fill("digits", 10);
    browser.go("/tasks");
    let form = "form[method=post][action='/tasks']";
    fill_in(&browser, &format!("{form} [name=name]"), "plain");
    fill_in(&browser, &format!("{form} [name=tag]"), "no such tag");
    browser.click(&format!("{form} button"));
    browser.wait_for_text("There is no tag of that name.");
    assert_eq!(value(&browser, &format!("{form} [name=name]")), "plain", "the form comes back filled in");
    fill_in(&browser, &format!("{form} [name=tag]"), "digits");
    browser.click(&format!("{form} button"));
    let task = task_on_page(&browser);
    browser.wait_for_text("10 images imported.");
    classes_by_plain_forms(&browser, &task);

    browser.click(&format!("a[href='/tasks/{task}/split']"));
    browser.wait_for_path(&format!("/tasks/{task}/split"));
    fill_in(&browser, "[name=training]", "0");
    browser.click("form[data-split] button.primary");
    browser.wait_for_text("The training set must have at least one image.");
    let beside = browser.run("return document.querySelector('[name=training]').getAttribute('aria-describedby')");
    assert_eq!(beside, "wrong-training", "the message stands beside its field");
    for (name, count) in [("training", "6"), ("verifying", "2"), ("testing", "2")] {
        fill_in(&browser, &format!("[name={name}]"), count);
    }
    browser.click("form[data-split] button.primary");
    browser.wait_for_text("Split: 6 training, 2 verifying, 2 testing.");
    assert_eq!(sets(&browser, &task), [6, 2, 2]);

    browser.click(&format!("form[action='/tasks/{task}/copy'] button"));
    browser.wait_for_text(&format!("This is a copy of task {task}"));
    let copy = task_on_page(&browser);
    browser.click(TICKS);
    browser.click(&format!("form[action='/tasks/{copy}/images/delete'] button"));
    browser.wait_for_text("1 image deleted.");
    browser.click("[data-notice] form button");
    browser.wait_for_text("1 image restored.");
    assert_eq!(sets(&browser, &copy), [6, 2, 2]);

    // A task is only deleted after a question.
    browser.go(&format!("/tasks/{copy}"));
    browser.click("summary[aria-label='More actions']");
    browser.click(&format!("form[action='/tasks/{copy}/delete'] button"));
    browser.wait_for_text("Delete this task?");
    assert_eq!(browser.server.get(&format!("/training/tasks/{copy}")).status, 200);
    browser.click(&format!("form[action='/tasks/{copy}/delete'] button"));
    browser.wait_for_path("/tasks");
    assert_eq!(browser.server.get(&format!("/training/tasks/{copy}")).status, 404);
}

fn classes_by_plain_forms(browser: &Browser, task: &str) {
    let add = format!("form[action='/tasks/{task}/classes']");
    for wrong in [false, true] {
        if !browser.all("#classes[open]").iter().any(|drawer| browser.shown(drawer)) {
            browser.click("#classes > summary");
        }
        fill_in(browser, &format!("{add} [name=name]"), "cat");
        browser.click(&format!("{add} button"));
        browser.wait_for_text(if wrong { "already" } else { "Label class added." });
    }
    let class = browser.server.task(task)["lab_class_list"][0].clone();
    let (id, name) = (&class["id"], word(&class["name"]));
    assert_eq!(name, "cat");
    let change = format!("form[action='/tasks/{task}/classes/{id}']");
    fill_in(browser, &format!("{change} [name=name]"), "dog");
    browser.click(&format!("{change} button"));
    browser.wait_for_text("Label class changed.");
    assert_eq!(browser.server.task(task)["lab_class_list"][0]["name"], "dog");
    browser.click(&format!("form[action='/tasks/{task}/classes/{id}/delete'] button"));
    browser.wait_for_text("Label class deleted.");
    assert_eq!(browser.server.task(task)["lab_class_list"], json!([]));
}

#[test]
fn counts_that_groups_do_not_allow_are_refused_with_the_nearest() {
    let browser = Browser::open(Db::Sqlite);
    let task = browser.server.new_task(&[]);
    // Three groups of two: five can't be had.
    for number in 0..6_u8 {
        let bytes = crate::support::pictures::png(40 + u32::from(number) * 3, 40, number * 31);
        let id = browser.server.ready_png(&task, &format!("{number}.png"), (40 + u32::from(number) * 3, 40), &bytes);
        let group = json!({"group": format!("person {}", number / 2)});
        browser.server.send_json("PUT", &format!("/training/images/{id}/group"), &group).expect_fine();
    }
    browser.go(&format!("/tasks/{task}/split"));
    for (name, count) in [("training", "5"), ("testing", "1"), ("verifying", "0")] {
        fill_in(&browser, &format!("[name={name}]"), count);
    }
    browser.click("[name=group]");
    browser.click("form[data-split] button.primary");
    browser.click("button[name=nearest]");
    browser.wait_for_path(&format!("/tasks/{task}"));
    browser.wait_for_text("Split: ");
    assert!(sets(&browser, &task).iter().all(|count| count % 2 == 0), "whole groups");
    assert_eq!(sets(&browser, &task).iter().sum::<i64>(), 6);
    // Chromium writes a refused form into its log as an error, so that isn't looked at here.
}
