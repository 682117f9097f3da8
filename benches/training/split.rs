//! Splits: of a million images, against one plain `UPDATE`; the list of a set; near-identical pictures.

use std::time::{Duration, Instant};

use granary::platform::db::{Db, Sql};
use granary::split::model::group::{Traits, groups};
use granary::split::model::near::DISTANCE;

use crate::server::Server;
use crate::{Place, fill, row};

const IMAGES: i64 = 1_000_000;
const TASK: i64 = 2_023_111_400_000_000_000;
const ROUNDS: i64 = 3;

pub async fn measure(place: &Place) {
    let db = place.open().await;
    fill::task(&db, TASK, IMAGES).await;
    let server = Server::start(place);
    let (mut plain, mut split) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // In turns, so that both see the same neighbours.
        plain.push(update(&db, round % 3).await);
        split.push(split_by(&server, round, ""));
    }
    let (plain, split) = (median(plain), median(split));
    row(place.engine, "one plain UPDATE of 1,000,000 rows", &seconds(plain), None);
    let times = format!("{}, {:.1} times that", seconds(split), split.as_secs_f64() / plain.as_secs_f64());
    row(place.engine, "split of 1,000,000 images", &times, Some(server.peak()));
    for (name, option) in [("stratified", ",\"stratify\":true"), ("by groups (none here)", ",\"group\":true")] {
        let time = split_by(&server, ROUNDS, option);
        row(place.engine, &format!("split of 1,000,000 images, {name}"), &seconds(time), Some(server.peak()));
    }
    drop(server);
    let server = Server::start(place);
    for (set, name) in [(0, "800,000"), (1, "100,000")] {
        let answer = server.ask("GET", &format!("/training/tasks/sets?task_id={TASK}&set_type_id={set}"), "");
        assert_eq!(answer.status, 200);
        let figure = format!(
            "first byte {:.1} ms, {:.0} MB in {}",
            answer.first.as_secs_f64() * 1e3,
            answer.bytes as f64 / 1e6,
            seconds(answer.last)
        );
        row(place.engine, &format!("list of a set of {name} images"), &figure, Some(server.peak()));
    }
    drop(server);
    db.shut().await;
}

async fn update(db: &Db, set: i64) -> Duration {
    let start = Instant::now();
    let mut tx = db.begin().await.unwrap();
    tx.execute(Sql::new("UPDATE task_images SET set_id = ? WHERE task_id = ?").bind(set).bind(TASK)).await.unwrap();
    tx.commit().await.unwrap();
    start.elapsed()
}

fn split_by(server: &Server, seed: i64, option: &str) -> Duration {
    let counts = "\"training_count\":800000,\"verifying_count\":100000,\"testing_count\":100000";
    let body = format!("{{\"task_id\":{TASK},{counts},\"seed\":{seed}{option}}}");
    let answer = server.ask("PUT", "/training/tasks/sets", &body);
    assert_eq!(answer.status, 200);
    answer.last
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// 100,000 looks, every tenth of which is a near copy of another.
pub fn near_groups() {
    let mut state = 1_u64;
    let mut draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D)
    };
    let mut looks: Vec<u64> = (0..90_000).map(|_| draw() >> 1).collect();
    for at in 0..10_000 {
        looks.push(looks[at] ^ 1 << (draw() % 63) ^ 1 << (draw() % 63));
    }
    let images = looks.len();
    let looks = looks.into_iter().zip(0..).collect();
    let start = Instant::now();
    let groups = groups(images, Traits { looks, ..Traits::default() }, DISTANCE);
    let figure = format!("{}, {} groups", seconds(start.elapsed()), groups.count);
    row("", "near-identical groups of 100,000 looks", &figure, None);
}
