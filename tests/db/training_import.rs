//! A tag becomes the images of a task, whatever its size.

use granary::collect::model::Filter;
use granary::platform::ids::Id;
use granary::platform::web::preconditions::Preconditions;
use granary::training::model::{Code, NewTask, Registered, State, Target};

use crate::on_both_engines;
use crate::training_images::{bitmap, new_task};
use crate::world::{Engine, World};

on_both_engines!(
    a_tag_is_imported_in_upload_order,
    a_second_import_adds_what_is_new,
    a_selection_is_sent_to_a_task_or_to_a_new_one,
    a_new_task_is_made_with_its_images_or_not_at_all,
    pages_of_files_make_one_import,
);

async fn a_tag_is_imported_in_upload_order(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    for (name, seed) in [("z.bmp", 1), ("a.bmp", 2), ("m.bmp", 3)] {
        world.put("t", name, &bitmap(5, seed)).await;
    }
    world.put("t", "notes.txt", b"no picture").await;
    let blobs = world.blob_count();
    let imported = world.training.import(task, "t", &Filter::default()).await.unwrap();
    assert_eq!(imported.skipped, 1);
    let names: Vec<&str> = imported.images.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["z.bmp", "a.bmp", "m.bmp"]);
    for (place, (name, id)) in (1..).zip(&imported.images) {
        let image = world.training.find_image(*id).await.unwrap();
        assert_eq!((image.order_id, &image.name, image.state), (place, name, State::Ready));
        assert_eq!((image.width, image.height), (5, 5));
    }
    assert_eq!(world.blob_count(), blobs, "no byte is copied");
    let fault = world.training.import(task, "none", &Filter::default()).await.unwrap_err();
    assert!(fault.to_string().contains("not found"), "{fault}");
    let fault = world.training.import(Id(7), "t", &Filter::default()).await.unwrap_err();
    assert_eq!(fault.code(), Some(Code::NoTask));
}

async fn a_second_import_adds_what_is_new(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    world.put("t", "a.bmp", &bitmap(5, 1)).await;
    let filter = Filter { q: Some("A".into()), media: Some("image".into()), ..Filter::default() };
    let first = world.training.import(task, "t", &filter).await.unwrap().images;
    world.training.delete_images(task, vec![first[0].1]).await.unwrap();
    world.put("t", "b.bmp", &bitmap(5, 1)).await;
    assert!(world.training.import(task, "t", &filter).await.unwrap().images.is_empty(), "a deleted one stays deleted");
    let second = world.training.import(task, "t", &Filter::default()).await.unwrap().images;
    assert_eq!(second.len(), 1);
    assert_eq!(world.training.find_image(second[0].1).await.unwrap().order_id, 2);
    // Another task has its own.
    let other = new_task(&world, &[]).await;
    assert_eq!(world.training.import(other, "t", &Filter::default()).await.unwrap().images.len(), 2);
}

