//! Copies of tasks: whole, apart from their source, and each row knows where it came from.

use granary::duplication::model::Copied;
use granary::duplication::service::Duplication;
use granary::platform::clock::Clock;
use granary::platform::db::Sql;
use granary::platform::ids::Id;
use granary::training::model::{Code, Part, Set, State};

use crate::on_both_engines;
use crate::training_images::{bitmap, fill, new_task, register};
use crate::world::{Engine, World};

on_both_engines!(
    everything_of_an_image_is_copied,
    copy_and_source_go_their_own_ways,
    two_copies_into_one_task_are_one,
    an_empty_task_may_be_copied,
    large_annotations_share_their_blob,
);

const NEW: Id = Id(2_018_102_439_652_891_056);

fn duplication(world: &World) -> Duplication {
    let clock = Clock::Fixed(world.now.clone());
    Duplication::new(world.db.clone(), world.ids.clone(), clock, world.training.clone())
}

async fn sql(world: &World, text: &'static str) {
    let mut tx = world.db.begin().await.unwrap();
    tx.execute(Sql::new(text)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn number(world: &World, text: &'static str) -> i64 {
    world.db.fetch_one(Sql::new(text)).await.unwrap().int(0).unwrap()
}

async fn ids(world: &World, copied: &Copied) -> Vec<Id> {
    duplication(world).images(copied, 0).await.unwrap().into_iter().map(|image| image.id).collect()
}

/// An image with its bytes.
async fn ready(world: &World, task: Id, seed: u8) -> Id {
    let bytes = bitmap(4, seed);
    let image = register(world, task, &format!("{seed}.bmp"), &bytes, 4).await;
    fill(world, image, &bytes).await.unwrap();
    image
}

async fn put_part(world: &World, image: Id, part: Part, seed: u8) -> Id {
    let mut incoming = world.training.begin(None).unwrap();
    incoming.write(&bitmap(3, seed)).await.unwrap();
    world.training.put_part(image, part, incoming).await.unwrap()
}

const BOX: &[u8] = br#"{"objects":[{"class":"b","bbox":[0,0,1,1],"mine":1.0}],"x":[1e2]}"#;

async fn everything_of_an_image_is_copied(engine: Engine) {
    let world = World::new(engine).await;
    let old = new_task(&world, &["a", "b"]).await;
    let mut images = Vec::new();
    for seed in 1..=4 {
        images.push(ready(&world, old, seed).await);
    }
    put_part(&world, images[1], Part::Mask, 42).await;
    world.training.delete_images(old, images[1..2].to_vec()).await.unwrap();
    world.training.annotate(images[2], BOX.to_vec()).await.unwrap();
    world.training.set_state(images[2], State::Tested).await.unwrap();
    world.training.set_group(images[3], Some("张三")).await.unwrap();
    let roi = put_part(&world, images[0], Part::Roi, 40).await;
    let dl = put_part(&world, images[2], Part::Dl, 41).await;
    sql(&world, "UPDATE task_images SET set_id = 2, is_placed = 1 WHERE order_id = 3").await;
    sql(&world, "UPDATE images SET source_file = 77 WHERE img_name = '4.bmp'").await;
    world.tick(5_000);

    let copied = duplication(&world).duplicate(old, NEW).await.unwrap();
    assert_eq!(copied, Copied { task_id: NEW, task_type: 1, images: 3 });
    let told = duplication(&world).images(&copied, 0).await.unwrap();
    let places: Vec<(i64, &str, i64, &str)> =
        told.iter().map(|image| (image.order_id, image.name.as_str(), image.set_type, image.state)).collect();
    assert_eq!(places, [(1, "1.bmp", 0, "就绪"), (2, "3.bmp", 2, "已测试"), (3, "4.bmp", 0, "就绪")]);
    let new: Vec<Id> = told.iter().map(|image| image.id).collect();
    let image = world.training.find_image(new[1]).await.unwrap();
    assert_eq!((image.set, image.task_id), (Set::Verifying, NEW));
    assert_eq!(image.sha256, world.training.find_image(images[2]).await.unwrap().sha256);
    let copy = world.training.annotation(new[1]).await.unwrap();
    assert_eq!(Some(&copy.mongo_id), told[1].mongo_id.as_ref());
    assert_eq!(copy.annotation.as_bytes(), BOX);
    assert_ne!(copy.mongo_id, world.training.annotation(images[2]).await.unwrap().mongo_id);

    for (text, expected) in [
        ("SELECT COUNT(*) FROM images WHERE group_key IS NOT NULL", 2),
        ("SELECT COUNT(*) FROM images WHERE source_file = 77", 2),
        ("SELECT COUNT(*) FROM task_images WHERE is_placed = 1 AND set_id = 2", 2),
        ("SELECT COUNT(*) FROM task_images WHERE top_class = 2", 2),
        // The maps of seed 002 §3.1 and §3.2.
        ("SELECT COUNT(*) FROM label_classes n JOIN label_classes o ON o.id = n.origin_id AND o.name = n.name", 2),
        ("SELECT COUNT(*) FROM images n JOIN images o ON o.img_id = n.origin_id AND o.img_name = n.img_name", 3),
        // §3.3: parts, each under its image; that of a deleted image stays behind.
        ("SELECT COUNT(*) FROM image_parts", 5),
        ("SELECT COUNT(*) FROM image_parts n JOIN image_parts o ON o.id = n.origin_id AND o.sha256 = n.sha256", 2),
        (
            "SELECT COUNT(*) FROM task_images t JOIN image_parts p ON p.img_id = t.img_id \
             AND p.id IN (t.img_roi_id, t.img_mask_id, t.img_dl_id)",
            5,
        ),
        ("SELECT revision FROM tasks WHERE id = 2018102439652891056", 1),
    ] {
        assert_eq!(number(&world, text).await, expected, "{text}");
    }
    let origin = "SELECT p.origin_id FROM task_images t JOIN image_parts p ON p.id = t.img_roi_id WHERE t.task_id = 2018102439652891056";
    assert_eq!(number(&world, origin).await, roi.0);
    let origin = "SELECT p.origin_id FROM task_images t JOIN image_parts p ON p.id = t.img_dl_id WHERE t.task_id = 2018102439652891056";
    assert_eq!(number(&world, origin).await, dl.0);
}

async fn copy_and_source_go_their_own_ways(engine: Engine) {
    let world = World::new(engine).await;
    let old = new_task(&world, &["a", "b"]).await;
    let images = [ready(&world, old, 1).await, ready(&world, old, 2).await];
    world.training.annotate(images[0], BOX.to_vec()).await.unwrap();
    let copied = duplication(&world).duplicate(old, NEW).await.unwrap();
    let new = ids(&world, &copied).await;
    let before = (world.training.task(old).await.unwrap(), world.training.annotation(images[0]).await.unwrap());

    // The copy changes in every way.
    let classes = world.training.task(NEW).await.unwrap().classes;
    world.training.change_class(NEW, classes[1].id, Some("renamed"), None).await.unwrap();
    let other = br#"{"objects":[{"class":"a","bbox":[1,1,2,2]}]}"#;
    assert!(world.training.annotation(new[0]).await.unwrap().annotation.contains("renamed"));
    world.training.annotate(new[0], other.to_vec()).await.unwrap();
    world.training.delete_class(NEW, classes[1].id).await.unwrap();
    world.training.set_group(new[1], Some("g")).await.unwrap();
    put_part(&world, new[0], Part::Roi, 9).await;
    world.training.delete_images(NEW, new[1..].to_vec()).await.unwrap();
    let after = (world.training.task(old).await.unwrap(), world.training.annotation(images[0]).await.unwrap());
    assert_eq!(before, after);

    // And the source: bytes that the copy needs stay.
    let told = (world.training.task(NEW).await.unwrap(), world.training.annotation(new[0]).await.unwrap());
    world.training.annotate(images[0], other.to_vec()).await.unwrap();
    world.training.delete_images(old, images.to_vec()).await.unwrap();
    world.training.delete_task(old).await.unwrap();
    while world.training.mend_folders().await.unwrap() > 0 {}
    assert_eq!(told, (world.training.task(NEW).await.unwrap(), world.training.annotation(new[0]).await.unwrap()));
    world.training.restore_images(NEW, new[1..].to_vec()).await.unwrap();
    let folder = world.folder.path().join("tasks").join(NEW.to_string());
    while world.training.mend_folders().await.unwrap() > 0 {}
    assert_eq!(std::fs::read(folder.join(format!("{}.bmp", new[0]))).unwrap(), bitmap(4, 1));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2);
}

async fn two_copies_into_one_task_are_one(engine: Engine) {
    let world = World::new(engine).await;
    let old = new_task(&world, &["a"]).await;
    ready(&world, old, 1).await;
    // Into one whose row is locked before the source's, and one whose row is locked after it.
    for (new, images) in [(NEW, 2), (Id(9_000_000_000_000_000_000), 3)] {
        let mut copying = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let duplication = duplication(&world);
            copying.spawn(async move { duplication.duplicate(old, new).await });
        }
        let outcomes = copying.join_all().await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
        for fault in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert_eq!(fault.code(), Some(Code::Exists), "{fault}");
        }
        assert_eq!(number(&world, "SELECT COUNT(*) FROM images").await, images);
    }
}

