//! Groups and classes in splits, and leaks: over real pictures, keys and annotations.

use std::io::Cursor;

use granary::collect::model::Filter;
use granary::platform::db::Sql;
use granary::platform::ids::Id;
use granary::platform::web::lang::Lang;
use granary::split::model::audit::Kind;
use granary::split::service::Wish;
use granary::training::model::{Code, Fault, NewClass, Set};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, imageops::FilterType};
use serde_json::json;

use crate::on_both_engines;
use crate::split::{Rooms, image, wish};
use crate::world::Engine;

/// A scene of soft spots, another one for each seed.
fn scene(seed: u32) -> DynamicImage {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut draw = |below: u32| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        i64::from(state % below)
    };
    let spots: Vec<[i64; 4]> = (0..24).map(|_| [draw(240), draw(160), 10 + draw(45), draw(256) - 128]).collect();
    let light = |x: u32, y: u32| {
        let light = spots.iter().fold(110, |light, [at_x, at_y, size, strength]| {
            let far = (i64::from(x) - at_x).pow(2) + (i64::from(y) - at_y).pow(2);
            light + strength * (size * size - far).max(0) / (size * size)
        });
        u8::try_from(light.clamp(0, 255)).unwrap()
    };
    RgbImage::from_fn(240, 160, |x, y| Rgb([light(x, y); 3])).into()
}

