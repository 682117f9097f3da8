//! What a write transaction promises, whatever travels together in it.

use granary::platform::db::Sql;

use crate::on_both_engines;
use crate::world::{Engine, World};

on_both_engines!(
    a_first_statement_counts_its_own_rows,
    a_dropped_transaction_is_gone_before_the_next,
    what_fails_at_the_commit_leaves_nothing,
);

const INSERT: &str = "INSERT INTO tags (id, name, folded, file_count, bytes, last_seq, revision, created_at, updated_at) \
                      VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0)";

fn tag(id: i64, name: &str) -> Sql {
    Sql::new(INSERT).bind(id).bind(name).bind(name)
}

async fn count(world: &World) -> i64 {
    world.db.fetch_one(Sql::new("SELECT COUNT(*) FROM tags")).await.unwrap().int(0).unwrap()
}

async fn a_first_statement_counts_its_own_rows(engine: Engine) {
    let world = World::new(engine).await;
    let mut tx = world.db.begin().await.unwrap();
    assert_eq!(tx.execute(tag(1, "a")).await.unwrap(), 1);
    assert_eq!(tx.execute(tag(2, "b")).await.unwrap(), 1);
    tx.commit().await.unwrap();
    let mut tx = world.db.begin().await.unwrap();
    let nobody = Sql::new("UPDATE tags SET bytes = 1 WHERE id = ?").bind(7_i64);
    assert_eq!(tx.execute(nobody).await.unwrap(), 0);
}

async fn a_dropped_transaction_is_gone_before_the_next(engine: Engine) {
    let world = World::new(engine).await;
    for _ in 0..20 {
        let mut tx = world.db.begin().await.unwrap();
        tx.execute(tag(1, "a")).await.unwrap();
        drop(tx);
        let mut tx = world.db.begin().await.unwrap();
        let seen = tx.fetch_each(vec![Sql::new("SELECT COUNT(*) FROM tags")]).await.unwrap();
        assert_eq!(seen[0].int(0).unwrap(), 0);
    }
    assert_eq!(count(&world).await, 0);
}

async fn what_fails_at_the_commit_leaves_nothing(engine: Engine) {
    let world = World::new(engine).await;
    let tx = world.db.begin().await.unwrap();
    tx.commit_with(vec![tag(1, "a")]).await.unwrap();
    let tx = world.db.begin().await.unwrap();
    // The second has a name that is taken.
    tx.commit_with(vec![tag(2, "b"), tag(3, "a"), tag(4, "c")]).await.unwrap_err();
    assert_eq!(count(&world).await, 1);
    let tx = world.db.begin().await.unwrap();
    tx.commit_with(vec![tag(2, "b")]).await.unwrap();
    assert_eq!(count(&world).await, 2);
}
