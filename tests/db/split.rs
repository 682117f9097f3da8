//! Splits as they stand in the database: exact, repeatable, kept, one at a time.

use std::fmt::Write as _;

use granary::platform::blobs::BlobKey;
use granary::platform::clock::Clock;
use granary::platform::db::Sql;
use granary::platform::ids::Id;
use granary::split::model::counts::Asked;
use granary::split::service::{Done, Split, Wish};
use granary::training::model::{Code, Fault, ImageType, NewImage, NewTask, Set};
use granary::training::service::Training;

use tokio::io::AsyncReadExt;

use crate::on_both_engines;
use crate::world::{Engine, World};

/// Training and splitting over a world.
pub struct Rooms {
    pub world: World,
    pub training: Training,
    pub split: Split,
}

impl Rooms {
    pub async fn new(engine: Engine) -> Self {
        let world = World::new(engine).await;
        let clock = Clock::Fixed(world.now.clone());
        let codes = granary::platform::config::SetCodes::ZeroBased;
        let training = Training::new(world.db.clone(), world.ids.clone(), clock.clone(), codes, world.collect.clone());
        let split = Split::new(world.db.clone(), clock, world.collect.clone(), training.clone());
        Self { world, training, split }
    }

    /// A task with so many images that have no bytes yet; their ids.
    pub async fn task(&self, images: usize) -> (Id, Vec<Id>) {
        let new = NewTask { id: None, name: "t".into(), task_type: 1, classes: Vec::new() };
        let task = self.training.create_task(new).await.unwrap();
        let ids = self.register(task, (0..images).map(|at| image(&format!("img_{at}.png"), None)).collect()).await;
        (task, ids)
    }

    pub async fn register(&self, task: Id, images: Vec<NewImage>) -> Vec<Id> {
        let registered = self.training.register(task, images).await.unwrap();
        registered.images.into_iter().map(|(_, id)| id).collect()
    }

    /// The number of the set of each living image, in the order of `order_id`.
    pub async fn sets(&self, task: Id) -> Vec<i64> {
        let sql = "SELECT set_id FROM task_images WHERE task_id = ? AND is_del = 0 ORDER BY order_id";
        let rows = self.world.db.fetch_all(Sql::new(sql).bind(task)).await.unwrap();
        rows.iter().map(|row| row.int(0).unwrap()).collect()
    }

    pub async fn refused(&self, wish: Wish) -> (Code, serde_json::Value) {
        match self.split.split(wish).await.unwrap_err() {
            Fault::Rule { code, members, .. } => (code, members.into()),
            Fault::Changed { message, .. } => panic!("{message}"),
            Fault::Other(error) => panic!("{error}"),
        }
    }
}

pub fn image(name: &str, group: Option<&str>) -> NewImage {
    NewImage {
        name: name.into(),
        kind: ImageType::Png,
        size: 10,
        width: 4,
        height: 3,
        create_oper: Id(1),
        group: group.map(str::to_owned),
        sha256: None,
        source_file: None,
    }
}

pub fn wish(task: Id, [training, verifying, testing]: [i64; 3], seed: u64) -> Wish {
    Wish {
        task,
        asked: Asked::Counts { training, verifying, testing },
        seed: Some(seed),
        stratify: false,
        group: false,
        only_unassigned: false,
        lock: None,
    }
}

fn counts(done: &Done) -> [usize; 3] {
    Set::ALL.map(|set| done.ids_of(set).count())
}

async fn the_same_seed_gives_the_same_sets(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let (task, ids) = rooms.task(10).await;
    let done = rooms.split.split(wish(task, [7, 2, 1], 42)).await.unwrap();
    assert_eq!(counts(&done), [7, 2, 1]);
    // The golden vector of the model: t t t t v v e t t t.
    let golden = [0, 0, 0, 0, 2, 2, 1, 0, 0, 0];
    assert_eq!(rooms.sets(task).await, golden);
    assert_eq!(done.ids_of(Set::Testing).collect::<Vec<_>>(), [ids[6].0]);
    let (other, _) = rooms.task(10).await;
    rooms.split.split(wish(other, [7, 2, 1], 42)).await.unwrap();
    assert_eq!(rooms.sets(other).await, golden, "ids play no part");
    let free = rooms.split.split(Wish { seed: None, ..wish(task, [7, 2, 1], 0) }).await.unwrap();
    let chosen = rooms.sets(task).await;
    rooms.split.split(wish(other, [7, 2, 1], free.record.seed)).await.unwrap();
    assert_eq!(rooms.sets(other).await, chosen, "the seed that was chosen is told");
}