fn bytes(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

impl Rooms {
    /// A task of pictures: six scenes, each as PNG and as a JPEG of half the size, and one of them once more.
    async fn pictures(&self) -> Id {
        for seed in 1..=6 {
            let picture = scene(seed);
            let half = picture.resize_exact(120, 80, FilterType::Triangle);
            self.world.put("shots", &format!("{seed}.png"), &bytes(&picture, ImageFormat::Png)).await;
            self.world.put("shots", &format!("{seed}-small.jpg"), &bytes(&half, ImageFormat::Jpeg)).await;
        }
        self.world.put("shots", "again.png", &bytes(&scene(1), ImageFormat::Png)).await;
        let (task, _) = self.task(0).await;
        self.training.import(task, "shots", &Filter::default()).await.unwrap();
        task
    }

    async fn looks(&self) -> Vec<Option<i64>> {
        let rows =
            self.world.db.fetch_all(Sql::new("SELECT look FROM blobs ORDER BY created_at, sha256")).await.unwrap();
        rows.iter().map(|row| row.opt_int(0).unwrap()).collect()
    }
}

async fn copies_of_a_picture_stay_together(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let task = rooms.pictures().await;
    assert!(rooms.looks().await.iter().all(Option::is_none), "nobody has looked at them yet");
    for seed in 0..4 {
        let done = rooms.split.split(Wish { group: true, ..wish(task, [7, 4, 2], seed) }).await.unwrap();
        let groups = done.record.groups.unwrap();
        assert_eq!((groups.count, groups.largest, groups.torn), (6, 3, 0));
        let sets = rooms.sets(task).await;
        for scene in 0..6 {
            assert_eq!(sets[2 * scene], sets[2 * scene + 1], "scene {scene}: {sets:?}");
        }
        assert_eq!(sets[0], sets[12]);
        let page = rooms.split.audit(task, &[], None, 100).await.unwrap();
        assert_eq!(page.items, [], "no leak is left");
    }
    assert!(rooms.looks().await.iter().all(Option::is_some), "missing looks were made first");
    let (code, members) = rooms.refused(Wish { group: true, ..wish(task, [12, 1, 0], 1) }).await;
    assert_eq!(code, Code::Counts);
    let nearest = &members["nearest"];
    let count = |name: &str| nearest[name].as_i64().unwrap();
    let counts = [count("training"), count("verifying"), count("testing")];
    assert_eq!((counts[0] - 12).abs() + (counts[1] - 1).abs() + counts[2].abs(), 2);
    rooms.split.split(Wish { group: true, ..wish(task, counts, 1) }).await.unwrap();
}

async fn plain_pictures_are_counted(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    for (name, shade) in [("black", 0), ("grey", 128)] {
        let plain: DynamicImage = RgbImage::from_pixel(64, 64, Rgb([shade; 3])).into();
        rooms.world.put("shots", &format!("{name}.png"), &bytes(&plain, ImageFormat::Png)).await;
    }
    // One that can't be decoded is no plain picture, and neither is one that has no bytes.
    let broken = bytes(&scene(7), ImageFormat::Png);
    rooms.world.put("shots", "broken.png", &broken[..broken.len() / 2]).await;
    let task = rooms.pictures().await;
    rooms.register(task, vec![image("without.png", None)]).await;
    let images = rooms.sets(task).await.len();
    assert!(images >= 16, "{images}");
    let rest = i64::try_from(images).unwrap();
    // A record of an earlier version is read as it is.
    let mut tx = rooms.world.db.begin().await.unwrap();
    let old = r#"{"seed":1,"algorithm":"a","requested":{"group":true},"got":{},"digest":"d","at":"t"}"#;
    tx.execute(Sql::new("UPDATE tasks SET split = ? WHERE id = ?").bind(old).bind(task)).await.unwrap();
    tx.commit().await.unwrap();
    let kept = || async { rooms.training.find_task(task).await.unwrap().split.unwrap() };
    assert_eq!(kept().await["groups"], serde_json::Value::Null);
    let done = rooms.split.split(Wish { group: true, ..wish(task, [rest, 0, 0], 1) }).await.unwrap();
    let unheld = done.record.groups.unwrap().unheld;
    assert_eq!((unheld.plain, unheld.busy, unheld.crowded.chains), (2, 0, 0));
    let crowded = json!({"chains": 0, "images": 0});
    let count = images - 7;
    let groups = json!({"count": count, "largest": 3, "torn": 0, "crowded": crowded, "plain": 2, "busy": 0});
    assert_eq!(kept().await["groups"], groups);
    let page = rooms.split.audit(task, &[], None, 1).await.unwrap();
    assert_eq!((page.items, page.plain, page.busy), (Vec::new(), 2, 0));
    rooms.split.split(wish(task, [rest, 0, 0], 1)).await.unwrap();
    assert_eq!(kept().await.get("groups"), None, "without groups there is nothing to tell");
}

/// Groups that are too many to look at all their sums, in sets that can't be had by two.
async fn the_nearest_found_is_not_called_the_nearest(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let (task, _) = rooms.task(0).await;
    // One group of ten, the others of four; a batch at a time.
    let key = |at: usize| format!("person {}", at.saturating_sub(6) / 4);
    for batch in (0..6606).collect::<Vec<_>>().chunks(2000) {
        rooms.register(task, batch.iter().map(|at| image(&format!("{at}.png"), Some(&key(*at)))).collect()).await;
    }
    for (counts, is_proven, zh) in
        [([2202, 2202, 2202], false, "可改用已找到的最接近的个数"), ([2201, 2203, 2202], true, "可改用最接近的个数")]
    {
        let fault = rooms.split.split(Wish { group: true, ..wish(task, counts, 1) }).await.unwrap_err();
        assert!(fault.text(Lang::Zh).contains(zh), "{}", fault.text(Lang::Zh));
        let en = fault.text(Lang::En);
        assert_eq!((en.contains("nearest possible"), en.contains("nearest found")), (is_proven, !is_proven), "{en}");
        let Fault::Rule { code, members, .. } = fault else { panic!("{fault}") };
        assert_eq!((code, &members["nearest_proven"]), (Code::Counts, &json!(is_proven)));
    }
}

async fn a_key_holds_images_together(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let (task, _) = rooms.task(0).await;
    let person = |at: u32| format!("person {}", at / 3);
    rooms.register(task, (0..30).map(|at| image(&format!("{at}.png"), Some(&person(at)))).collect()).await;
    rooms.split.split(Wish { group: true, ..wish(task, [18, 6, 6], 3) }).await.unwrap();
    let sets = rooms.sets(task).await;
    assert!(sets.chunks(3).all(|person| person[0] == person[1] && person[1] == person[2]), "{sets:?}");
    let (code, members) = rooms.refused(Wish { group: true, ..wish(task, [17, 7, 6], 3) }).await;
    assert_eq!((code, &members["nearest"]), (Code::Counts, &json!({"training": 18, "verifying": 6, "testing": 6})));
    // A late image of a person goes where the others stand, and nowhere else.
    let of_set = |set: i64| sets.iter().position(|other| *other == set).unwrap() / 3;
    let late = |set: i64| vec![image("late.png", Some(&format!("person {}", of_set(set))))];
    rooms.register(task, late(0)).await;
    rooms.register(task, late(1)).await;
    let late = Wish { group: true, only_unassigned: true, ..wish(task, [2, 0, 0], 3) };
    let (code, members) = rooms.refused(late.clone()).await;
    assert_eq!((code, &members["nearest"]), (Code::Counts, &json!({"training": 1, "verifying": 0, "testing": 1})));
    rooms.split.split(Wish { asked: wish(task, [1, 0, 1], 3).asked, ..late }).await.unwrap();
    assert_eq!(rooms.sets(task).await[30..], [0, 1]);
}

async fn classes_keep_their_shares(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let task = rooms.pictures().await;
    for name in ["cat", "dog"] {
        rooms.training.add_class(task, NewClass { name: name.into(), color: "#112233".into() }).await.unwrap();
    }
    let sql = "SELECT img_id FROM task_images WHERE task_id = ? ORDER BY order_id";
    let rows = rooms.world.db.fetch_all(Sql::new(sql).bind(task)).await.unwrap();
    for (at, row) in rows.iter().enumerate().take(12) {
        let class = if at % 3 == 0 { "cat" } else { "dog" };
        let text = format!(r#"{{"objects":[{{"class":"{class}","bbox":[1,1,20,20]}}]}}"#);
        rooms.training.annotate(Id(row.int(0).unwrap()), text.into_bytes()).await.unwrap();
    }
    rooms.split.split(Wish { stratify: true, ..wish(task, [7, 3, 3], 5) }).await.unwrap();
    let sets = rooms.sets(task).await;
    for (set, share) in [(0, 7), (1, 3), (2, 3)] {
        let cats = (0..12).filter(|at| at % 3 == 0 && sets[*at] == set).count();
        let dogs = (0..12).filter(|at| at % 3 != 0 && sets[*at] == set).count();
        assert!((cats * 13).abs_diff(4 * share) < 13 && (dogs * 13).abs_diff(8 * share) < 13, "{sets:?}");
    }
}

async fn leaks_are_found_in_a_task_and_across_tasks(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let task = rooms.pictures().await;
    let other = rooms.pictures_of_one_scene().await;
    let mut tx = rooms.world.db.begin().await.unwrap();
    // The first scene: PNG in training, its small JPEG in testing, the same PNG again in verifying.
    for (order_id, set) in [(2_i64, 1_i64), (13, 2)] {
        let sql = Sql::new("UPDATE task_images SET set_id = ? WHERE task_id = ? AND order_id = ?");
        tx.execute(sql.bind(set).bind(task).bind(order_id)).await.unwrap();
    }
    tx.execute(Sql::new("UPDATE tasks SET revision = revision + 1 WHERE id = ?").bind(task)).await.unwrap();
    tx.commit().await.unwrap();
    let found = rooms.split.audit(task, &[], None, 100).await.unwrap().items;
    let kinds: Vec<(Kind, Set, Set)> = found.iter().map(|leak| (leak.kind, leak.a.set, leak.b.set)).collect();
    assert_eq!(kinds[0], (Kind::Same, Set::Training, Set::Verifying));
    assert!(kinds[1..].iter().all(|leak| leak.0 == Kind::Near) && kinds.len() >= 2, "{kinds:?}");
    assert!(found[1].distance.is_some_and(|distance| distance <= 6));
    let across = rooms.split.audit(task, &[other], None, 100).await.unwrap().items;
    assert!(across.iter().any(|leak| leak.kind == Kind::Same && leak.a.task == task && leak.b.task == other));
    let mut paged = Vec::new();
    let mut cursor = None;
    loop {
        let page = rooms.split.audit(task, &[other], cursor.as_deref(), 1).await.unwrap();
        paged.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, across);
    assert!(rooms.split.audit(task, &[Id(5)], None, 100).await.is_err());
}

async fn looks_are_made_for_thumbnails_that_are_there_already(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    rooms.world.put("shots", "1.png", &bytes(&scene(1), ImageFormat::Png)).await;
    rooms.world.put("shots", "plain.png", &bytes(&DynamicImage::new_rgb8(64, 64), ImageFormat::Png)).await;
    assert_eq!(rooms.world.collect.make_wanted().await.unwrap(), 2);
    let made = rooms.looks().await;
    assert_eq!(made.iter().flatten().count(), 1, "a plain picture has none: {made:?}");
    // What the schema of today does to thumbnails of an earlier server.
    let mut tx = rooms.world.db.begin().await.unwrap();
    tx.execute(Sql::new("UPDATE blobs SET thumbnail = 0, look = NULL")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(rooms.world.collect.make_wanted().await.unwrap(), 2);
    assert_eq!(rooms.looks().await, made);
    assert_eq!(rooms.world.collect.make_wanted().await.unwrap(), 0);
}

impl Rooms {
    /// A task whose only image is the first scene, in verifying.
    async fn pictures_of_one_scene(&self) -> Id {
        let (task, _) = self.task(1).await;
        let mut tx = self.world.db.begin().await.unwrap();
        let sql = "UPDATE images SET sha256 = (SELECT sha256 FROM files WHERE name = '1.png') WHERE img_id = \
                   (SELECT img_id FROM task_images WHERE task_id = ?)";
        tx.execute(Sql::new(sql).bind(task)).await.unwrap();
        tx.execute(Sql::new("UPDATE task_images SET set_id = 2 WHERE task_id = ?").bind(task)).await.unwrap();
        tx.commit().await.unwrap();
        task
    }
}

on_both_engines!(
    copies_of_a_picture_stay_together,
    plain_pictures_are_counted,
    the_nearest_found_is_not_called_the_nearest,
    a_key_holds_images_together,
    classes_keep_their_shares,
    leaks_are_found_in_a_task_and_across_tasks,
    looks_are_made_for_thumbnails_that_are_there_already,
);
