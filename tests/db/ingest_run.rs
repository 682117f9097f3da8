//! Runs of face ingest tasks with an engine that breaks: whatever panics, it ends in an outcome or a state with a
//! reason, and the next start goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use granary::faces::engine::{Addition, Engine as FaceEngine, Picture, Unanswered, Unreadable};
use granary::faces::model::{Ability, Detected, FaceBox};
use granary::faces::service::Faces;
use granary::ingest::model::form::Form;
use granary::ingest::model::{State, Task, TaskId};
use granary::ingest::service::{Ground, Ingest};
use granary::platform::clock::Clock;
use granary::platform::config::{self, Config};

use crate::on_both_engines;
use crate::world::{Engine, World};

on_both_engines!(a_row_that_panics_is_303_and_the_task_goes_on, a_run_that_panics_is_stopped_with_a_reason);

/// Breaks where the picture, or the test, says so.
#[derive(Default)]
struct Breaks {
    /// It can't even tell what it is.
    is_broken: AtomicBool,
}

#[rocket::async_trait]
impl FaceEngine for Breaks {
    fn ability(&self) -> Ability {
        assert!(!self.is_broken.load(Ordering::SeqCst), "the engine is gone");
        Ability { name: "null", pose: false, blur: false, embedded: true }
    }

    fn open(&self, bytes: Arc<Vec<u8>>) -> Result<Picture, Unreadable> {
        assert!(bytes.as_slice() != b"open", "a hostile picture");
        Ok(Picture { bytes, pixels: None, width: 1, height: 1 })
    }

    async fn detect(&self, picture: &Picture) -> Result<Vec<Detected>, Unanswered> {
        assert!(picture.bytes.as_slice() != b"detect", "a division by zero");
        let place = FaceBox { x: 0, y: 0, width: 1, height: 1 };
        Ok(vec![Detected { place, pose: None, blur: None, score: 1.0 }])
    }

    async fn add(&self, addition: &Addition) -> Result<Option<String>, Unanswered> {
        assert!(addition.picture.bytes.as_slice() != b"add", "an index out of bounds");
        Ok(None)
    }

    async fn remove(&self, _: &str, _: &str) -> Result<(), Unanswered> {
        Ok(())
    }
}

fn ingest(world: &World, engine: Arc<Breaks>) -> Ingest {
    let clock = Clock::Fixed(world.now.clone());
    let faces = Faces::new(world.db.clone(), world.ids.clone(), clock.clone(), world.collect.clone(), engine);
    let config = Config::extract(&config::with_database(config::defaults())).unwrap().ingest;
    let (db, ids, collect) = (world.db.clone(), world.ids.clone(), world.collect.clone());
    Ingest::new(Ground { db, ids, clock, collect, faces, config }).unwrap()
}

async fn created(ingest: &Ingest, csv: &str) -> TaskId {
    let mut form = Form::default();
    form.set("group_name".to_owned(), "g".to_owned());
    let mut intake = ingest.begin(None).await.unwrap();
    intake.write(csv.as_bytes()).await.unwrap();
    ingest.create(&form, Some(intake)).await.unwrap()
}

/// Starts a task and works on it until it doesn't run any more.
async fn finished(ingest: &Ingest, id: &TaskId) -> Task {
    ingest.start(id.as_str()).await.unwrap();
    let ended = async {
        loop {
            ingest.reconcile().await.unwrap();
            let task = ingest.task(id.as_str()).await.unwrap();
            if task.state != State::Running {
                return task;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the end of the run")
}

async fn a_row_that_panics_is_303_and_the_task_goes_on(engine: Engine) {
    let world = World::new(engine).await;
    let ingest = ingest(&world, Arc::default());
    let id = created(&ingest, "\"data:,a\"\n\"data:,detect\"\n\"data:,add\"\n\"data:,open\"\n\"data:,b\"\n").await;
    let task = finished(&ingest, &id).await;
    assert_eq!((task.state, task.handled, task.last_error.zh.as_ref()), (State::Completed, 5, ""));
    let log = ingest.log_page(id.as_str(), None, None, 10).await.unwrap().items;
    let lines: Vec<_> = log.iter().map(|line| (line.row, line.code)).collect();
    assert_eq!(lines, [(1, 303), (2, 303), (3, 102)], "{log:?}");
    assert!(log[0].message.contains("a division by zero") && log[1].message.contains("an index"), "{log:?}");
    assert_eq!(ingest.progress(id.as_str()).await.unwrap().counts.good, 2);
}

async fn a_run_that_panics_is_stopped_with_a_reason(engine: Engine) {
    let world = World::new(engine).await;
    let breaks = Arc::new(Breaks::default());
    let ingest = ingest(&world, breaks.clone());
    let id = created(&ingest, "\"data:,a\"\n\"data:,b\"\n").await;
    breaks.is_broken.store(true, Ordering::SeqCst);
    let task = finished(&ingest, &id).await;
    assert_eq!((task.state, task.handled), (State::Stopped, 0));
    assert!(task.last_error.zh.contains("the engine is gone"), "{}", task.last_error);
    assert_eq!(task.lease.until, 0, "nobody holds it");
    breaks.is_broken.store(false, Ordering::SeqCst);
    let task = finished(&ingest, &id).await;
    assert_eq!((task.state, task.handled, task.last_error.zh.as_ref()), (State::Completed, 2, ""));
}