async fn a_split_is_recorded(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let (task, ids) = rooms.task(3).await;
    rooms.split.split(wish(task, [1, 1, 1], 5)).await.unwrap();
    let before = rooms.training.find_task(task).await.unwrap();
    let split = before.split.unwrap();
    assert_eq!(split["seed"], 5);
    assert_eq!(split["requested"]["testing"], 1);
    assert_eq!(split["got"], serde_json::json!({"training": 1, "verifying": 1, "testing": 1}));
    assert_eq!(split["at"], "2023-11-14T22:13:20.000Z");
    let names = ["training", "testing", "verifying"];
    let mut lines = String::new();
    for (id, set) in ids.iter().zip(rooms.sets(task).await) {
        let _ = writeln!(lines, "{id},{}", names[usize::try_from(set).unwrap()]);
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, lines.as_bytes());
    let digest: [u8; 32] = digest.as_ref().try_into().unwrap();
    assert_eq!(split["digest"], BlobKey::from_digest(&digest).as_str());
}

async fn deleted_images_take_no_part(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let (task, ids) = rooms.task(8).await;
    rooms.training.delete_images(task, vec![ids[0], ids[4]]).await.unwrap();
    assert_eq!(rooms.refused(wish(task, [6, 1, 1], 1)).await.0, Code::Counts);
    let done = rooms.split.split(wish(task, [2, 2, 2], 1)).await.unwrap();
    assert_eq!(counts(&done), [2, 2, 2]);
    let placed = "SELECT SUM(is_placed) FROM task_images WHERE is_del = 1";
    let placed = format!("SELECT CAST(({placed}) AS SIGNED)");
    assert_eq!(rooms.world.db.fetch_one(Sql::new(placed)).await.unwrap().int(0).unwrap(), 0);
}

async fn what_is_refused_changes_nothing(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let (task, _) = rooms.task(10).await;
    rooms.split.split(wish(task, [7, 2, 1], 42)).await.unwrap();
    let (sets, before) = (rooms.sets(task).await, rooms.training.find_task(task).await.unwrap());
    for (counts, code) in [
        ([0, 9, 1], Code::TrainingCount),
        ([11, -1, 0], Code::VerifyingCount),
        ([11, 0, -1], Code::TestingCount),
        ([7, 2, 2], Code::Counts),
        ([i64::MAX, i64::MAX, i64::MAX], Code::Counts),
    ] {
        let wish = Wish { lock: Some(vec![Set::Testing]), ..wish(task, counts, 1) };
        assert_eq!(rooms.refused(wish).await.0, code, "{counts:?}");
    }
    assert_eq!(rooms.sets(task).await, sets);
    assert_eq!(rooms.training.find_task(task).await.unwrap(), before);
    assert_eq!(rooms.refused(wish(Id(5), [1, 0, 0], 1)).await.0, Code::NoTask);
}

async fn a_locked_set_keeps_its_images(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let (task, _) = rooms.task(10).await;
    let lock = Some(vec![Set::Testing]);
    let first = rooms.split.split(Wish { lock, ..wish(task, [6, 2, 2], 1) }).await.unwrap();
    let locked: Vec<i64> = first.ids_of(Set::Testing).collect();
    rooms.register(task, vec![image("late_1.png", None), image("late_2.png", None)]).await;
    for seed in 2..6 {
        let done = rooms.split.split(wish(task, [7, 3, 2], seed)).await.unwrap();
        assert_eq!(done.ids_of(Set::Testing).collect::<Vec<_>>(), locked, "also in later splits");
    }
    let more = rooms.split.split(wish(task, [6, 3, 3], 7)).await.unwrap();
    assert!(locked.iter().all(|id| more.ids_of(Set::Testing).any(|other| other == *id)));
    let (code, members) = rooms.refused(wish(task, [8, 3, 1], 8)).await;
    assert_eq!(code, Code::Counts);
    assert_eq!(members["nearest"], serde_json::json!({"training": 8, "verifying": 1, "testing": 3}));
    let unlock = Wish { lock: Some(Vec::new()), ..wish(task, [10, 1, 1], 9) };
    assert_eq!(counts(&rooms.split.split(unlock).await.unwrap()), [10, 1, 1]);
    assert_eq!(rooms.training.find_task(task).await.unwrap().locked_sets, 0);
}