async fn a_selection_is_sent_to_a_task_or_to_a_new_one(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    let mut ids = Vec::new();
    for (name, seed) in [("a.bmp", 1), ("b.bmp", 2), ("c.bmp", 3)] {
        ids.push(world.put("t", name, &bitmap(5, seed)).await.file.id);
    }
    ids.push(world.put("t", "notes.txt", b"no picture").await.file.id);
    let elsewhere = world.put("other", "d.bmp", &bitmap(5, 4)).await.file.id;
    let some = |of: &[Id]| Filter { ids: Some(of.to_vec()), ..Filter::default() };
    let names = |sent: &Registered| sent.images.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();

    let (id, first) = world.training.send(Target::Task(task), "t", &some(&ids[1..2])).await.unwrap();
    assert_eq!((id, names(&first), first.known, first.skipped), (task, vec!["b.bmp".to_owned()], 0, 0));
    // Once more with others: what is here is told, a file of another tag isn't meant.
    let mut chosen = vec![ids[0], ids[1], ids[3], elsewhere];
    chosen.sort_unstable();
    let (_, second) = world.training.send(Target::Task(task), "t", &some(&chosen)).await.unwrap();
    assert_eq!((names(&second), second.known, second.skipped), (vec!["a.bmp".to_owned()], 1, 1));
    assert_eq!(world.training.find_image(second.images[0].1).await.unwrap().order_id, 2);
    assert_eq!(world.training.task(task).await.unwrap().counts.sets, [2, 0, 0]);

    // An empty selection is none, never everything.
    let (_, none) = world.training.send(Target::Task(task), "t", &some(&[])).await.unwrap();
    assert_eq!(none, Registered::default());

    let (made, all) = world.training.send(Target::New(wish("fresh")), "t", &Filter::default()).await.unwrap();
    assert_eq!((all.images.len(), all.known, all.skipped), (3, 0, 1));
    let view = world.training.task(made).await.unwrap();
    assert_eq!((view.task.name.as_str(), view.task.last_order_id, view.counts.sets), ("fresh", 3, [3, 0, 0]));
    let newest = world.training.newest_tasks(10).await.unwrap();
    assert_eq!(newest.iter().map(|task| task.id).collect::<Vec<_>>(), [made, task]);
}

async fn a_new_task_is_made_with_its_images_or_not_at_all(engine: Engine) {
    let world = World::new(engine).await;
    world.put("t", "a.bmp", &bitmap(5, 1)).await;
    let fault = world.training.send(Target::New(wish("x")), "none", &Filter::default()).await.unwrap_err();
    assert!(fault.to_string().contains("not found"), "{fault}");
    let taken = new_task(&world, &[]).await;
    let again = NewTask { id: Some(taken), ..wish("x") };
    let fault = world.training.send(Target::New(again), "t", &Filter::default()).await.unwrap_err();
    assert_eq!(fault.code(), Some(Code::Exists));
    let fault = world.training.send(Target::Task(Id(7)), "t", &Filter::default()).await.unwrap_err();
    assert_eq!(fault.code(), Some(Code::NoTask));
    assert_eq!(world.training.newest_tasks(10).await.unwrap().len(), 1, "nothing was made");
    assert_eq!(world.training.task(taken).await.unwrap().counts.sets, [0, 0, 0]);
}

fn wish(name: &str) -> NewTask {
    NewTask { id: None, name: name.to_owned(), task_type: 2, classes: Vec::new() }
}

async fn pages_of_files_make_one_import(engine: Engine) {
    let world = World::new(engine).await;
    let task = new_task(&world, &[]).await;
    let mut storing = Vec::new();
    for at in 0..2300_u32 {
        let mut incoming = world.collect.begin(None).unwrap();
        incoming.write(&bitmap(2, u8::try_from(at % 200).unwrap())).await.unwrap();
        let received = world.collect.place(incoming).await.unwrap();
        let name = granary::collect::model::Name::new(&format!("{at:05}.bmp")).unwrap();
        let tag = granary::collect::model::Name::new("t").unwrap();
        let on_conflict = granary::collect::model::OnConflict::Rename;
        storing.push((
            granary::collect::service::Upload {
                tag,
                name,
                on_conflict,
                expected: None,
                conditions: Preconditions::default(),
            },
            received,
        ));
    }
    assert!(world.collect.store_placed(storing).await.iter().all(Result::is_ok));
    let mut imported = world.training.import(task, "t", &Filter::default()).await.unwrap().images;
    assert!(imported.windows(2).all(|pair| pair[0].1.0 + 1 == pair[1].1.0), "consecutive ids");
    imported.sort();
    imported.dedup_by(|a, b| a.0 == b.0);
    assert_eq!(imported.len(), 2300);
    assert_eq!(world.training.task(task).await.unwrap().counts.states[1], 2300);
    while world.training.mend_folders().await.unwrap() > 0 {}
    let folder = world.folder.path().join(format!("tasks/{task}"));
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2300);
}
