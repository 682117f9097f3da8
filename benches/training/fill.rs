//! Tasks of many images, made by SQL.

use granary::platform::db::{Db, Sql};

/// Rows of one statement; MariaDB recurses no deeper unless it is told to.
const STEP: i64 = 1_000;

/// A task with this id and so many images without bytes, whose ids begin behind it.
pub async fn task(db: &Db, task: i64, images: i64) {
    let mut tx = db.begin().await.unwrap();
    let sql = "INSERT INTO tasks (id, name, folded, task_type, last_order_id, last_class_no, revision, locked_sets, folder_stale, \
               created_at) VALUES (?, 't', 't', 1, ?, 0, 0, 0, 0, 0)";
    tx.execute(Sql::new(sql).bind(task).bind(images)).await.unwrap();
    let numbers = "WITH RECURSIVE n (i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)";
    let name = match db {
        Db::Sqlite { .. } => "'img_' || i || '.jpg'",
        Db::MySql(_) => "CONCAT('img_', i, '.jpg')",
    };
    for from in (1..=images).step_by(usize::try_from(STEP).unwrap()) {
        let to = (from + STEP - 1).min(images);
        let sets = format!(
            "INSERT INTO images (img_id, img_name, img_type, img_size, width, height, create_oper, create_time, is_del) \
             {numbers} SELECT ? + i, {name}, 2, 100000, 640, 480, 1, 0, 0 FROM n"
        );
        tx.execute(Sql::new(sets).bind(from).bind(to).bind(task)).await.unwrap();
        let places = format!(
            "INSERT INTO task_images (task_id, order_id, img_id, set_id, is_placed, img_state, is_del) \
             {numbers} SELECT ?, i, ? + i, 0, 0, 0, 0 FROM n"
        );
        tx.execute(Sql::new(places).bind(from).bind(to).bind(task).bind(task)).await.unwrap();
    }
    tx.commit().await.unwrap();
}