async fn only_unassigned_leaves_the_others(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let (task, _) = rooms.task(10).await;
    rooms.split.split(wish(task, [6, 2, 2], 1)).await.unwrap();
    let before = rooms.sets(task).await;
    rooms.register(task, (0..4).map(|at| image(&format!("late_{at}.png"), None)).collect()).await;
    let again = Wish { only_unassigned: true, ..wish(task, [2, 1, 1], 2) };
    rooms.split.split(again.clone()).await.unwrap();
    let after = rooms.sets(task).await;
    assert_eq!(after[..10], before);
    let mut late = after[10..].to_vec();
    late.sort_unstable();
    assert_eq!(late, [0, 0, 1, 2]);
    assert_eq!(rooms.refused(again).await.0, Code::Counts, "all are placed now");
}

async fn two_splits_at_once_come_one_after_the_other(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let (task, _) = rooms.task(500).await;
    let mut running = tokio::task::JoinSet::new();
    for seed in 0..8 {
        let split = rooms.split.clone();
        running.spawn(async move { split.split(wish(task, [300, 100, 100], seed)).await });
    }
    while let Some(done) = running.join_next().await {
        assert_eq!(counts(&done.unwrap().unwrap()), [300, 100, 100]);
    }
    let now = rooms.training.find_task(task).await.unwrap();
    let kept = now.split.unwrap();
    let sets = rooms.sets(task).await;
    let (other, _) = rooms.task(500).await;
    rooms.split.split(wish(other, [300, 100, 100], kept["seed"].as_u64().unwrap())).await.unwrap();
    assert_eq!(rooms.sets(other).await, sets, "the sets are those of the split that is recorded");
    // A lock that comes between reading and writing counts, too.
    let lock = Wish { lock: Some(vec![Set::Testing]), ..wish(task, [300, 100, 100], 9) };
    let (one, two) = tokio::join!(rooms.split.split(lock), rooms.split.split(wish(task, [300, 100, 100], 10)));
    assert_eq!((counts(&one.unwrap()), counts(&two.unwrap())), ([300, 100, 100], [300, 100, 100]));
}

async fn places_with_gaps_longer_than_a_range_are_written(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let (task, _) = rooms.task(6).await;
    let mut tx = rooms.world.db.begin().await.unwrap();
    let spread = "UPDATE task_images SET order_id = order_id * 40000 WHERE task_id = ? AND order_id = ?";
    for order_id in (1..=6_i64).rev() {
        tx.execute(Sql::new(spread).bind(task).bind(order_id)).await.unwrap();
    }
    tx.execute(Sql::new("UPDATE tasks SET last_order_id = 240000 WHERE id = ?").bind(task)).await.unwrap();
    tx.commit().await.unwrap();
    let done = rooms.split.split(wish(task, [2, 2, 2], 1)).await.unwrap();
    assert_eq!(counts(&done), [2, 2, 2]);
    let mut sets = rooms.sets(task).await;
    sets.sort_unstable();
    assert_eq!(sets, [0, 0, 1, 1, 2, 2]);
}

async fn a_long_list_breaks_off_when_the_task_is_split_again(engine: Engine) {
    let rooms = Rooms::new(engine).await;
    let (task, _) = rooms.task(6000).await;
    let mut whole = rooms.split.list(task, Set::Training, b"[".to_vec()).await.unwrap();
    assert_eq!(whole.length, None, "it is made while it is sent");
    let mut text = String::new();
    whole.body.read_to_string(&mut text).await.unwrap();
    let images = text.strip_suffix('}').unwrap();
    let images: Vec<serde_json::Value> = serde_json::from_str(images).unwrap();
    let order: Vec<i64> = images.iter().map(|image| image["order_id"].as_i64().unwrap()).collect();
    assert_eq!(order, (1..=6000).collect::<Vec<_>>());
    let mut cut = rooms.split.list(task, Set::Training, b"[".to_vec()).await.unwrap();
    cut.body.read_exact(&mut [0; 1000]).await.unwrap();
    rooms.split.split(wish(task, [3000, 2000, 1000], 1)).await.unwrap();
    let mut rest = String::new();
    assert!(cut.body.read_to_string(&mut rest).await.is_err());
    assert!(!rest.ends_with('}'));
    let short = rooms.split.list(task, Set::Testing, b"[".to_vec()).await.unwrap();
    assert!(short.length.is_some(), "what fits in one page has a length");
}

on_both_engines!(
    a_long_list_breaks_off_when_the_task_is_split_again,
    the_same_seed_gives_the_same_sets,
    a_split_is_recorded,
    deleted_images_take_no_part,
    what_is_refused_changes_nothing,
    a_locked_set_keeps_its_images,
    only_unassigned_leaves_the_others,
    two_splits_at_once_come_one_after_the_other,
    places_with_gaps_longer_than_a_range_are_written,
);
