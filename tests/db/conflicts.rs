//! Names that meet: retries, renames, replacements, and many at once.

use granary::collect::model::{Filter, OnConflict};
use granary::platform::error::Error;

use crate::on_both_engines;
use crate::world::{Engine, World};

on_both_engines!(
    a_retry_answers_with_the_same_file,
    other_bytes_get_a_number,
    reject_and_replace,
    bytes_come_back_from_the_trash,
    refused_bytes_leave_nothing_on_disk,
    names_differ_by_bytes_alone,
    many_at_once_keep_count,
    versions_of_one_name_are_counted_on,
);

async fn a_retry_answers_with_the_same_file(engine: Engine) {
    let world = World::new(engine).await;
    let first = world.put("t", "a.jpg", b"one").await;
    let again = world.put("t", "a.jpg", b"one").await;
    assert!(!first.duplicate && again.duplicate);
    assert_eq!(first.file, again.file);
    let tag = world.tag("t").await;
    assert_eq!((tag.file_count, tag.bytes), (1, 3));
    assert_eq!((world.blob_count(), world.staged_count()), (1, 0));
}

async fn other_bytes_get_a_number(engine: Engine) {
    let world = World::new(engine).await;
    world.put("t", "a.jpg", b"one").await;
    assert_eq!(world.put("t", "a.jpg", b"two").await.file.name, "a (2).jpg");
    assert_eq!(world.put("t", "a.jpg", b"three").await.file.name, "a (3).jpg");
    let retry = world.put("t", "a.jpg", b"two").await;
    assert!(retry.duplicate);
    assert_eq!(retry.file.name, "a (2).jpg");
    assert_eq!(world.names("t").await, ["a.jpg", "a (2).jpg", "a (3).jpg"]);
    // A name that looks like a number's is a name like any other.
    assert_eq!(world.put("t", "a (2).jpg", b"four").await.file.name, "a (2) (2).jpg");
}

async fn reject_and_replace(engine: Engine) {
    let world = World::new(engine).await;
    let old = world.put("t", "a", b"old").await.file;
    let refused = world.put_as("t", "a", b"new", OnConflict::Reject).await;
    assert!(matches!(refused, Err(Error::Conflict(_))));
    let new = world.put_as("t", "a", b"newer", OnConflict::Replace).await.unwrap().file;
    assert_eq!(new.name, "a");
    assert_ne!(new.id, old.id);
    assert!(world.collect.file(old.id).await.unwrap().is_deleted());
    let tag = world.tag("t").await;
    assert_eq!((tag.file_count, tag.bytes), (1, 5));
    // Back again: the old one comes out of the trash, the new one goes in.
    let back = world.put_as("t", "a", b"old", OnConflict::Replace).await.unwrap();
    assert!(back.duplicate);
    assert_eq!(back.file.id, old.id);
    assert!(world.collect.file(new.id).await.unwrap().is_deleted());
}

async fn bytes_come_back_from_the_trash(engine: Engine) {
    let world = World::new(engine).await;
    let file = world.put("t", "a", b"one").await.file;
    world.collect.delete_file(file.id).await.unwrap();
    let back = world.put("t", "a", b"one").await;
    assert!(back.duplicate);
    assert_eq!(back.file.id, file.id);
    assert!(!back.file.is_deleted());
    assert_eq!(world.tag("t").await.file_count, 1);
}

async fn refused_bytes_leave_nothing_on_disk(engine: Engine) {
    let world = World::new(engine).await;
    world.put("t", "a", b"one").await;
    world.put_as("t", "a", b"two", OnConflict::Reject).await.unwrap_err();
    assert_eq!((world.blob_count(), world.staged_count()), (1, 0));
    // Bytes that another file needs stay.
    world.put("t", "b", b"shared").await;
    world.put_as("t", "a", b"shared", OnConflict::Reject).await.unwrap_err();
    assert_eq!(world.blob_count(), 2);
}

async fn names_differ_by_bytes_alone(engine: Engine) {
    let world = World::new(engine).await;
    // Neither letter case, nor a space at the end, nor an accent makes two names one.
    let names = ["a", "A", "a ", "á", "图", "😀", "%", "_", "a'b", "\"q\""];
    for name in names {
        assert_eq!(world.put("t", name, name.as_bytes()).await.file.name, name);
    }
    assert_eq!(world.names("t").await, names);
    assert_eq!(world.collect.file_by_name("t", "a ").await.unwrap().name, "a ");
    assert!(world.collect.file_by_name("T", "a").await.is_err());
}

async fn many_at_once_keep_count(engine: Engine) {
    let world = World::new(engine).await;
    let uploads = (0..200_u32).map(|number| {
        let world = &world;
        async move {
            // Four tags, ten names, two contents for each name: retries, renames and news together.
            let (tag, name) = (format!("t{}", number % 4), format!("n{}", number % 10));
            world.put(&tag, &name, format!("{name} {}", number / 100).as_bytes()).await
        }
    });
    let uploaded = futures_util::future::join_all(uploads).await;
    let mut ids: Vec<_> = uploaded.iter().filter(|one| !one.duplicate).map(|one| one.file.id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "an id was given twice");
    let mut files = 0;
    for tag in ["t0", "t1", "t2", "t3"] {
        let listed = world.names(tag).await;
        assert_eq!(world.tag(tag).await.file_count, i64::try_from(listed.len()).unwrap());
        files += listed.len();
    }
    assert_eq!(files, count);
    assert_eq!(world.blob_count(), 20);
}

async fn versions_of_one_name_are_counted_on(engine: Engine) {
    let world = World::new(engine).await;
    for number in 1..=60_u32 {
        let name = if number == 1 { "a.jpg".to_owned() } else { format!("a ({number}).jpg") };
        assert_eq!(world.put("t", "a.jpg", &number.to_le_bytes()).await.file.name, name);
    }
    // Each version is still found, be it alone, in a group with others, or in the trash.
    let retries = (1..=60_u32).map(|number| {
        let world = &world;
        async move { world.put("t", "a.jpg", &number.to_le_bytes()).await }
    });
    let retries = futures_util::future::join_all(retries).await;
    assert!(retries.iter().all(|retry| retry.duplicate));
    let gone = retries[29].file.clone();
    world.collect.delete_file(gone.id).await.unwrap();
    let back = world.put("t", "a.jpg", &30_u32.to_le_bytes()).await;
    assert_eq!((back.duplicate, back.file.id), (true, gone.id));
    // In archives, a name in another letter case gives way to all of them.
    for number in 100..140_u32 {
        world.put("t", "A.jpg", &number.to_le_bytes()).await;
    }
    let tag = world.tag("t").await;
    assert_eq!(tag.file_count, 100);
    assert!(!world.collect.archive(&tag, &Filter::default()).await.unwrap().is_empty());
}
