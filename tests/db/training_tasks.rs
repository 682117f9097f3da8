//! Tasks with a chosen id, whoever asks for it at the same time.

use granary::platform::ids::Id;
use granary::training::model::{Code, NewClass, NewTask};

use crate::on_both_engines;
use crate::world::{Engine, World};

on_both_engines!(a_chosen_id_is_given_to_one_of_many);

async fn a_chosen_id_is_given_to_one_of_many(engine: Engine) {
    let world = World::new(engine).await;
    for id in 1..=10 {
        let mut asking = tokio::task::JoinSet::new();
        for at in 0..4 {
            let training = world.training.clone();
            let classes = vec![NewClass { name: "a".to_owned(), color: "#112233".to_owned() }];
            let new = NewTask { id: Some(Id(id)), name: format!("task {at}"), task_type: 1, classes };
            asking.spawn(async move { training.create_task(new).await });
        }
        let answers = asking.join_all().await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        let is_told = answers.iter().filter_map(|answer| answer.as_ref().err()).all(|f| f.code() == Some(Code::Exists));
        assert!(is_told, "{answers:?}");
        assert_eq!(world.training.task(Id(id)).await.unwrap().classes.len(), 1);
    }
}
