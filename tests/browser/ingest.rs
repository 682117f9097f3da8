//! The journey of a face ingest task: a CSV is looked at, sent, and followed to its end; its log is filtered; the task
//! is deleted by its typed name — by keyboard, in Chinese, and without JavaScript.

use crate::browser::{Browser, Look};
use crate::on_both_databases;
use crate::support::upload::word;
use crate::support::{Db, pictures, tools, wait};
use crate::words::key;

/// Rows that take a while, one after the other.
const ROWS: usize = 16;

on_both_databases!(a_csv_is_followed_to_its_end_by_keyboard, the_same_without_script);

const FORM: &str = "form[action='/ingest'][method=post]";

/// Two rows that can't be fetched, one picture of this server without a face, and one that is no picture.
fn csv(browser: &Browser) -> String {
    browser.server.store("faces", "plain.png", &pictures::png(120, 90, 3));
    let evil = "<script>document.title = 'broken in'</script>";
    format!(
        "tag,uri,description\n张三,http://127.0.0.1:1/1.jpg,{evil}\n李四,ftp://h/2.jpg,b\n王五,granary:tag/faces/plain.png,c\n\
         赵六,\"data:image/png;base64,aGVsbG8=\",d\n"
    )
}

/// The id of the task whose page is shown.
fn task_on_page(browser: &Browser) -> String {
    wait::until("the page of an ingest task", || {
        let path = browser.path();
        let id = path.strip_prefix("/ingest/")?.split('?').next()?;
        (id.len() == 12).then(|| id.to_owned())
    })
}

fn a_csv_is_followed_to_its_end_by_keyboard(db: Db) {
    let browser = Browser::open_as(db, Look { language: "zh-CN", ..Look::default() });
    let text = csv(&browser);
    let (gb, _, _) = encoding_rs::GB18030.encode(&text);
    let (_folder, path) = tools::file_with("名单.csv", &gb);
    browser.go("/ingest");
    browser.wait_for_text("还没有入库任务");
    assert!(browser.all("[name=check]").is_empty(), "with scripts the file is shown at once");
    let field = browser.need(&format!("{FORM} [name=file]"));
    browser.type_into(&field, path.to_str().unwrap());
    browser.wait_for_text("编码 GB18030，分隔符 逗号，前几行读取如下：");
    let rows = browser.run("return [...document.querySelectorAll('[data-glimpse] td')].map(cell => cell.textContent)");
    assert_eq!(rows[1], "张三", "{rows}");
    assert!(word(&rows[2]).contains("<script>"), "shown as text: {rows}");
    browser.focus(&format!("{FORM} [name=group_name]"));
    browser.press("员工");
    browser.press(key::ENTER);
    let task = task_on_page(&browser);
    browser.wait_for_text("任务已启动");
    // It comes by itself, without a reload.
    browser.wait_for_text("4 / 4 行");
    wait::until_true("the log", || browser.all(".lines li").len() == 4);

    browser.focus(&format!("a[href='/ingest/{task}?code=101']"));
    browser.press(key::ENTER);
    wait::until_true("the filter", || browser.path().ends_with("?code=101"));
    wait::until_true("the filtered log", || browser.all(".lines li").len() == 2);
    browser.wait_for_text("不支持的协议 ftp");
    let links = browser.run("return [...document.querySelectorAll('.lines a')].map(link => link.protocol)");
    assert_eq!(links, serde_json::json!(["http:"]), "only addresses of the web are links");

    browser.go(&format!("/ingest/{task}"));
    let shown = "document.querySelector('.lines img[src^=\"/files/\"]')";
    wait::until_true("the picture beside its row", || {
        browser.run(&format!("return {shown}?.naturalWidth > 0")) == true
    });
    browser.focus(&format!("form[action='/ingest/{task}/delete'] button"));
    browser.press(key::ENTER);
    browser.focus("[name=typed]");
    browser.press("员工");
    browser.press(key::ENTER);
    browser.wait_for_text("任务已删除");
    assert_eq!(browser.server.get(&format!("/v1/tasks/{task}/detail")).status, 404);
    browser.expect_quiet();
}

