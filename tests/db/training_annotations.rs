//! Annotations are checked once, beside the threads that serve, and against the classes of the moment.

use granary::platform::web::preconditions::Preconditions;
use granary::training::model::annotation::{Frame, check};
use granary::training::model::{Code, LabelClass};
use rocket::http::{HeaderMap, Method};

use crate::on_both_engines;
use crate::training_images::{bitmap, fill, new_task, register};
use crate::world::{Engine, World};

on_both_engines!(a_class_and_its_annotation_never_miss_each_other, of_many_who_saw_the_same_one_writes);

/// A document of so many boxes of the class `a`, for a picture of 5 by 5 pixels.
fn document(boxes: usize) -> Vec<u8> {
    let object = r#"{"class":"a","bbox":[0,0,1,1]}"#;
    format!("{{\"objects\":[{}]}}", vec![object; boxes].join(",")).into_bytes()
}

/// Nanoseconds that the calling thread has worked so far; waiting doesn't count.
fn own_work() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_large_annotation_is_not_checked_on_a_thread_that_serves() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new(Engine::Sqlite).await;
        let task = new_task(&world, &["a"]).await;
        let bytes = bitmap(5, 1);
        let image = register(&world, task, "a.bmp", &bytes, 5).await;
        fill(&world, image, &bytes).await.unwrap();
        let sent = document(60_000);
        let classes =
            [LabelClass { id: 1, class_no: 1, name: "a".to_owned(), color: "#112233".to_owned(), order_id: 1 }];
        let before = own_work();
        check(&sent, Frame { width: 5, height: 5, classes: &classes }).unwrap();
        let one_check = own_work() - before;
        let before = own_work();
        world.training.annotate(image, sent).await.unwrap();
        let work = own_work() - before;
        assert!(work < one_check / 2, "{work} ns on the thread that serves, a check is {one_check} ns");
    });
}

async fn a_class_and_its_annotation_never_miss_each_other(engine: Engine) {
    let world = World::new(engine).await;
    let bytes = bitmap(5, 1);
    for round in 0..12 {
        let task = new_task(&world, &["a"]).await;
        let image = register(&world, task, "a.bmp", &bytes, 5).await;
        fill(&world, image, &bytes).await.unwrap();
        let class = world.training.task(task).await.unwrap().classes[0].id;
        let (one, other) = (world.training.clone(), world.training.clone());
        // Small ones stand in the row, large ones are blobs.
        let sent = document(if round % 2 == 0 { 2000 } else { 20_000 });
        let annotating = tokio::spawn(async move { one.annotate(image, sent).await });
        let deleting = tokio::spawn(async move {
            // Later and later, so that it falls into every part of the other.
            for _ in 0..round * 20 {
                tokio::task::yield_now().await;
            }
            other.delete_class(task, class).await
        });
        match (annotating.await.unwrap(), deleting.await.unwrap()) {
            (Ok(()), Err(fault)) => assert_eq!(fault.code(), Some(Code::WrongState), "{fault}"),
            (Err(fault), Ok(())) => assert!(fault.to_string().contains("no label class"), "{fault}"),
            (annotated, deleted) => panic!("round {round}: {annotated:?}, {deleted:?}"),
        }
    }
    let none = world.staged_count();
    assert_eq!(none, 0, "a refused document leaves nothing behind");
}

async fn of_many_who_saw_the_same_one_writes(engine: Engine) {
    let world = World::new(engine).await;
    let bytes = bitmap(5, 1);
    let task = new_task(&world, &["a"]).await;
    let image = register(&world, task, "a.bmp", &bytes, 5).await;
    fill(&world, image, &bytes).await.unwrap();
    for round in 0..4 {
        // At first that there is nothing, then that there is what the one before wrote.
        let condition = match round {
            0 => ("If-None-Match", "*".to_owned()),
            _ => ("If-Match", world.training.annotation(image).await.unwrap().etag),
        };
        let mut tries = Vec::new();
        for writer in 0..8_usize {
            let (training, mut headers) = (world.training.clone(), HeaderMap::new());
            headers.add_raw(condition.0, condition.1.clone());
            let conditions = Preconditions::read(&headers, Method::Put);
            // No document comes twice: the same one would have the same tag.
            let sent = document(1 + (8 * round + writer) * (1 + round * 400));
            tries.push(tokio::spawn(async move { training.annotate_if(image, sent, conditions).await }));
        }
        let mut written = Vec::new();
        for one in tries {
            match one.await.unwrap() {
                Ok(etag) => written.push(etag),
                Err(fault) => assert_eq!(fault.code(), Some(Code::Changed), "{fault}"),
            }
        }
        assert_eq!(written.len(), 1, "round {round}");
        assert_eq!(world.training.annotation(image).await.unwrap().etag, written[0]);
    }
    assert_eq!(world.staged_count(), 0, "a refused document leaves nothing behind");
}
