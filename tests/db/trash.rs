//! Into the trash, back, and out of it for ever.

use std::sync::Arc;

use granary::collect::model::Filter;
use granary::platform::blobs::BlobKey;
use granary::platform::db::Sql;

use crate::on_both_engines;
use crate::world::{Engine, World};

on_both_engines!(
    a_batch_is_undone_in_one_go,
    a_tag_goes_and_comes_back,
    a_restored_name_that_is_taken_gets_a_number,
    purging_keeps_bytes_that_others_need,
    the_trash_empties_itself_after_its_time,
    a_blob_that_stays_keeps_no_other,
    all_come_back_or_none,
    many_at_once_never_upset_each_other,
);

async fn a_batch_is_undone_in_one_go(engine: Engine) {
    let world = World::new(engine).await;
    for name in ["a1", "a2", "b1"] {
        world.put("t", name, name.as_bytes()).await;
    }
    let tag = world.tag("t").await;
    let one = world.collect.delete_files(&tag, &Filter { q: Some("b".into()), ..Filter::default() }).await.unwrap();
    // In the same millisecond: a batch of its own all the same.
    let two = world.collect.delete_files(&tag, &Filter { q: Some("a".into()), ..Filter::default() }).await.unwrap();
    assert_eq!((one.count, two.count), (1, 2));
    assert_ne!(one.batch, two.batch);
    assert_eq!(world.tag("t").await.file_count, 0);
    assert_eq!(world.collect.restore_batch("t", two.batch).await.unwrap(), 2);
    assert_eq!(world.names("t").await, ["a1", "a2"]);
    assert_eq!(world.collect.trash_totals().await.unwrap().file_count, 1);
    assert!(world.collect.restore_batch("t", two.batch).await.is_err(), "nothing is left of it");
}

async fn a_tag_goes_and_comes_back(engine: Engine) {
    let world = World::new(engine).await;
    let file = world.put("t", "a", b"one").await.file;
    world.put("t", "b", b"two").await;
    let gone = world.collect.delete_tag("t").await.unwrap();
    assert_eq!(gone.count, 2);
    assert!(world.collect.tag("t").await.is_err());
    assert_eq!(world.collect.restore_batch("t", gone.batch).await.unwrap(), 2);
    assert_eq!(world.names("t").await, ["a", "b"]);
    world.collect.delete_tag("t").await.unwrap();
    assert!(world.collect.tag("t").await.is_err());
    world.collect.restore_file(file.id).await.unwrap();
    assert_eq!(world.names("t").await, ["a"]);
    world.collect.delete_tag("t").await.unwrap();
    // An upload makes it anew, and numbering goes on.
    let new = world.put("t", "c", b"three").await.file;
    assert_eq!(world.names("t").await, ["c"]);
    assert_eq!(new.seq, 3);
}

async fn a_restored_name_that_is_taken_gets_a_number(engine: Engine) {
    let world = World::new(engine).await;
    let old = world.put("t", "a.txt", b"old").await.file;
    world.collect.delete_file(old.id).await.unwrap();
    world.put("t", "a.txt", b"new").await;
    let back = world.collect.restore_file(old.id).await.unwrap();
    assert_eq!(back.name, "a (2).txt");
    // To its place in the order.
    assert_eq!(world.names("t").await, ["a (2).txt", "a.txt"]);
    assert_eq!(world.tag("t").await.bytes, 6);
}

async fn purging_keeps_bytes_that_others_need(engine: Engine) {
    let world = World::new(engine).await;
    let one = world.put("t", "a", b"same").await.file;
    let two = world.put("u", "b", b"same").await.file;
    let other = world.put("t", "c", b"other").await.file;
    for id in [one.id, other.id] {
        world.collect.delete_file(id).await.unwrap();
    }
    assert_eq!(world.collect.purge(Some(&[one.id, two.id, other.id])).await.unwrap(), 2, "a living file is not purged");
    assert_eq!(world.blob_count(), 1);
    assert!(world.collect.file(one.id).await.is_err());
    assert!(world.collect.file(two.id).await.is_ok());
}

async fn the_trash_empties_itself_after_its_time(engine: Engine) {
    let world = World::new(engine).await;
    let (old, young) = (world.put("t", "old", b"1").await.file, world.put("t", "young", b"2").await.file);
    world.collect.delete_file(old.id).await.unwrap();
    world.tick(86_400_000);
    world.collect.delete_file(young.id).await.unwrap();
    world.tick(29 * 86_400_000 + 1);
    assert_eq!(world.collect.purge_expired().await.unwrap(), 1);
    assert!(world.collect.file(old.id).await.is_err());
    assert!(world.collect.file(young.id).await.unwrap().is_deleted());
    assert_eq!(world.collect.purge(None).await.unwrap(), 1);
    assert_eq!(world.blob_count(), 0);
}

