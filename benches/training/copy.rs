//! A copy of a million annotated images against plain `INSERT … SELECT`s of the same rows; exports of
//! them; a registration.

use std::fmt::Write;
use std::time::{Duration, Instant};

use granary::platform::db::{Db, Sql};

use crate::server::Server;
use crate::{Place, fill, row};

const IMAGES: i64 = 1_000_000;
const TASK: i64 = 2_024_111_400_000_000_000;
/// Where the plain copy goes; the server draws its own ids.
const PLAIN: i64 = 2_025_111_400_000_000_000;

pub async fn measure(place: &Place) {
    let db = place.open().await;
    fill::task(&db, TASK, IMAGES).await;
    annotate(&db).await;
    let server = Server::start(place);
    let time = register(&server);
    row(place.engine, "registration of 10,000 images", &seconds(time), Some(server.peak()));
    let plain = plain(&db).await;
    row(place.engine, "plain INSERT … SELECT of 1,000,000 images", &seconds(plain), None);
    let body = format!("{{\"task_id_old\":{TASK},\"task_id\":7}}");
    let copy = server.ask("POST", "/training/tasks/duplication", &body);
    assert_eq!(copy.status, 200);
    let times = format!("{}, {:.2} times that", seconds(copy.first), copy.first.as_secs_f64() / plain.as_secs_f64());
    row(place.engine, "copy of 1,000,000 images", &times, Some(server.peak()));
    let figure = format!("{:.0} MB in {}", copy.bytes as f64 / 1e6, seconds(copy.last.saturating_sub(copy.first)));
    row(place.engine, "its answer", &figure, Some(server.peak()));
    drop(server);
    let server = Server::start(place);
    for format in ["csv", "coco"] {
        // The bytes of these images are nowhere, so only what is made can be sent.
        let method = if format == "csv" { "GET" } else { "HEAD" };
        let answer = server.ask(method, &format!("/training/tasks/{TASK}/export?format={format}"), "");
        assert_eq!(answer.status, 200);
        let (first, rest) = (seconds(answer.first), seconds(answer.last.saturating_sub(answer.first)));
        let figure = format!("laid out {first}, {:.0} MB in {rest}", answer.bytes as f64 / 1e6);
        row(place.engine, &format!("{method} of the {format} of 1,000,000 images"), &figure, Some(server.peak()));
    }
    drop(server);
    db.shut().await;
}

/// Gives each image a blob of its own and an annotation with two boxes.
async fn annotate(db: &Db) {
    // Spread like digests, so that their index grows everywhere at once.
    let digest = |number: &str| match db {
        Db::Sqlite { .. } => format!("printf('%08x%056x', (({number}) * 2654435761) % 4294967296, {number})"),
        Db::MySql(_) => format!(
            "CONCAT(LPAD(LOWER(HEX((({number}) * 2654435761) % 4294967296)), 8, '0'), LPAD(LOWER(HEX({number})), 56, '0'))"
        ),
    };
    let number = format!("img_id - {TASK}");
    let range = format!("img_id > {TASK} AND img_id <= {}", TASK + IMAGES);
    let class = "{\"no\":1,\"as\":\"name\"}";
    let document = format!(
        "{{\"objects\":[{{\"class\":{class},\"bbox\":[1,2,30,40]}},{{\"class\":{class},\"bbox\":[5,6,7,8]}}]}}"
    );
    let mut tx = db.begin().await.unwrap();
    for text in [
        format!(
            "INSERT INTO blobs (sha256, size, crc32, content_type, created_at, thumbnail) \
             SELECT {}, 100000, 7, 'image/jpeg', 0, 1 FROM images WHERE {range}",
            digest(&number)
        ),
        format!("UPDATE images SET sha256 = {} WHERE {range}", digest(&number)),
        format!("UPDATE task_images SET img_state = 2, top_class = 1, set_id = order_id % 3 WHERE task_id = {TASK}"),
        format!(
            "INSERT INTO annotations (img_id, doc, classes, updated_at) SELECT img_id, '{document}', ',1,', 0 \
             FROM images WHERE {range}"
        ),
        format!(
            "INSERT INTO label_classes (id, task_id, class_no, name, color, order_id, created_at) \
             VALUES (1000000, {TASK}, 1, 'cat', '#112233', 1, 0)"
        ),
        format!("UPDATE tasks SET last_class_no = 1 WHERE id = {TASK}"),
    ] {
        tx.execute(Sql::new(text)).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// The same rows under other ids, by the plainest statements.
async fn plain(db: &Db) -> Duration {
    let (far, range) = (PLAIN - TASK, format!("img_id > {TASK} AND img_id <= {}", TASK + IMAGES));
    let start = Instant::now();
    let mut tx = db.begin().await.unwrap();
    for text in [
        format!(
            "INSERT INTO tasks (id, name, folded, task_type, last_order_id, last_class_no, revision, locked_sets, folder_stale, \
             created_at) SELECT {PLAIN}, name, folded, task_type, last_order_id, last_class_no, 0, 0, 0, 0 FROM tasks \
             WHERE id = {TASK}"
        ),
        format!(
            "INSERT INTO images (img_id, img_name, img_type, img_size, width, height, create_oper, create_time, sha256, \
             group_key, source_file, origin_id, is_del) SELECT img_id + {far}, img_name, img_type, img_size, width, height, \
             create_oper, create_time, sha256, group_key, source_file, img_id, 0 FROM images WHERE {range}"
        ),
        format!(
            "INSERT INTO task_images (task_id, order_id, img_id, set_id, is_placed, img_state, top_class, img_roi_id, \
             img_mask_id, img_dl_id, is_del) SELECT {PLAIN}, order_id, img_id + {far}, set_id, is_placed, img_state, \
             top_class, img_roi_id, img_mask_id, img_dl_id, 0 FROM task_images WHERE task_id = {TASK}"
        ),
        format!(
            "INSERT INTO annotations (img_id, doc, sha256, classes, updated_at) SELECT img_id + {far}, doc, sha256, classes, \
             updated_at FROM annotations WHERE {range}"
        ),
    ] {
        tx.execute(Sql::new(text)).await.unwrap();
    }
    tx.commit().await.unwrap();
    start.elapsed()
}

fn register(server: &Server) -> Duration {
    let made = server.ask("POST", "/training/tasks", "{\"task_name\":\"r\",\"task_type\":1,\"task_id\":5}");
    assert_eq!(made.status, 200);
    let mut body = String::from("{\"task_id\":5,\"img_info\":[");
    for number in 0..10_000 {
        let comma = if number > 0 { "," } else { "" };
        let _ = write!(
            body,
            "{comma}{{\"img_name\":\"img_{number}.jpg\",\"img_type\":2,\"img_size\":100000,\"width\":640,\"height\":480,\
             \"create_oper\":\"2018062310000000001\"}}"
        );
    }
    body.push_str("]}");
    let answer = server.ask("POST", "/training/files/files", &body);
    assert_eq!(answer.status, 200);
    answer.last
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