async fn an_empty_task_may_be_copied(engine: Engine) {
    let world = World::new(engine).await;
    let old = new_task(&world, &["a", "b"]).await;
    let copied = duplication(&world).duplicate(old, NEW).await.unwrap();
    assert_eq!(copied.images, 0);
    assert!(duplication(&world).images(&copied, 0).await.unwrap().is_empty());
    assert_eq!(duplication(&world).classes(&copied).await.unwrap().len(), 2);
    // It has no image yet, so another may be copied into it.
    let other = new_task(&world, &[]).await;
    ready(&world, other, 1).await;
    let copied = duplication(&world).duplicate(other, NEW).await.unwrap();
    assert_eq!(copied.images, 1);
    let told = world.training.task(NEW).await.unwrap();
    assert_eq!((told.classes.len(), told.copied_from), (0, vec![other]));
}

async fn large_annotations_share_their_blob(engine: Engine) {
    let world = World::new(engine).await;
    let old = new_task(&world, &["b"]).await;
    let image = ready(&world, old, 1).await;
    let large = format!(r#"{{"objects":[{{"class":"b","bbox":[0,0,1,1]}}],"notes":"{}"}}"#, "图".repeat(300_000));
    world.training.annotate(image, large.clone().into_bytes()).await.unwrap();
    let blobs = world.blob_count();
    let copied = duplication(&world).duplicate(old, NEW).await.unwrap();
    assert_eq!(world.blob_count(), blobs);
    let new = ids(&world, &copied).await[0];
    // The source lets go of it; the copy still has it.
    world.training.annotate(image, br#"{"objects":[]}"#.to_vec()).await.unwrap();
    assert_eq!(world.training.annotation(new).await.unwrap().annotation, large);
    world.training.annotate(new, br#"{"objects":[]}"#.to_vec()).await.unwrap();
    assert_eq!(world.blob_count(), blobs - 1, "nobody needs it any more");
}
