//! Image folders become what the rows say, also after a crash in between.

use std::path::PathBuf;

use granary::collect::model::Filter;
use granary::platform::ids::Id;

use crate::on_both_engines;
use crate::training_images::{bitmap, fill, new_task, register};
use crate::world::{Engine, World};

on_both_engines!(
    folders_follow_the_rows,
    a_folder_that_changes_meanwhile_stays_stale,
    names_of_others_are_left_alone,
    large_bytes_that_come_again_stay_shared,
    names_follow_bytes_that_were_replaced,
);

fn folder(world: &World, task: Id) -> PathBuf {
    world.folder.path().join(format!("tasks/{task}"))
}

fn names(world: &World, task: Id) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder(world, task))
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    names.sort();
    names
}

async fn folders_follow_the_rows(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    assert!(folder(&world, task).is_dir());
    for (name, seed) in [("a.bmp", 1), ("b.bmp", 2)] {
        world.put("t", name, &bitmap(5, seed)).await;
    }
    let images = world.training.import(task, "t", &Filter::default()).await.unwrap().images;
    let names_of = |ids: &[Id]| ids.iter().map(|id| format!("{id}.bmp")).collect::<Vec<_>>();
    let ids: Vec<Id> = images.iter().map(|(_, id)| *id).collect();
    assert_eq!(world.training.mend_folders().await.unwrap(), 1);
    assert_eq!(names(&world, task), names_of(&ids));
    let there = std::fs::read(folder(&world, task).join(format!("{}.bmp", ids[1]))).unwrap();
    assert_eq!(there, bitmap(5, 2));
    world.training.delete_images(task, vec![ids[0]]).await.unwrap();
    // The folder was lost with a disk: what is missing is made.
    std::fs::remove_dir_all(folder(&world, task)).unwrap();
    assert_eq!(world.training.mend_folders().await.unwrap(), 1);
    assert_eq!(names(&world, task), names_of(&ids[1..]));
    assert_eq!(world.training.mend_folders().await.unwrap(), 0, "nothing is left to mend");
    world.training.restore_images(task, vec![ids[0]]).await.unwrap();
    world.training.mend_folders().await.unwrap();
    assert_eq!(names(&world, task), names_of(&ids));
    world.training.delete_task(task).await.unwrap();
    world.training.mend_folders().await.unwrap();
    assert!(!folder(&world, task).exists());
    assert_eq!(world.blob_count(), 2);
}

async fn a_folder_that_changes_meanwhile_stays_stale(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    world.put("t", "a.bmp", &bitmap(5, 1)).await;
    world.training.import(task, "t", &Filter::default()).await.unwrap();
    let stale = granary::training::store::folders::stale(&world.db, 16).await.unwrap();
    assert_eq!(stale.len(), 1);
    register(&world, task, "b", b"x", 5).await;
    let marked = granary::training::store::folders::mark_clean(&world.db, task, stale[0].revision).await.unwrap();
    assert!(!marked, "an older look must not count");
    assert_eq!(world.training.mend_folders().await.unwrap(), 1);
    assert_eq!(world.training.mend_folders().await.unwrap(), 0);
}

async fn names_of_others_are_left_alone(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    let bytes = bitmap(5, 1);
    let id = register(&world, task, "a", &bytes, 5).await;
    // What a crash between link and commit leaves is replaced by the next try.
    std::fs::write(folder(&world, task).join(format!("{id}.bmp")), b"half").unwrap();
    std::fs::write(folder(&world, task).join("notes.txt"), b"a trainer's own").unwrap();
    fill(&world, id, &bytes).await.unwrap();
    assert_eq!(std::fs::read(folder(&world, task).join(format!("{id}.bmp"))).unwrap(), bytes);
    world.training.delete_images(task, vec![id]).await.unwrap();
    world.training.mend_folders().await.unwrap();
    assert_eq!(names(&world, task), ["notes.txt"]);
}

async fn large_bytes_that_come_again_stay_shared(engine: Engine) {
    use std::os::unix::fs::MetadataExt;
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    // Larger than what is kept in memory.
    let bytes = bitmap(500, 3);
    assert!(bytes.len() > 600 * 1024);
    let file = world.put("t", "a.bmp", &bytes).await.file;
    let images = world.training.import(task, "t", &Filter::default()).await.unwrap().images;
    world.training.mend_folders().await.unwrap();
    world.put("u", "b.bmp", &bytes).await;
    let key = granary::platform::blobs::BlobKey::parse(&file.sha256).unwrap();
    let blob = world.collect.blobs().layout().blob(&key);
    let link = folder(&world, task).join(format!("{}.bmp", images[0].1));
    let inode = |path: &std::path::Path| std::fs::metadata(path).unwrap().ino();
    assert_eq!(inode(&link), inode(&blob));
    assert_eq!(world.staged_count(), 0);
    // A damaged blob is mended by the good bytes.
    std::fs::write(&blob, vec![7; bytes.len()]).unwrap();
    world.put("v", "c.bmp", &bytes).await;
    assert!(std::fs::read(&blob).unwrap() == bytes);
}

async fn names_follow_bytes_that_were_replaced(engine: Engine) {
    let world = World::new(engine).await;
    let (task, other) = (new_task(&world, &[]).await, new_task(&world, &[]).await);
    let bytes = bitmap(5, 4);
    let key = world.put("t", "a.bmp", &bytes).await.file.sha256;
    let key = granary::platform::blobs::BlobKey::parse(&key).unwrap();
    let images = world.training.import(task, "t", &Filter::default()).await.unwrap().images;
    while world.training.mend_folders().await.unwrap() > 0 {}
    let link = folder(&world, task).join(format!("{}.bmp", images[0].1));
    let blob = world.collect.blobs().layout().blob(&key);
    // The name and the blob are one file: what spoils one spoils both, but only the blob is replaced.
    std::fs::write(&blob, b"rotten").unwrap();
    world.put("u", "b.bmp", &bytes).await;
    assert_eq!(std::fs::read(&blob).unwrap(), bytes);
    assert_eq!(std::fs::read(&link).unwrap(), b"rotten");
    assert_eq!(granary::training::service::keeping::mark_stale_of(&world.db, &key).await.unwrap(), 1);
    let stale = granary::training::store::folders::stale(&world.db, 16).await.unwrap();
    assert!(stale.iter().all(|folder| folder.task == task && folder.task != other));
    assert_eq!(world.training.mend_folders().await.unwrap(), 1);
    assert_eq!(std::fs::read(&link).unwrap(), bytes);
    // Where the blob is gone its last name stays.
    std::fs::remove_file(&blob).unwrap();
    granary::training::service::keeping::mark_stale_of(&world.db, &key).await.unwrap();
    assert_eq!(world.training.mend_folders().await.unwrap(), 1);
    assert_eq!(std::fs::read(&link).unwrap(), bytes);
}
