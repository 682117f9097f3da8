//! One image with all that its page tells.

use granary::collect::model::Filter;
use granary::training::model::{Set, Shelf};

use crate::on_both_engines;
use crate::training_images::{bitmap, new_task};
use crate::world::{Engine, World};

on_both_engines!(an_image_knows_its_file_its_boxes_and_its_neighbours);

async fn an_image_knows_its_file_its_boxes_and_its_neighbours(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &["cat"]).await;
    for (name, seed) in [("a.bmp", 1), ("b.bmp", 2), ("c.bmp", 3)] {
        world.put("t", name, &bitmap(5, seed)).await;
    }
    let images = world.training.import(task, "t", &Filter::default()).await.unwrap().images;
    let [a, b, c] = [0, 1, 2].map(|at: usize| images[at].1);
    let doc = br#"{"objects":[{"class":"cat","bbox":[1,2,3,2.5]}]}"#;
    world.training.annotate(b, doc.to_vec()).await.unwrap();
    world.training.set_group(b, Some("pair")).await.unwrap();

    let single = world.training.single(task, b, Shelf::All).await.unwrap();
    assert_eq!((single.before, single.after), (Some(a), Some(c)));
    assert_eq!(single.group.as_deref(), Some("pair"));
    assert_eq!(single.source.map(|file| (file.tag, file.name)), Some(("t".to_owned(), "b.bmp".to_owned())));
    assert_eq!(single.objects.iter().map(|object| object.bbox).collect::<Vec<_>>(), [[1.0, 2.0, 3.0, 2.5]]);
    assert_eq!(single.objects[0].class_no, single.classes[0].class_no);
    assert!(single.parts.is_empty());
    let single = world.training.single(task, b, Shelf::Of(Set::Testing)).await.unwrap();
    assert_eq!((single.before, single.after), (None, None), "none stands in testing");

    world.training.delete_images(task, vec![a, b]).await.unwrap();
    let single = world.training.single(task, b, Shelf::All).await.unwrap();
    assert_eq!((single.before, single.after), (Some(a), None), "a deleted one stands among the deleted");
    let single = world.training.single(task, c, Shelf::Deleted).await.unwrap();
    assert_eq!((single.before, single.after), (None, None));
    let other = new_task(&world, &[]).await;
    assert!(world.training.single(other, c, Shelf::All).await.is_err());

    // A file that went for ever leaves its image.
    let file = world.collect.file_by_name("t", "c.bmp").await.unwrap().id;
    world.collect.delete_file(file).await.unwrap();
    assert!(world.training.single(task, c, Shelf::All).await.unwrap().source.is_some(), "it waits in the trash");
    world.collect.purge(Some(&[file])).await.unwrap();
    assert!(world.training.single(task, c, Shelf::All).await.unwrap().source.is_none());
}
