//! Thumbnails are made for whatever can be read; what can't holds up nobody.

use granary::collect::service::Picture;
use granary::platform::blobs::BlobKey;

use crate::on_both_engines;
use crate::training_images::bitmap;
use crate::world::{Engine, World};

on_both_engines!(missing_bytes_hold_up_nobody);

async fn missing_bytes_hold_up_nobody(engine: Engine) {
    let world = World::new(engine).await;
    let mut files = Vec::new();
    for seed in 0..40 {
        files.push(world.put("t", &format!("{seed}.bmp"), &bitmap(5, seed)).await.file);
        world.tick(1);
    }
    let key = |at: usize| BlobKey::parse(&files[at].sha256).unwrap();
    let blob = |at: usize| world.collect.blobs().layout().blob(&key(at));
    // More of the newest are gone than are taken up at a time; one lies under a folder's name.
    for at in 4..40 {
        std::fs::remove_file(blob(at)).unwrap();
    }
    std::fs::create_dir(blob(39)).unwrap();
    world.collect.make_these(&(0..40).map(key).collect::<Vec<_>>()[2..]).await.unwrap();
    let mut rounds = 0;
    while world.collect.make_wanted().await.unwrap() > 0 {
        rounds += 1;
        assert!(rounds < 10, "the unreadable ones are tried again and again");
    }
    for file in &files[..4] {
        assert!(matches!(world.collect.picture(file).await.unwrap(), Picture::Jpeg(_)), "{}", file.name);
    }
    assert!(matches!(world.collect.picture(&files[20]).await.unwrap(), Picture::Icon(_)));
    // The bytes come back, and with them the picture.
    world.put("t", "20.bmp", &bitmap(5, 20)).await;
    assert!(matches!(world.collect.picture(&files[20]).await.unwrap(), Picture::Jpeg(_)));
}
