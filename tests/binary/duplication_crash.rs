//! A copy is there as a whole or not at all, whenever the server dies (contract §2.5).

use std::time::Duration;

use serde_json::json;

use crate::on_both_databases;
use crate::support::http::try_send;
use crate::support::{Db, Server, Settings, pictures, wait};

on_both_databases!(a_kill_in_the_middle_leaves_no_part_of_a_copy, many_images_are_copied_in_order);

/// Doubles the images of the one task `times` times, with their annotations.
fn multiply(server: &Server, times: u32) {
    const FAR: i64 = 50_000_000_000;
    let direct = server.direct();
    for step in 0..times {
        let (count, far) = (1_i64 << step, FAR + (1_i64 << step));
        let images = "img_type, img_size, width, height, create_oper, create_time, sha256, group_key, source_file, \
                      origin_id, is_del";
        let places = "set_id, is_placed, img_state, top_class, img_roi_id, img_mask_id, img_dl_id, is_del";
        // The first lies at an id of the server, the others far from where it draws.
        let id = |table: &str| {
            format!(
                "CASE WHEN {table}.img_id % 100000000000 < {FAR} THEN {table}.img_id + {far} ELSE {table}.img_id + {count} END"
            )
        };
        direct.run(&[
            format!(
                "INSERT INTO images (img_id, img_name, {images}) SELECT {}, img_name, {images} FROM images",
                id("images")
            ),
            format!(
                "INSERT INTO task_images (task_id, order_id, img_id, {places}) \
                 SELECT task_id, order_id + {count}, {}, {places} FROM task_images",
                id("task_images")
            ),
            format!(
                "INSERT INTO annotations (img_id, doc, sha256, classes, updated_at) \
                 SELECT {}, doc, sha256, classes, updated_at FROM annotations",
                id("annotations")
            ),
        ]);
    }
    direct.run(&[format!("UPDATE tasks SET last_order_id = {}, revision = revision + 1", 1_i64 << times)]);
}

/// A task with `2^times` annotated images.
fn large(server: &Server, times: u32) -> String {
    let task = server.new_task(&["cat"]);
    let image = server.ready_png(&task, "a.png", (20, 10), &pictures::png(20, 10, 1));
    let objects = json!({"objects": [{"class": "cat", "bbox": [1, 2, 3, 4]}]});
    server.send_json("PUT", &format!("/training/images/{image}/annotation"), &objects).expect_fine();
    multiply(server, times);
    task
}

/// Rows that a transaction under way has written, as far as can be seen from outside.
fn written(server: &Server, db: Db) -> u64 {
    match db {
        // What doesn't fit the cache is spilled to the log before the commit.
        Db::Sqlite => {
            let log = server.data_dir().join("granary.db-wal");
            std::fs::metadata(log).map_or(0, |facts| facts.len())
        }
        Db::MariaDb => {
            let rows = "SELECT CAST(COALESCE(SUM(trx_rows_modified), 0) AS SIGNED) FROM information_schema.innodb_trx \
                        WHERE trx_query LIKE 'INSERT INTO%SELECT%'";
            u64::try_from(server.direct().number(rows)).unwrap()
        }
    }
}

fn a_kill_in_the_middle_leaves_no_part_of_a_copy(db: Db) {
    let mut server = Server::start_with(db, Settings::relaxed());
    let times = 15;
    let old = large(&server, times);
    // Folds what multiplying wrote out of SQLite's log.
    server.terminate();
    let (mut copies, mut new) = (0, String::new());
    for round in 0..3_u64 {
        server.restart();
        new = (100 + round).to_string();
        kill_in_the_middle(&mut server, db, &old, &new, Duration::from_millis(round * 60));
        server.restart();
        let told = server.get(&format!("/training/tasks/{new}"));
        copies += i64::from(told.status == 200);
        let rows = server.direct().number(&format!("SELECT COUNT(*) FROM task_images WHERE task_id = {new}"));
        assert_eq!(rows, if told.status == 200 { 1 << times } else { 0 });
    }
    assert!(copies < 3, "no copy was cut in its middle");
    // What was cut can simply be asked for again.
    if server.get(&format!("/training/tasks/{new}")).status == 404 {
        let body = json!({"task_id_old": old, "task_id": new});
        server.send_json("POST", "/training/tasks/duplication", &body).expect_fine();
        copies += 1;
    }
    let told = server.task(&new);
    assert_eq!(told["counts"]["states"]["2"], 1 << times, "{told}");
    for table in ["images", "task_images", "annotations"] {
        let rows = server.direct().number(&format!("SELECT COUNT(*) FROM {table}"));
        assert_eq!(rows, (1 + copies) << times, "{table}");
    }
}

/// Asks for a copy, and kills the server `pause` after the first rows were written.
fn kill_in_the_middle(server: &mut Server, db: Db, old: &str, new: &str, pause: Duration) {
    let (port, body) = (server.port(), json!({"task_id_old": old, "task_id": new}).to_string());
    let kind = [("Content-Type", "application/json")];
    let before = written(server, db);
    std::thread::scope(|scope| {
        let copying =
            scope.spawn(move || try_send(port, "POST", "/training/tasks/duplication", &kind, body.as_bytes()));
        wait::until_true("rows of the copy", || written(server, db) > before + 1000 || copying.is_finished());
        std::thread::sleep(pause);
        server.kill();
    });
}

fn many_images_are_copied_in_order(db: Db) {
    let server = Server::start(db);
    let old = large(&server, 13);
    let direct = server.direct();
    direct.run(&["UPDATE task_images SET is_del = 1 WHERE order_id % 5 = 2".to_owned()]);
    let body = json!({"task_id_old": old, "task_id": "9"});
    let answer = server.send_json("POST", "/training/tasks/duplication", &body).expect_fine();
    let images = answer["image_list"].as_array().unwrap();
    let living = direct.number(&format!("SELECT COUNT(*) FROM task_images WHERE task_id = {old} AND is_del = 0"));
    assert_eq!(i64::try_from(images.len()).unwrap(), living);
    let mut ids: Vec<String> = Vec::new();
    for (image, order) in images.iter().zip(1..) {
        assert_eq!(image["order_id"], order);
        ids.push(crate::support::upload::word(&image["img_id"]));
    }
    assert!(ids.is_sorted(), "ids go up with the order");
    // Each copy stands where its original stood among the living: one in five before it is gone.
    let moved = "SELECT COUNT(*) FROM task_images n JOIN images c ON c.img_id = n.img_id \
                 JOIN task_images o ON o.img_id = c.origin_id WHERE n.task_id = 9 \
                 AND 5 * (o.order_id - n.order_id) <> o.order_id + 3 - (o.order_id + 3) % 5";
    assert_eq!(direct.number(moved), 0);
}
