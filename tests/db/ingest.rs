//! Leases, fencing and batches of face ingest tasks.

use std::collections::BTreeMap;

use granary::ingest::model::form::{Form, Measures};
use granary::ingest::model::{Code, LogLine, Mark, NewTask, Source, State, Task, TaskId};
use granary::ingest::store::{log, purge, runs, tasks};
use runs::{End, Step};

use crate::on_both_engines;
use crate::world::{Engine, START, World};

on_both_engines!(
    a_task_is_worked_on_by_one,
    who_lost_the_lease_writes_nothing,
    a_batch_is_all_or_nothing,
    states_follow_each_other,
    a_deleted_task_is_removed_in_steps,
);

fn new_task() -> NewTask {
    let mut form = Form::default();
    form.set("group_name".to_owned(), "g".to_owned());
    form.set("width".to_owned(), "20".to_owned());
    form.read(Measures { engine: "none", pose: false, blur: false }).unwrap()
}

/// A task in state 2 whose CSV lies at `here`.
async fn running(world: &World, number: i64) -> TaskId {
    let id = TaskId::of_drawn(number);
    let source = Source::Csv("UTF-8".to_owned());
    let made = tasks::Made { id: &id, seq: number, total: 10, source: &source, owner: "here", now: START };
    let mut tx = world.db.begin().await.unwrap();
    tasks::insert(&mut tx, &new_task(), &made).await.unwrap();
    tasks::set_running(&mut tx, &id, START).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn claim(world: &World, id: &TaskId, owner: &str, now: i64) -> bool {
    let mut tx = world.db.begin().await.unwrap();
    let is_taken = runs::claim(&mut tx, id, owner, now, now + 1000).await.unwrap();
    tx.commit().await.unwrap();
    is_taken
}

async fn task(world: &World, id: &TaskId) -> Task {
    tasks::find(&world.db, id).await.unwrap().unwrap()
}

async fn release(world: &World, id: &TaskId, epoch: i64, end: End) -> bool {
    let mut tx = world.db.begin().await.unwrap();
    let is_done = runs::release(&mut tx, id, epoch, &end, START).await.unwrap();
    tx.commit().await.unwrap();
    is_done
}

fn step(epoch: i64, before: i64, after: i64) -> Step {
    Step { epoch, before, after, mark: Mark { row: after, offset: after * 7 }, lease_until: START + 9000 }
}

async fn a_task_is_worked_on_by_one(engine: Engine) {
    let world = World::new(engine).await;
    let id = running(&world, 1).await;
    assert_eq!(task(&world, &id).await.limits.width, 20);
    assert!(claim(&world, &id, "here", START).await);
    assert!(!claim(&world, &id, "there", START + 999).await, "the lease lasts");
    assert!(claim(&world, &id, "here", START + 1).await, "what an earlier life has left is one's own");
    assert!(claim(&world, &id, "there", START + 1001).await, "the lease has ended");
    let lease = task(&world, &id).await.lease;
    assert_eq!((lease.owner.as_str(), lease.epoch), ("there", 3));
    let free = |owner: &'static str, now| {
        let db = &world.db;
        async move { runs::free(db, owner, now).await.unwrap().len() }
    };
    assert_eq!((free("here", START + 1001).await, free("there", START + 1001).await), (0, 1));
    assert_eq!(free("here", START + 2001).await, 1);
}

