//! Ids never repeat, whatever the clock does and however many servers draw.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use granary::platform::clock::Clock;
use granary::platform::ids::Ids;

use crate::on_both_engines;
use crate::world::{Engine, World};

on_both_engines!(ids_begin_with_the_date, blocks_never_overlap, a_clock_that_goes_back_repeats_nothing);

async fn ids_begin_with_the_date(engine: Engine) {
    let world = World::new(engine).await;
    let id = world.ids.draw(1).await.unwrap();
    assert_eq!(id / 100_000_000_000, 20_231_114);
    assert_eq!(id.to_string().len(), 19);
}

async fn blocks_never_overlap(engine: Engine) {
    let world = World::new(engine).await;
    let other = Ids::new(world.db.clone(), Clock::Fixed(world.now.clone()));
    let mut seen = HashSet::new();
    for count in [1, 5, 1_000_000, 3, 4096, 7] {
        for ids in [&world.ids, &other] {
            let first = ids.draw(count).await.unwrap();
            for id in [first, first + count - 1] {
                assert!(count == 1 || seen.insert(id), "{id} was drawn twice");
            }
        }
    }
}

async fn a_clock_that_goes_back_repeats_nothing(engine: Engine) {
    let world = World::new(engine).await;
    let before = world.ids.draw(10).await.unwrap();
    world.now.fetch_sub(3 * 86_400_000, Ordering::SeqCst);
    let restarted = Ids::new(world.db.clone(), Clock::Fixed(world.now.clone()));
    assert!(restarted.draw(1).await.unwrap() >= before + 10);
}