async fn a_blob_that_stays_keeps_no_other(engine: Engine) {
    let world = World::new(engine).await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        let file = world.put("t", name, name.as_bytes()).await.file;
        let blob = world.collect.blobs().layout().blob(&BlobKey::parse(&file.sha256).unwrap());
        if name != "c" {
            // No file, so it can't be removed as one.
            std::fs::remove_file(&blob).unwrap();
            std::fs::create_dir(&blob).unwrap();
        }
        world.collect.delete_file(file.id).await.unwrap();
        ids.push(file.id);
    }
    world.collect.purge(Some(&ids)).await.unwrap_err();
    assert_eq!(world.blob_count(), 0, "the third one went");
}

async fn all_come_back_or_none(engine: Engine) {
    let world = World::new(engine).await;
    for number in 0..520_u32 {
        world.put("t", &format!("{number:03}"), b"same").await;
    }
    let gone = world.collect.delete_tag("t").await.unwrap();
    assert_eq!(gone.count, 520);
    // The database refuses one of the last.
    let stop = match engine {
        Engine::Sqlite => {
            "CREATE TRIGGER stop BEFORE UPDATE ON files WHEN NEW.live = 1 AND NEW.name = '515' \
             BEGIN SELECT RAISE(ABORT, 'stop'); END"
        }
        Engine::MariaDb => {
            "CREATE TRIGGER stop BEFORE UPDATE ON files FOR EACH ROW \
             IF NEW.live = 1 AND NEW.name = '515' THEN SIGNAL SQLSTATE '45000'; END IF"
        }
    };
    let db = &world.db;
    let change = |text: &'static str| async move {
        let mut tx = db.begin().await.unwrap();
        tx.execute(Sql::new(text)).await.unwrap();
        tx.commit().await.unwrap();
    };
    change(stop).await;
    world.collect.restore_batch("t", gone.batch).await.unwrap_err();
    assert!(world.collect.tag("t").await.is_err(), "the tag is still deleted");
    assert_eq!(world.collect.trash_totals().await.unwrap().file_count, 520);
    change("DROP TRIGGER stop").await;
    assert_eq!(world.collect.restore_batch("t", gone.batch).await.unwrap(), 520);
    assert_eq!(world.tag("t").await.file_count, 520);
}

/// One of many who upload, trash, restore and purge in some of the tags; how many files live afterwards.
async fn work(world: Arc<World>, worker: usize) -> usize {
    let mut living = 0;
    for round in 0..8_usize {
        // Two or three of the tags, in an order of their own, with bytes that others upload, too.
        let tags: Vec<String> =
            (0..2 + round % 2).map(|at| format!("t{}", (worker * 3 + round + at * 2) % 5)).collect();
        let mut ids = Vec::new();
        for (at, tag) in tags.iter().enumerate() {
            for number in 0..3 {
                let bytes = format!("{} {round}", (worker + number + at) % 4);
                ids.push(world.put(tag, &format!("{worker} {round} {at} {number}"), bytes.as_bytes()).await.file);
            }
        }
        for of_tag in ids.chunks(3) {
            let tag = world.tag(&of_tag[0].tag).await;
            let filter = Filter { ids: Some(of_tag.iter().map(|file| file.id).collect()), ..Filter::default() };
            assert_eq!(world.collect.delete_files(&tag, &filter).await.unwrap().count, 3);
        }
        let ids: Vec<_> = ids.iter().rev().map(|file| file.id).collect();
        assert_eq!(world.collect.restore_files(&ids[1..]).await.unwrap(), ids.len() as u64 - 1);
        assert_eq!(world.collect.purge(Some(&ids)).await.unwrap(), 1, "the one that did not come back");
        living += ids.len() - 1;
    }
    living
}

async fn many_at_once_never_upset_each_other(engine: Engine) {
    let world = Arc::new(World::new(engine).await);
    let workers: Vec<_> = (0..8).map(|worker| tokio::spawn(work(world.clone(), worker))).collect();
    let mut living = 0;
    for worker in workers {
        living += worker.await.unwrap();
    }
    let mut listed = 0;
    for tag in ["t0", "t1", "t2", "t3", "t4"] {
        let names = world.names(tag).await.len();
        assert_eq!(world.tag(tag).await.file_count, i64::try_from(names).unwrap());
        listed += names;
    }
    assert_eq!(listed, living);
    assert_eq!(world.collect.trash_totals().await.unwrap().file_count, 0);
}
