//! Faces: in their group once, counted exactly, gone with their bytes.

use std::sync::Arc;

use granary::faces::engine::{Addition, Engine as FaceEngine, Picture, Unanswered, Unreadable};
use granary::faces::model::{Ability, Details, Detected, FaceBox, Filter, Pose};
use granary::faces::service::{Faces, PreparedFace};
use granary::platform::clock::Clock;
use granary::platform::error::{Error, Result};
use granary::platform::ids::Id;
use image::{Rgb, RgbImage};

use crate::on_both_engines;
use crate::world::{Engine, START, World};

on_both_engines!(
    a_row_is_a_face_once,
    two_tasks_fill_one_group_at_once,
    what_was_seen_comes_back,
    lists_page_and_search,
    a_face_goes_with_its_crop_unless_another_needs_it,
    a_crop_that_was_removed_meanwhile_is_put_back,
    a_group_goes_and_a_task_makes_it_again,
    a_transaction_that_fails_leaves_nothing,
    texts_are_cut_where_they_are_kept,
);

/// Sees two faces in every picture, the larger at (8, 8); bytes are one colour's.
struct Sees;

#[rocket::async_trait]
impl FaceEngine for Sees {
    fn ability(&self) -> Ability {
        Ability { name: "null", pose: true, blur: true, embedded: true }
    }

    fn open(&self, bytes: Arc<Vec<u8>>) -> std::result::Result<Picture, Unreadable> {
        let Some(&[red, green, blue]) = bytes.first_chunk::<3>() else {
            return Err(Unreadable { en: "broken".into(), zh: "图片已损坏".into() });
        };
        let pixels = RgbImage::from_pixel(64, 64, Rgb([red, green, blue]));
        Ok(Picture { bytes, pixels: Some(pixels), width: 64, height: 64 })
    }

    async fn detect(&self, picture: &Picture) -> std::result::Result<Vec<Detected>, Unanswered> {
        assert!(picture.pixels.is_some());
        let face = |x, side| Detected {
            place: FaceBox { x, y: 8, width: side, height: side },
            pose: Some(Pose { pitch: -1.25, yaw: 20.5, roll: 0.0 }),
            blur: Some(12.5),
            score: 0.987,
        };
        Ok(vec![face(8, 20), face(40, 10)])
    }

    async fn add(&self, _: &Addition) -> std::result::Result<Option<String>, Unanswered> {
        Ok(None)
    }

    async fn remove(&self, _: &str, _: &str) -> std::result::Result<(), Unanswered> {
        Ok(())
    }
}

fn faces(world: &World) -> Faces {
    let clock = Clock::Fixed(world.now.clone());
    Faces::new(world.db.clone(), world.ids.clone(), clock, world.collect.clone(), Arc::new(Sees))
}

fn details(task: &str, row: i64) -> Details {
    Details {
        group: "员工".into(),
        task: task.into(),
        row,
        tag: format!("tag {}", row % 2),
        description: format!("第 {row} 行 Zhang"),
        uri: format!("http://host/{row}.jpg"),
        sha256: "ab".repeat(32),
    }
}

async fn prepared(faces: &Faces, task: &str, row: i64, colour: [u8; 3]) -> PreparedFace {
    let sighting = faces.look(Arc::new(colour.to_vec())).await.unwrap();
    faces.prepare(details(task, row), &sighting).await.unwrap()
}

async fn many(faces: &Faces, task: &str, rows: std::ops::Range<i64>) -> Vec<PreparedFace> {
    let mut many = Vec::new();
    for row in rows {
        many.push(prepared(faces, task, row, [u8::try_from(row * 40 % 256).unwrap(), 99, 7]).await);
    }
    many
}

async fn insert(world: &World, faces: &Faces, group: &str, some: &[PreparedFace]) -> Result<u64> {
    let _held = faces.hold().await;
    let mut tx = world.db.begin().await?;
    let added = faces.insert(&mut tx, group, &some.iter().collect::<Vec<_>>()).await?;
    tx.commit().await?;
    Ok(added)
}