fn the_same_without_script(db: Db) {
    let browser = Browser::open_as(db, Look { script: false, ..Look::default() });
    let (_folder, path) = tools::file_with("list.csv", csv(&browser).as_bytes());
    browser.go("/ingest");
    let choose = || {
        let field = browser.need(&format!("{FORM} [name=file]"));
        browser.type_into(&field, path.to_str().unwrap());
    };
    choose();
    browser.click("[name=check]");
    browser.wait_for_text("UTF-8, fields parted by commas; its first rows are read like this:");
    browser.wait_for_text("张三");
    browser.focus(&format!("{FORM} [name=group_name]"));
    browser.press("staff");
    choose();
    browser.click("[name=start]");
    browser.click(&format!("{FORM} button.primary"));
    let task = task_on_page(&browser);
    browser.wait_for_text("The task was created.");
    browser.click(&format!("form[action='/ingest/{task}/start'] button"));
    // The page asks anew by itself, every few seconds.
    browser.wait_for_text("4 of 4 rows");
    wait::until_true("the log", || browser.all(".lines li").len() == 4);
    browser.click(&format!("form[action='/ingest/{task}/delete'] button"));
    browser.type_into(&browser.need("[name=typed]"), "stuff");
    browser.click(&format!("form[action='/ingest/{task}/delete'] button"));
    browser.wait_for_text("That isn’t the group’s name.");
    assert_eq!(browser.server.get(&format!("/v1/tasks/{task}/detail")).status, 200);
}

/// The page of a task that runs, with the focus on `css`, until it says that the task is completed.
fn until_its_end(browser: &Browser, css: &str) {
    let csv = "granary:tag/faces/large.png\n".repeat(ROWS);
    let id = browser.server.create(&[("thread_num", "1")], &csv);
    browser.server.ask(&id, "start").expect(200);
    browser.go(&format!("/ingest/{id}"));
    browser.focus(&css.replace("ID", &id));
    assert!(!browser.all("[data-events]").is_empty(), "the task is running still");
    browser.need(".chip.state-completed");
    wait::until_true("the whole page", || browser.all("[data-events]").is_empty());
}

#[test]
fn the_focus_stays_where_it_is_when_a_task_ends() {
    let browser = Browser::open(Db::Sqlite);
    browser.server.store("faces", "large.png", &pictures::png(640, 480, 3));
    until_its_end(&browser, "a[href='/v1/tasks/ID/download_log']");
    let focused = browser.run("return document.activeElement.getAttribute('href')");
    assert!(word(&focused).ends_with("/download_log"), "{focused}");
    until_its_end(&browser, "form[action='/ingest/ID/stop'] button");
    assert_eq!(browser.run("return document.activeElement.localName"), "h1", "there is nothing left to stop");
    until_its_end(&browser, "form[action='/ingest/ID/delete'] button");
    let focused = browser.run("return document.activeElement.form.getAttribute('action')");
    assert!(word(&focused).ends_with("/delete"), "{focused}");
    browser.expect_quiet();
}

/// What stands below the field of the file is what the server will read, or why it won't.
#[test]
fn a_table_is_shown_as_the_server_reads_it() {
    let browser = Browser::open(Db::Sqlite);
    browser.go("/ingest");
    let utf16: Vec<u8> = std::iter::once(0xfeff)
        .chain("uri\ttag\r\nhttp://h/1\t张三\r\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, bytes, told, cells) in [
        ("a.csv", b"sep=;\r\ntag;uri\r\nstaff;http://h/1;x\r\n".to_vec(), "UTF-8, fields parted by semicolons", 3),
        ("b.txt", utf16, "UTF-16LE, fields parted by tabs", 3),
        ("c.csv", b"http://h/a;v=1\nhttp://h/b;v=2\n".to_vec(), "UTF-8, fields parted by commas", 6),
        ("d.xlsx", b"PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml".to_vec(), "an Excel workbook (.xlsx)", 0),
        ("e.csv", b"uri,tag\n".to_vec(), "there is no row in it", 0),
    ] {
        let (_folder, path) = tools::file_with(name, &bytes);
        let field = browser.need(&format!("{FORM} [name=file]"));
        browser.type_into(&field, path.to_str().unwrap());
        browser.wait_for_text(told);
        assert_eq!(browser.all("[data-glimpse] td").len(), cells, "{name}");
    }
    let path = browser.path();
    assert_eq!(path, "/ingest", "nothing was made");
    browser.expect_quiet();
}
