//! Images of training tasks: numbered without doubles, filled once, gone and back.

use granary::platform::ids::Id;
use granary::training::model::{Code, Fault, ImageType, NewClass, NewImage, NewTask, State};

use crate::on_both_engines;
use crate::world::{Engine, World};

on_both_engines!(
    places_are_given_once_however_many_register,
    many_images_are_filled_at_the_same_time,
    counts_are_those_of_the_moment,
    refused_bytes_leave_what_others_need,
    a_replaced_document_leaves_no_bytes,
    a_class_in_use_is_kept_even_by_deleted_images,
);

/// A bitmap of `side` by `side` pixels, different for each seed.
pub fn bitmap(side: u32, seed: u8) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = image::RgbImage::from_pixel(side, side, image::Rgb([seed, 7, 9]));
    image.write_to(&mut bytes, image::ImageFormat::Bmp).unwrap();
    bytes.into_inner()
}

pub async fn new_task(world: &World, classes: &[&str]) -> Id {
    let classes = classes.iter().map(|name| NewClass { name: (*name).to_owned(), color: "#112233".to_owned() });
    let new = NewTask { id: None, name: "t".to_owned(), task_type: 1, classes: classes.collect() };
    world.training.create_task(new).await.unwrap()
}

pub fn image(name: &str, bytes: &[u8], side: i64) -> NewImage {
    NewImage {
        name: name.to_owned(),
        kind: ImageType::Bmp,
        size: i64::try_from(bytes.len()).unwrap(),
        width: side,
        height: side,
        create_oper: Id(7),
        group: None,
        sha256: None,
        source_file: None,
    }
}

pub async fn register(world: &World, task: Id, name: &str, bytes: &[u8], side: i64) -> Id {
    world.training.register(task, vec![image(name, bytes, side)]).await.unwrap().images[0].1
}

pub async fn fill(world: &World, image: Id, bytes: &[u8]) -> Result<(), Fault> {
    let mut incoming = world.training.begin(None)?;
    incoming.write(bytes).await.unwrap();
    world.training.fill(image, incoming).await
}

/// Order and name of all images of a task, by the images themselves.
async fn places(world: &World, ids: &[Id]) -> Vec<i64> {
    let mut places = Vec::new();
    for id in ids {
        places.push(world.training.find_image(*id).await.unwrap().order_id);
    }
    places
}

async fn places_are_given_once_however_many_register(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    let mut registering = tokio::task::JoinSet::new();
    for batch in 0..8 {
        let training = world.training.clone();
        let images = (0..25).map(|at| image(&format!("{batch}-{at}"), b"x", 1)).collect();
        registering.spawn(async move { training.register(task, images).await.unwrap().images });
    }
    let mut ids = Vec::new();
    while let Some(batch) = registering.join_next().await {
        let batch: Vec<Id> = batch.unwrap().into_iter().map(|(_, id)| id).collect();
        let own = places(&world, &batch).await;
        assert!(own.windows(2).all(|pair| pair[0] + 1 == pair[1]), "in the request's order: {own:?}");
        ids.extend(batch);
    }
    let mut all = places(&world, &ids).await;
    all.sort_unstable();
    assert_eq!(all, (1..=200).collect::<Vec<i64>>());
    assert_eq!(world.training.task(task).await.unwrap().counts.sets, [200, 0, 0]);
}

async fn many_images_are_filled_at_the_same_time(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    let mut filling = tokio::task::JoinSet::new();
    for seed in 0..24_u8 {
        // Each content twice: two images of the same bytes.
        let bytes = bitmap(4, seed / 2);
        let id = register(&world, task, &seed.to_string(), &bytes, 4).await;
        let training = world.training.clone();
        filling.spawn(async move {
            let mut incoming = training.begin(None).unwrap();
            incoming.write(&bytes).await.unwrap();
            training.fill(id, incoming).await
        });
    }
    while let Some(filled) = filling.join_next().await {
        filled.unwrap().unwrap();
    }
    assert_eq!(world.training.task(task).await.unwrap().counts.states[1], 24);
    assert_eq!(world.blob_count(), 12);
    let folder = world.folder.path().join(format!("tasks/{task}"));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 24);
}