async fn listed(faces: &Faces, group: &str, filter: &Filter) -> Vec<i64> {
    let page = faces.faces(group, filter, None, 1000).await.unwrap();
    page.items.iter().map(|face| face.details.row).collect()
}

async fn a_row_is_a_face_once(engine: Engine) {
    let world = World::new(engine).await;
    let faces = faces(&world);
    let first = many(&faces, "task00000001", 0..3).await;
    assert_eq!(insert(&world, &faces, "员工", &first).await.unwrap(), 3);
    // The same rows prepared once more, as after a crash, and one that is new.
    let again = many(&faces, "task00000001", 1..4).await;
    assert_eq!(insert(&world, &faces, "员工", &again).await.unwrap(), 1);
    assert_eq!(insert(&world, &faces, "员工", &again).await.unwrap(), 0);
    assert_eq!(insert(&world, &faces, "员工", &[]).await.unwrap(), 0);
    let group = faces.group("员工").await.unwrap();
    assert_eq!((group.face_count, group.created_at), (4, START));
    let mut rows = listed(&faces, "员工", &Filter::default()).await;
    rows.sort_unstable();
    assert_eq!(rows, [0, 1, 2, 3]);
    // The same rows of another task are other faces; the same picture is one blob.
    let other = many(&faces, "task00000002", 0..4).await;
    assert_eq!(insert(&world, &faces, "员工", &other).await.unwrap(), 4);
    assert_eq!((faces.group("员工").await.unwrap().face_count, world.blob_count()), (8, 4));
}

async fn two_tasks_fill_one_group_at_once(engine: Engine) {
    let world = Arc::new(World::new(engine).await);
    let faces = faces(&world);
    let mut running = Vec::new();
    for task in ["task00000001", "task00000002", "task00000001"] {
        let (world, faces) = (world.clone(), faces.clone());
        running.push(tokio::spawn(async move {
            let mut added = 0;
            for batch in 0..6 {
                let some = many(&faces, task, batch * 20..batch * 20 + 20).await;
                added += retried(&world, &faces, &some).await;
            }
            added
        }));
    }
    let mut added = 0;
    for task in running {
        added += task.await.unwrap();
    }
    assert_eq!(added, 240);
    assert_eq!(faces.group("员工").await.unwrap().face_count, 240);
    assert_eq!(listed(&faces, "员工", &Filter::default()).await.len(), 240);
}

/// MySQL may break up two writers that stand in each other's way.
async fn retried(world: &World, faces: &Faces, some: &[PreparedFace]) -> u64 {
    for _ in 0..20 {
        if let Ok(added) = insert(world, faces, "员工", some).await {
            return added;
        }
    }
    panic!("twenty deadlocks")
}

async fn what_was_seen_comes_back(engine: Engine) {
    let world = World::new(engine).await;
    let faces = faces(&world);
    assert!(faces.look(Arc::new(Vec::new())).await.is_err_and(|error| error.to_string() == "broken"));
    let face = prepared(&faces, "task00000001", 7, [250, 30, 40]).await;
    insert(&world, &faces, "a/b ?", &[face]).await.unwrap();
    let page = faces.faces("a/b ?", &Filter::default(), None, 10).await.unwrap();
    assert_eq!((page.items.len(), page.next), (1, None));
    let face = &page.items[0];
    assert_eq!(face.details, Details { group: "a/b ?".into(), ..details("task00000001", 7) });
    assert_eq!((face.faces_found, face.created_at, face.remote_id.as_deref()), (2, START, None));
    assert_eq!(face.detected.place, FaceBox { x: 8, y: 8, width: 20, height: 20 });
    assert_eq!(face.detected.pose, Some(Pose { pitch: -1.25, yaw: 20.5, roll: 0.0 }));
    assert_eq!((face.detected.blur, face.detected.score.to_string()), (Some(12.5), "0.987".to_owned()));
    let crop = faces.crop("a/b ?", face.id).await.unwrap();
    assert_eq!(Some(crop.sha256()), face.crop.as_deref());
    let path = world.collect.blobs().layout().blob(&granary::platform::blobs::BlobKey::parse(crop.sha256()).unwrap());

    let picture = image::load_from_memory(&std::fs::read(path).unwrap()).unwrap().into_rgb8();
    // A fifth of the face on each side.
    assert_eq!(picture.dimensions(), (28, 28));
    assert!(picture.get_pixel(3, 3).0.iter().zip([250_u8, 30, 40]).all(|(one, other)| one.abs_diff(other) < 8));
    for (group, id) in [("a/b ?", Id(1)), ("other", face.id)] {
        assert!(matches!(faces.crop(group, id).await, Err(Error::NotFound(_))));
    }
}