async fn who_lost_the_lease_writes_nothing(engine: Engine) {
    let world = World::new(engine).await;
    let id = running(&world, 1).await;
    assert!(claim(&world, &id, "here", START).await);
    assert!(claim(&world, &id, "there", START + 1000).await);
    let mut tx = world.db.begin().await.unwrap();
    assert!(!runs::advance(&mut tx, &id, &step(1, 0, 3)).await.unwrap());
    assert!(runs::advance(&mut tx, &id, &step(2, 0, 3)).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(runs::beat(&world.db, &id, 1, START + 5000).await.unwrap(), None);
    assert_eq!(runs::beat(&world.db, &id, 2, START + 5000).await.unwrap(), Some(2));
    assert_eq!(runs::state(&world.db, &id, 1).await.unwrap(), None);
    assert!(!release(&world, &id, 1, End::Completed).await);
    assert_eq!(task(&world, &id).await.state, State::Running);
    assert_eq!(task(&world, &id).await.mark, Mark { row: 3, offset: 21 });
    assert_eq!(runs::handled(&world.db, &id, 2).await.unwrap(), Some(3));
    assert_eq!(runs::handled(&world.db, &id, 1).await.unwrap(), None);
}

async fn a_batch_is_all_or_nothing(engine: Engine) {
    let world = World::new(engine).await;
    let id = running(&world, 1).await;
    assert!(claim(&world, &id, "here", START).await);
    let lines: Vec<_> = (0..700_i64)
        .map(|row| LogLine {
            row,
            uri: format!("data:{row}"),
            code: 101 + row % 2,
            message: "图".to_owned(),
            english: None,
        })
        .collect();
    for (commits, before) in [(false, 0), (true, 0), (true, 700)] {
        let mut tx = world.db.begin().await.unwrap();
        // The same step once more finds the task not as it was left.
        let fits = runs::advance(&mut tx, &id, &step(1, 0, 700)).await.unwrap();
        assert_eq!(fits, before == 0);
        if !fits {
            continue;
        }
        log::insert(&mut tx, &id, &lines.iter().collect::<Vec<_>>()).await.unwrap();
        runs::mark_done(&mut tx, &id, &[701, 705], 700).await.unwrap();
        runs::set_counts(&mut tx, &id, &BTreeMap::from([(0, 3), (101, 350), (102, 350)])).await.unwrap();
        if commits {
            tx.commit().await.unwrap();
        }
        let expected = if commits { 700 } else { 0 };
        let all = log::page(&world.db, &id, log::Wanted::default(), 1000).await.unwrap();
        assert_eq!(all.len(), expected);
    }
    let wanted = log::Wanted { code: Some(Code::Unreadable), after: 100, before: 104 };
    let page = log::page(&world.db, &id, wanted, 10).await.unwrap();
    assert_eq!(page.iter().map(|line| line.row).collect::<Vec<_>>(), [101, 103]);
    let counts = tasks::counts(&world.db, &id).await.unwrap();
    assert_eq!((counts.good, counts.bad), (3, vec![(Code::NoPicture, 350), (Code::Unreadable, 350)]));
    assert_eq!(runs::done(&world.db, &id, 700).await.unwrap(), [701, 705]);
    let mut tx = world.db.begin().await.unwrap();
    runs::mark_done(&mut tx, &id, &[710], 704).await.unwrap();
    runs::set_counts(&mut tx, &id, &BTreeMap::from([(0, 4)])).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(runs::done(&world.db, &id, 0).await.unwrap(), [705, 710]);
    assert_eq!(tasks::counts(&world.db, &id).await.unwrap().good, 4);
}

async fn states_follow_each_other(engine: Engine) {
    let world = World::new(engine).await;
    let id = running(&world, 1).await;
    assert!(claim(&world, &id, "here", START).await);
    assert!(release(&world, &id, 1, End::Failed(("http://h/1: gone", "http://h/1: 没有").into())).await);
    let failed = task(&world, &id).await;
    assert_eq!((failed.state, failed.lease.until), (State::Stopped, 0));
    assert_eq!(failed.last_error, ("http://h/1: gone", "http://h/1: 没有").into());
    assert!(!claim(&world, &id, "here", START).await, "a task that is stopped isn't worked on");
    let mut tx = world.db.begin().await.unwrap();
    tasks::set_running(&mut tx, &id, START).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(task(&world, &id).await.last_error, ("", "").into());
    assert!(claim(&world, &id, "here", START).await);
    let mut tx = world.db.begin().await.unwrap();
    tasks::set_stopped(&mut tx, &id, START).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(runs::state(&world.db, &id, 2).await.unwrap(), Some(3), "who works on it sees it");
    assert!(release(&world, &id, 2, End::Completed).await);
    assert_eq!(task(&world, &id).await.state, State::Completed);

    let other = running(&world, 2).await;
    let mut tx = world.db.begin().await.unwrap();
    assert_eq!(runs::stop_all(&mut tx, "there", START).await.unwrap(), 0);
    assert_eq!(runs::stop_all(&mut tx, "here", START).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(task(&world, &other).await.state, State::Stopped);
    let newest = tasks::ids(&world.db, &tasks::Wanted { group: Some("g"), ..Default::default() }).await.unwrap();
    assert_eq!(newest, [other.to_string(), id.to_string()]);
}

async fn a_deleted_task_is_removed_in_steps(engine: Engine) {
    let world = World::new(engine).await;
    let (id, other) = (running(&world, 1).await, running(&world, 2).await);
    let lines: Vec<_> = (0..9000_i64)
        .map(|row| LogLine { row, uri: String::new(), code: 101, message: String::new(), english: None })
        .collect();
    let mut tx = world.db.begin().await.unwrap();
    log::insert(&mut tx, &id, &lines.iter().collect::<Vec<_>>()).await.unwrap();
    log::insert(&mut tx, &other, &lines[..3].iter().collect::<Vec<_>>()).await.unwrap();
    runs::mark_done(&mut tx, &id, &[1, 2], 0).await.unwrap();
    tasks::set_deleted(&mut tx, &id, START).await.unwrap();
    tx.commit().await.unwrap();
    assert!(tasks::find(&world.db, &id).await.unwrap().is_none());
    let mut steps = 0;
    loop {
        let mut tx = world.db.begin().await.unwrap();
        let is_gone = purge::step(&mut tx, &id).await.unwrap();
        tx.commit().await.unwrap();
        steps += 1;
        if is_gone {
            break;
        }
    }
    assert!(steps > 2, "{steps}");
    assert!(tasks::lease(&world.db, &id).await.unwrap().is_none());
    assert!(log::page(&world.db, &id, log::Wanted::default(), 1).await.unwrap().is_empty());
    assert_eq!(log::page(&world.db, &other, log::Wanted::default(), 10).await.unwrap().len(), 3);
    assert_eq!(purge::known(&world.db, &[id, other.clone()]).await.unwrap(), [other.to_string()]);
}