async fn counts_are_those_of_the_moment(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    let bytes = bitmap(4, 1);
    let (a, b) = (register(&world, task, "a", &bytes, 4).await, register(&world, task, "b", &bytes, 4).await);
    let states = || async { world.training.task(task).await.unwrap().counts.states };
    assert_eq!(states().await, [2, 0, 0, 0, 0, 0]);
    fill(&world, a, &bytes).await.unwrap();
    assert_eq!(states().await, [1, 1, 0, 0, 0, 0]);
    world.training.set_state(a, State::Verified).await.unwrap();
    assert_eq!(states().await, [1, 0, 0, 0, 0, 1]);
    world.training.delete_images(task, vec![b]).await.unwrap();
    assert_eq!(states().await, [0, 0, 0, 0, 0, 1]);
    world.training.restore_images(task, vec![b, a]).await.unwrap();
    assert_eq!(states().await, [1, 0, 0, 0, 0, 1]);
}

async fn refused_bytes_leave_what_others_need(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    let (red, blue) = (bitmap(4, 1), bitmap(4, 2));
    let (a, b) = (register(&world, task, "a", &red, 4).await, register(&world, task, "b", &bitmap(9, 3), 9).await);
    fill(&world, a, &red).await.unwrap();
    // The bytes of one image, refused for another: they stay. Bytes that nobody names: they go.
    for (bytes, blobs) in [(&red, 1), (&blue, 1)] {
        let fault = fill(&world, b, bytes).await.unwrap_err();
        assert_eq!(fault.code(), Some(Code::NotAsRegistered));
        assert_eq!(world.blob_count(), blobs);
    }
    assert_eq!(fill(&world, a, &blue).await.unwrap_err().code(), Some(Code::WrongState));
    assert_eq!(world.training.content(a).await.unwrap().size, red.len() as u64);
    // A file of the same bytes comes and goes; the image keeps them.
    let file = world.put("tag", "f.bmp", &red).await.file;
    world.collect.delete_file(file.id).await.unwrap();
    assert_eq!(world.collect.purge(None).await.unwrap(), 1);
    assert_eq!(world.blob_count(), 1);
    // And the other way round: bytes that a file needs outlive a refused image.
    world.put("tag", "g.bmp", &blue).await;
    fill(&world, b, &blue).await.unwrap_err();
    assert_eq!(world.blob_count(), 2);
    assert_eq!(world.staged_count(), 0);
}

async fn a_replaced_document_leaves_no_bytes(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &["c"]).await;
    let bytes = bitmap(4, 1);
    let (a, b) = (register(&world, task, "a", &bytes, 4).await, register(&world, task, "b", &bytes, 4).await);
    for id in [a, b] {
        fill(&world, id, &bytes).await.unwrap();
    }
    let large = |note: &str| format!(r#"{{"objects":[],"note":"{}"}}"#, note.repeat(600_000)).into_bytes();
    for id in [a, b] {
        world.training.annotate(id, large("x")).await.unwrap();
    }
    assert_eq!(world.blob_count(), 2, "one document for both");
    world.training.annotate(a, large("y")).await.unwrap();
    assert_eq!(world.blob_count(), 3, "the other image needs it still");
    world.training.annotate(b, br#"{"objects":[]}"#.to_vec()).await.unwrap();
    assert_eq!(world.blob_count(), 2);
    world.training.annotate(a, large("y")).await.unwrap();
    assert_eq!(world.blob_count(), 2, "the same again");
    assert_eq!(world.training.annotation(a).await.unwrap().annotation.len(), large("y").len());
}

async fn a_class_in_use_is_kept_even_by_deleted_images(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"]).await;
    let classes = world.training.task(task).await.unwrap().classes;
    assert_eq!(classes.iter().map(|class| class.class_no).collect::<Vec<_>>(), (1..=11).collect::<Vec<_>>());
    let bytes = bitmap(4, 1);
    let id = register(&world, task, "a", &bytes, 4).await;
    fill(&world, id, &bytes).await.unwrap();
    let object = br#"{"objects":[{"class":"k","bbox":[0,0,1,1]}]}"#.to_vec();
    world.training.annotate(id, object).await.unwrap();
    world.training.delete_images(task, vec![id]).await.unwrap();
    let fault = world.training.delete_class(task, classes[10].id).await.unwrap_err();
    assert_eq!(fault.code(), Some(Code::WrongState));
    // Number 11 is used, number 1 isn't.
    world.training.delete_class(task, classes[0].id).await.unwrap();
    let new = NewClass { name: "a".to_owned(), color: "#000000".to_owned() };
    world.training.add_class(task, new).await.unwrap();
    let classes = world.training.task(task).await.unwrap().classes;
    assert_eq!(classes.iter().map(|class| class.order_id).collect::<Vec<_>>(), (1..=11).collect::<Vec<_>>());
    assert_eq!(classes[10].class_no, 12, "a number is never given twice");
    world.training.restore_images(task, vec![id]).await.unwrap();
    assert!(world.training.annotation(id).await.unwrap().annotation.contains("\"class\":\"k\""));
}