async fn lists_page_and_search(engine: Engine) {
    let world = World::new(engine).await;
    let faces = faces(&world);
    let some = many(&faces, "task00000001", 0..25).await;
    insert(&world, &faces, "员工", &some).await.unwrap();
    for group in ["Alpha", "beta", "alphabet"] {
        let mut tx = world.db.begin().await.unwrap();
        faces.make_group(&mut tx, group, Id(world.ids.draw(1).await.unwrap())).await.unwrap();
        tx.commit().await.unwrap();
    }
    let (mut rows, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = faces.faces("员工", &Filter::default(), cursor.as_deref(), 10).await.unwrap();
        rows.extend(page.items.iter().map(|face| face.details.row));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(rows, (0..25).rev().collect::<Vec<_>>());
    let tagged = Filter { tag: Some("tag 1".into()), q: None };
    assert_eq!(listed(&faces, "员工", &tagged).await.len(), 12);
    assert!(listed(&faces, "员工", &Filter { tag: Some("Tag 1".into()), q: None }).await.is_empty());
    let found = |q: &str| Filter { tag: None, q: Some(q.into()) };
    assert_eq!(listed(&faces, "员工", &found("第 2 行 ZHANG")).await, [2]);
    assert_eq!(listed(&faces, "员工", &found("TAG 0")).await.len(), 13);
    assert_eq!(faces.found(faces.group("员工").await.unwrap().id, "TAG 0").await.unwrap(), 13);
    assert!(listed(&faces, "员工", &found("%")).await.is_empty());
    let names_of = |page: granary::collect::model::Page<granary::faces::model::Group>| {
        page.items.into_iter().map(|group| group.name).collect::<Vec<_>>()
    };
    let first = faces.groups(None, None, 3).await.unwrap();
    let second = first.next.clone();
    assert_eq!(names_of(first), ["alphabet", "beta", "Alpha"]);
    assert_eq!(names_of(faces.groups(None, second.as_deref(), 3).await.unwrap()), ["员工"]);
    assert_eq!(names_of(faces.groups(Some("ALPHA"), None, 10).await.unwrap()), ["alphabet", "Alpha"]);
    assert!(faces.groups(None, None, 0).await.is_err() && faces.groups(None, None, 1001).await.is_err());
    assert!(faces.groups(None, Some("n7-1"), 10).await.is_err() && faces.groups(None, Some("x"), 10).await.is_err());
    assert!(matches!(faces.faces("没有", &Filter::default(), None, 10).await, Err(Error::NotFound(_))));
}

async fn a_face_goes_with_its_crop_unless_another_needs_it(engine: Engine) {
    let world = World::new(engine).await;
    let faces = faces(&world);
    let color = [1, 2, 3];
    let some = [prepared(&faces, "task00000001", 0, color).await, prepared(&faces, "task00000001", 1, color).await];
    insert(&world, &faces, "员工", &some).await.unwrap();
    assert_eq!(world.blob_count(), 1);
    let ids: Vec<Id> =
        faces.faces("员工", &Filter::default(), None, 10).await.unwrap().items.iter().map(|face| face.id).collect();
    faces.delete_face("员工", ids[0]).await.unwrap();
    assert_eq!((world.blob_count(), faces.group("员工").await.unwrap().face_count), (1, 1));
    assert!(matches!(faces.delete_face("员工", ids[0]).await, Err(Error::NotFound(_))));
    assert!(matches!(faces.delete_face("没有", ids[1]).await, Err(Error::NotFound(_))));
    faces.delete_face("员工", ids[1]).await.unwrap();
    assert_eq!((world.blob_count(), faces.group("员工").await.unwrap().face_count), (0, 0));
}

async fn a_crop_that_was_removed_meanwhile_is_put_back(engine: Engine) {
    let world = World::new(engine).await;
    let faces = faces(&world);
    let first = prepared(&faces, "task00000001", 0, [5, 5, 5]).await;
    insert(&world, &faces, "员工", &[first]).await.unwrap();
    let second = prepared(&faces, "task00000001", 1, [5, 5, 5]).await;
    faces.delete_group("员工").await.unwrap();
    assert_eq!(world.blob_count(), 0);
    insert(&world, &faces, "员工", &[second]).await.unwrap();
    assert_eq!((world.blob_count(), listed(&faces, "员工", &Filter::default()).await), (1, vec![1]));
}

async fn a_group_goes_and_a_task_makes_it_again(engine: Engine) {
    let world = World::new(engine).await;
    let faces = faces(&world);
    let some = many(&faces, "task00000001", 0..300).await;
    insert(&world, &faces, "员工", &some).await.unwrap();
    insert(&world, &faces, "others", &many(&faces, "task00000002", 0..2).await).await.unwrap();
    let kept = world.put("tag", "a.txt", b"kept").await;
    assert_eq!(faces.delete_group("员工").await.unwrap(), 300);
    assert!(matches!(faces.group("员工").await, Err(Error::NotFound(_))));
    assert!(matches!(faces.delete_group("员工").await, Err(Error::NotFound(_))));
    // Two crops of the other group, and the file.
    assert_eq!((world.blob_count(), kept.duplicate), (3, false));
    assert_eq!(faces.group("others").await.unwrap().face_count, 2);
    insert(&world, &faces, "员工", &some[..1]).await.unwrap();
    assert_eq!(faces.group("员工").await.unwrap().face_count, 1);
}

async fn a_transaction_that_fails_leaves_nothing(engine: Engine) {
    let world = World::new(engine).await;
    let faces = faces(&world);
    let some = many(&faces, "task00000001", 0..3).await;
    let held = faces.hold().await;
    let mut tx = world.db.begin().await.unwrap();
    assert_eq!(faces.insert(&mut tx, "员工", &some.iter().collect::<Vec<_>>()).await.unwrap(), 3);
    drop(tx);
    drop(held);
    assert!(matches!(faces.group("员工").await, Err(Error::NotFound(_))));
    assert_eq!(insert(&world, &faces, "员工", &some).await.unwrap(), 3);
    assert_eq!(faces.group("员工").await.unwrap().face_count, 3);
}

async fn texts_are_cut_where_they_are_kept(engine: Engine) {
    let world = World::new(engine).await;
    let faces = faces(&world);
    let sighting = faces.look(Arc::new(vec![1, 2, 3])).await.unwrap();
    let long = Details {
        tag: "标".repeat(400),
        description: "述".repeat(30_000),
        uri: format!("http://host/{}", "a".repeat(9000)),
        ..details("task00000001", 0)
    };
    let face = faces.prepare(long, &sighting).await.unwrap();
    insert(&world, &faces, "员工", &[face]).await.unwrap();
    let page = faces.faces("员工", &Filter::default(), None, 1).await.unwrap();
    let kept = &page.items[0].details;
    assert_eq!((kept.tag.len(), kept.description.len(), kept.uri.len()), (1023, 65_535, 8192));
    assert!(kept.tag.chars().all(|c| c == '标') && kept.description.chars().all(|c| c == '述'));
}
