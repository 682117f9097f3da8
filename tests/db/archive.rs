//! The archive: its plan is its bytes, it only grows at its end, and its names are safe.

use granary::collect::model::{Filter, Tag};
use tokio::io::AsyncReadExt;

use crate::on_both_engines;
use crate::world::{Engine, World};

on_both_engines!(
    every_range_is_a_part_of_the_whole,
    it_grows_at_its_end,
    names_are_safe_and_unique,
    a_change_under_a_transfer_shows,
    batches_of_one_millisecond_stay_out,
);

async fn bytes(world: &World, tag: &Tag, filter: &Filter) -> (String, Vec<u8>) {
    let archive = world.collect.archive(tag, filter).await.unwrap();
    let (etag, length) = (archive.etag().to_owned(), archive.len());
    let mut body = world.collect.read_archive(archive, 0..length);
    let mut whole = Vec::new();
    body.read_to_end(&mut whole).await.unwrap();
    assert_eq!(whole.len() as u64, length);
    (etag, whole)
}

async fn every_range_is_a_part_of_the_whole(engine: Engine) {
    let world = World::new(engine).await;
    for (name, size) in [("a", 0), ("图.jpg", 7), ("c", 300)] {
        world.put("t", name, &vec![7; size]).await;
    }
    let tag = world.tag("t").await;
    let (_, whole) = bytes(&world, &tag, &Filter::default()).await;
    let archive = world.collect.archive(&tag, &Filter::default()).await.unwrap();
    let end = archive.len();
    for start in (0..end).step_by(13) {
        for stop in [start + 1, (start + 40).min(end), end] {
            let mut part = Vec::new();
            world.collect.read_archive(archive.clone(), start..stop).read_to_end(&mut part).await.unwrap();
            let expected = &whole[usize::try_from(start).unwrap()..usize::try_from(stop).unwrap()];
            assert!(part == expected, "{start}..{stop}");
        }
    }
}

async fn it_grows_at_its_end(engine: Engine) {
    let world = World::new(engine).await;
    let file = world.put("t", "a", b"one").await.file;
    let tag = world.tag("t").await;
    let (early, before) = bytes(&world, &tag, &Filter::default()).await;
    world.put("t", "b", b"two").await;
    let tag = world.tag("t").await;
    let (late, after) = bytes(&world, &tag, &Filter::default()).await;
    assert_ne!(early, late);
    // 30 bytes of header, the name, 9 of time, the data.
    assert_eq!(before[..43], after[..43]);
    let earlier = world.collect.earlier_archive(&tag, &Filter::default(), &early).await.unwrap();
    assert_eq!(earlier.unwrap().len(), before.len() as u64);
    world.collect.delete_file(file.id).await.unwrap();
    let tag = world.tag("t").await;
    assert!(world.collect.earlier_archive(&tag, &Filter::default(), &early).await.unwrap().is_none());
    world.collect.restore_file(file.id).await.unwrap();
    let tag = world.tag("t").await;
    assert_eq!(bytes(&world, &tag, &Filter::default()).await.1, after, "back in its place");
}

async fn names_are_safe_and_unique(engine: Engine) {
    let world = World::new(engine).await;
    for name in ["IMG.jpg", "img.JPG", "a:b.txt", "a_b.txt", "nul"] {
        world.put("t", name, &[]).await;
    }
    let tag = world.tag("t").await;
    let (_, whole) = bytes(&world, &tag, &Filter::default()).await;
    for name in ["IMG.jpg", "img (2).JPG", "a_b.txt", "a_b (2).txt", "_nul"] {
        let found = whole.windows(name.len()).filter(|part| *part == name.as_bytes()).count();
        assert_eq!(found, 2, "{name} stands in both headers");
    }
}

async fn a_change_under_a_transfer_shows(engine: Engine) {
    let world = World::new(engine).await;
    let first = world.put("t", "a", b"one").await.file;
    world.put("t", "b", b"two").await;
    world.collect.delete_file(first.id).await.unwrap();
    world.tick(5);
    let tag = world.tag("t").await;
    let archive = world.collect.archive(&tag, &Filter::default()).await.unwrap();
    // What comes back after the plan was made would shift everything behind it.
    world.collect.restore_file(first.id).await.unwrap();
    let length = archive.len();
    let mut body = world.collect.read_archive(archive, 0..length);
    assert!(body.read_to_end(&mut Vec::new()).await.is_err());
}

async fn batches_of_one_millisecond_stay_out(engine: Engine) {
    let world = World::new(engine).await;
    for name in ["a", "b", "c", "d"] {
        let file = world.put("t", name, name.as_bytes()).await.file;
        if name != "d" {
            // The second and third batch have times that are still to come.
            world.collect.delete_file(file.id).await.unwrap();
        }
    }
    let tag = world.tag("t").await;
    let (_, whole) = bytes(&world, &tag, &Filter::default()).await;
    assert!(whole.starts_with(b"PK\x03\x04"));
    // What goes from now on still belongs to a transfer that has begun.
    let archive = world.collect.archive(&tag, &Filter::default()).await.unwrap();
    world.collect.delete_tag("t").await.unwrap();
    let mut again = Vec::new();
    let length = archive.len();
    world.collect.read_archive(archive, 0..length).read_to_end(&mut again).await.unwrap();
    assert_eq!(again, whole);
}
