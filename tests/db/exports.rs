//! Exports: what was laid out is what is sent, in every range, and a change under a transfer shows.

use granary::platform::db::Sql;
use granary::platform::ids::Id;
use granary::training::model::export::Format;
use tokio::io::AsyncReadExt;

use crate::on_both_engines;
use crate::training_images::{bitmap, fill, new_task, register};
use crate::world::{Engine, World};

on_both_engines!(
    every_range_is_a_part_of_the_whole,
    stretches_leave_no_trace,
    each_change_is_another_state,
    a_change_under_a_transfer_shows,
);

async fn bytes(world: &World, task: Id, format: Format) -> (String, Vec<u8>) {
    let export = world.training.export(task, format).await.unwrap();
    let (etag, length) = (export.etag().to_owned(), export.len());
    let mut whole = Vec::new();
    world.training.read_export(export, 0..length).read_to_end(&mut whole).await.unwrap();
    assert_eq!(whole.len() as u64, length, "{}", format.name());
    (etag, whole)
}

/// Five images, two of them annotated, one of them without bytes.
async fn filled(world: &World) -> (Id, Vec<Id>) {
    let task = new_task(world, &["cat", "狗"]).await;
    let mut images = Vec::new();
    for seed in 1..=5_u8 {
        let bytes = bitmap(u32::from(seed) * 3, seed);
        let image = register(world, task, &format!("{seed}.bmp"), &bytes, i64::from(seed) * 3).await;
        if seed != 3 {
            fill(world, image, &bytes).await.unwrap();
        }
        images.push(image);
    }
    let annotate = async |image, text: &str| world.training.annotate(image, text.as_bytes().to_vec()).await.unwrap();
    annotate(images[0], r#"{"objects":[{"class":"cat","bbox":[0,0,1,1]},{"class":"狗","bbox":[0,0,2,2.5]}]}"#).await;
    annotate(images[4], r#"{"objects":[{"class":"cat","bbox":[0.5,0,1,1]}]}"#).await;
    let mut tx = world.db.begin().await.unwrap();
    tx.execute(Sql::new("UPDATE task_images SET set_id = order_id % 2")).await.unwrap();
    tx.execute(Sql::new("UPDATE tasks SET revision = revision + 1")).await.unwrap();
    tx.commit().await.unwrap();
    (task, images)
}

async fn every_range_is_a_part_of_the_whole(engine: Engine) {
    let world = World::new(engine).await;
    let (task, _) = filled(&world).await;
    for format in Format::ALL {
        let (_, whole) = bytes(&world, task, format).await;
        let export = world.training.export(task, format).await.unwrap();
        let end = export.len();
        for start in (0..end).step_by(37) {
            for stop in [start + 1, (start + 90).min(end), end] {
                let mut part = Vec::new();
                let mut body = world.training.read_export(export.clone(), start..stop);
                body.read_to_end(&mut part).await.unwrap();
                let expected = &whole[usize::try_from(start).unwrap()..usize::try_from(stop).unwrap()];
                assert!(part == expected, "{} {start}..{stop}", format.name());
            }
        }
    }
}

/// More images than a stretch, boxes in only some: separators and ends must come out right.
async fn stretches_leave_no_trace(engine: Engine) {
    let world = World::new(engine).await;
    let (task, _) = filled(&world).await;
    let mut tx = world.db.begin().await.unwrap();
    for step in 0..8 {
        let (count, ids) = (5_i64 << step, 50_000_000_i64 << step);
        for text in [
            "INSERT INTO images (img_id, img_name, img_type, img_size, width, height, create_oper, create_time, sha256, is_del) \
             SELECT img_id + ?, img_name, img_type, img_size, width, height, create_oper, create_time, sha256, 0 FROM images",
            "INSERT INTO annotations (img_id, doc, sha256, classes, updated_at) \
             SELECT img_id + ?, doc, sha256, classes, updated_at FROM annotations",
        ] {
            tx.execute(Sql::new(text).bind(ids)).await.unwrap();
        }
        let places = "INSERT INTO task_images (task_id, order_id, img_id, set_id, is_placed, img_state, top_class, is_del) \
                      SELECT task_id, order_id + ?, img_id + ?, set_id, 0, img_state, top_class, 0 FROM task_images";
        tx.execute(Sql::new(places).bind(count).bind(ids)).await.unwrap();
    }
    tx.execute(Sql::new("UPDATE tasks SET revision = revision + 1, last_order_id = 1280")).await.unwrap();
    tx.commit().await.unwrap();

    let (_, table) = bytes(&world, task, Format::Csv).await;
    let table = String::from_utf8(table).unwrap();
    // 256 times: two boxes, none, none, one.
    assert_eq!(table.lines().count(), 1 + 256 * 5);
    let (_, zip) = bytes(&world, task, Format::Coco).await;
    let text = String::from_utf8_lossy(&zip);
    let json = |name: &str| {
        let at = text.find(name).unwrap();
        let start = at + text[at..].find('{').unwrap();
        let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<serde_json::Value>();
        values.next().unwrap().unwrap()
    };
    let (odd, even) = (json("instances_test.json"), json("instances_train.json"));
    assert_eq!((odd["images"].as_array().unwrap().len(), even["images"].as_array().unwrap().len()), (512, 512));
    let boxes = |value: &serde_json::Value| value["annotations"].as_array().unwrap().len();
    assert_eq!(boxes(&odd) + boxes(&even), 256 * 3);
    for format in [Format::ImageFolder, Format::Yolo, Format::WebDataset] {
        bytes(&world, task, format).await;
    }
}

async fn each_change_is_another_state(engine: Engine) {
    let world = World::new(engine).await;
    let (task, images) = filled(&world).await;
    let mut seen = std::collections::HashSet::new();
    for format in Format::ALL {
        assert!(seen.insert(bytes(&world, task, format).await.0));
        assert!(!seen.insert(bytes(&world, task, format).await.0), "the same state, the same tag");
    }
    world.training.delete_images(task, images[..1].to_vec()).await.unwrap();
    let (etag, without) = bytes(&world, task, Format::Csv).await;
    assert!(seen.insert(etag));
    world.training.annotate(images[1], br#"{"objects":[{"class":"cat","bbox":[0,0,1,1]}]}"#.to_vec()).await.unwrap();
    let class = world.training.task(task).await.unwrap().classes[0].id;
    let (etag, _) = bytes(&world, task, Format::Csv).await;
    assert!(seen.insert(etag));
    world.training.change_class(task, class, Some("lion"), None).await.unwrap();
    let (etag, renamed) = bytes(&world, task, Format::Csv).await;
    assert!(seen.insert(etag));
    assert!(String::from_utf8(renamed).unwrap().contains(",lion,") && !without.is_empty());
}

async fn a_change_under_a_transfer_shows(engine: Engine) {
    let world = World::new(engine).await;
    let (task, images) = filled(&world).await;
    for (place, format) in Format::ALL.into_iter().enumerate() {
        let export = world.training.export(task, format).await.unwrap();
        let length = export.len();
        let mut body = world.training.read_export(export, 0..length);
        let group = format!("group {place}");
        world.training.set_group(images[1], Some(&group)).await.unwrap();
        let mut got = Vec::new();
        assert!(body.read_to_end(&mut got).await.is_err(), "{}", format.name());
        assert!((got.len() as u64) < length);
    }
}
