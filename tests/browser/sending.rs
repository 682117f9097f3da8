//! From a tag's page to a training task: a selection, and all that a filter finds, with JavaScript and
//! without it; and on to the page of a single image.

use serde_json::json;

use crate::browser::{Browser, Look};
use crate::on_both_databases;
use crate::support::upload::word;
use crate::support::{Db, wait};
use crate::words::{TICKS, key};

on_both_databases!(a_selection_and_a_filter_go_to_tasks, the_same_without_script, one_image_is_looked_at);

fn a_selection_and_a_filter_go_to_tasks(db: Db) {
    let browser = Browser::open_as(db, Look { language: "zh-CN", ..Look::default() });
    browser.fill("野外", 4);
    browser.go("/tags/野外");
    browser.run(&format!("document.querySelector({TICKS:?}).click()"));
    browser.click("#selection button[formaction='/tasks/send']");
    browser.wait_for_path("/tasks/send");
    browser.wait_for_text("1 个文件");
    // No task stands yet, so a new one is offered, named after the tag.
    assert!(browser.shown(&browser.need("[name=name]")));
    browser.click("main form button.primary");
    browser.wait_for_text("已导入 1 张图像。");
    let task = browser.path().trim_start_matches("/tasks/").to_owned();
    assert_eq!(browser.server.task(&task)["task_name"], "野外");
    browser.click("[data-notice] a[href^='/tags/']");
    wait::until_true("the tag's page", || browser.path().starts_with("/tags/"));

    // `a` takes all that the filter finds, loaded or not.
    browser.go("/tags/野外?q=picture");
    browser.click("[data-menu] summary[aria-label='更多操作']");
    browser.click("[data-menu] a[href^='/tasks/send?']");
    browser.wait_for_path("/tasks/send");
    browser.wait_for_text("4 个文件");
    assert_eq!(word(&browser.run("return document.querySelector('[name=to]').value")), task, "the newest is chosen");
    assert!(browser.all("[name=name]").iter().all(|field| !browser.shown(field)), "only a new task has a name");
    browser.click("main form button.primary");
    browser.wait_for_text("已导入 3 张图像；1 张已在此任务中。");
    assert_eq!(browser.server.task(&task)["counts"]["sets"]["training"], 4);
    browser.expect_quiet();
}

fn the_same_without_script(db: Db) {
    let browser = Browser::open_as(db, Look { script: false, ..Look::default() });
    browser.fill("plain", 3);
    let task = browser.server.new_task(&[]);
    browser.go("/tags/plain");
    browser.click(TICKS);
    browser.click("#selection button[formaction='/tasks/send']");
    browser.click("main form button.primary");
    browser.wait_for_text("1 image imported.");
    assert_eq!(browser.server.task(&task)["counts"]["sets"]["training"], 1);
    browser.click("[data-notice] a[href='/tags/plain']");
    browser.click("[data-menu] summary[aria-label='More actions']");
    browser.click("[data-menu] a[href^='/tasks/send?']");
    browser.click("[name=to] option[value=new]");
    browser.click("main form button.primary");
    browser.wait_for_text("3 images imported.");
    assert_ne!(browser.path(), format!("/tasks/{task}"));
    browser.expect_quiet();
}

fn one_image_is_looked_at(db: Db) {
    let browser = Browser::open(db);
    let files = browser.fill("looks", 3);
    let task = browser.server.new_task(&["cat"]);
    let import = format!("/training/tasks/{task}/import");
    let images = browser.server.send_json("POST", &import, &json!({"tag": "looks"})).expect_fine()["img_datas"].clone();
    let ids = ["picture 0.jpg", "picture 1.jpg", "picture 2.jpg"].map(|name| word(&images[name]));
    let doc = json!({"objects": [{"class": "cat", "bbox": [10, 20, 30.5, 40]}]});
    browser.server.send_json("PUT", &format!("/training/images/{}/annotation", ids[0]), &doc).expect_fine();
    let path = |at: usize| format!("/tasks/{task}/images/{}", ids[at]);

    browser.go(&format!("/tasks/{task}"));
    browser.click(&format!("main a[href='{}'] img", path(0)));
    browser.wait_for_path(&path(0));
    for text in ["picture 0.jpg", "Annotated", "Training", "cat", "10, 20"] {
        browser.wait_for_text(text);
    }
    // The box lies where it belongs on the picture of 300 × 200 pixels, which isn't blown up.
    let placed = browser.run(
        "const [a, b] = ['.stage img', '.boxes .over'].map(css => document.querySelector(css).getBoundingClientRect());
         return [b.left - (a.left + a.width / 2 - 150), b.top - (a.top + a.height / 2 - 100), b.width, b.height];",
    );
    for (found, wanted) in placed.as_array().expect("four").iter().zip([10.0, 20.0, 30.5, 40.0]) {
        assert!((found.as_f64().expect("a figure") - wanted).abs() < 1.0, "{placed}");
    }
    assert!(!browser.all(&format!("main a[href='/files/{}']", files[0])).is_empty(), "the file that it came from");
    browser.press(key::RIGHT);
    browser.wait_for_path(&path(1));
    browser.press(key::LEFT);
    browser.wait_for_path(&path(0));
    // Deleting goes on to the next one, so that one can look through a task and weed.
    browser.click(&format!("form[action='/tasks/{task}/images/delete'] button"));
    browser.wait_for_path(&path(1));
    browser.wait_for_text("1 image deleted.");
    browser.go(&path(0));
    browser.click(&format!("form[action='/tasks/{task}/images/restore'] button"));
    browser.wait_for_text("1 image restored.");
    browser.wait_for_path(&path(0));
    browser.press(key::ESCAPE);
    browser.wait_for_path(&format!("/tasks/{task}"));
    assert_eq!(browser.server.task(&task)["counts"]["sets"]["training"], 3);
    browser.expect_quiet();
}
