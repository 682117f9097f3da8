//! The stories of the stores, told through the room's use cases on SQLite and on MariaDB.
//!
//! A fixed clock; real database and real disk. MariaDB's URL comes from `scripts/test`; without it
//! these tests fail, they are not passed over.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod accounts;
mod archive;
mod conflicts;
mod duplication;
mod exports;
mod faces;
mod ids;
mod ingest;
mod ingest_fetch;
mod ingest_run;
mod lists;
mod quotas;
mod split;
mod split_groups;
mod thumbnails;
mod training_annotations;
mod training_folders;
mod training_images;
mod training_import;
mod training_single;
mod training_tasks;
mod transactions;
mod trash;
mod world;

/// Makes of each story `async fn name(engine: Engine)` two tests.
macro_rules! on_both_engines {
    ($($story:ident),+ $(,)?) => {
        $(
            mod $story {
                #[test]
                fn sqlite() {
                    crate::world::run(super::$story(crate::world::Engine::Sqlite));
                }

                #[test]
                fn mariadb() {
                    crate::world::run(super::$story(crate::world::Engine::MariaDb));
                }
            }
        )+
    };
}
pub(crate) use on_both_engines;
