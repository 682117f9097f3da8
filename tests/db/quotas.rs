//! Quotas, exact to the byte however many come at once; and days that files are kept.

use futures_util::future::join_all;
use granary::collect::model::quota::{NewSettings, Settings};
use granary::collect::model::{Filter, Name, OnConflict, Order};
use granary::platform::db::Sql;
use granary::platform::error::{Error, OverQuota};

use crate::on_both_engines;
use crate::world::{Engine, World};

on_both_engines!(
    what_just_fits_is_stored_and_no_byte_more,
    the_quota_of_all_tags_holds_across_them,
    only_growth_is_refused,
    the_trash_counts_again_when_it_comes_back,
    a_large_upload_is_refused_before_it_arrives,
    old_files_go_and_come_back_for_good,
    a_sweep_goes_in_small_steps,
    many_come_back_at_once,
    a_deleted_tag_begins_anew,
);

const DAY: i64 = 86_400_000;

impl World {
    async fn set(&self, tag: &str, quota: Option<i64>, keep_days: Option<i64>) {
        let new = NewSettings { quota: Some(quota), keep_days: Some(keep_days) };
        let settings = self.collect.change_settings(tag, new).await.unwrap().settings;
        assert_eq!(settings, Settings { quota, keep_days });
        assert_eq!(self.tag(tag).await.settings, settings);
    }

    /// Uploads of other bytes each, `size` of them, all at once; how many were stored.
    async fn flood(&self, tags: &[&str], count: u32, size: usize) -> u32 {
        let uploads = (0..count).map(|number| async move {
            let mut bytes = vec![b'x'; size];
            bytes[..4].copy_from_slice(format!("{number:04}").as_bytes());
            self.put_as(tags[number as usize % tags.len()], &format!("f{number}"), &bytes, OnConflict::Rename).await
        });
        let answers = join_all(uploads).await;
        for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            assert!(matches!(error, Error::OverQuota(_)), "{error}");
        }
        answers.iter().map(|answer| u32::from(answer.is_ok())).sum()
    }

    async fn total(&self) -> i64 {
        self.collect.total_use().await.unwrap().used
    }
}

fn over<T: std::fmt::Debug>(answer: Result<T, Error>) -> OverQuota {
    match answer {
        Err(Error::OverQuota(over)) => *over,
        other => panic!("not over a quota: {other:?}"),
    }
}

async fn what_just_fits_is_stored_and_no_byte_more(engine: Engine) {
    let world = World::new(engine).await;
    for (tag, quota, fits) in [("fits", 7 + 32 * 100, 32), ("not", 7 + 32 * 100 - 1, 31), ("half", 7 + 1650, 16)] {
        world.put(tag, "first", b"seven b").await;
        world.set(tag, Some(quota), None).await;
        assert_eq!(world.flood(&[tag], 32, 100).await, fits, "{tag}");
        let found = world.tag(tag).await;
        assert_eq!((found.file_count, found.bytes), (1 + i64::from(fits), 7 + 100 * i64::from(fits)));
    }
    // What is left is used to the last byte, and the bytes of the refused are gone.
    world.put("not", "last", &[b'l'; 99]).await;
    let refused = over(world.put_as("not", "one more", b"!", OnConflict::Rename).await);
    assert_eq!(refused, OverQuota { tag: Some("not".into()), used: 3206, wanted: 1, allowed: 3206 });
    assert_eq!((world.blob_count(), world.staged_count()), (34, 0), "the same contents under each tag, first and last");
    assert_eq!(world.total().await, 7 * 3 + 100 * (32 + 31 + 16) + 99);
}

async fn the_quota_of_all_tags_holds_across_them(engine: Engine) {
    let world = World::with(engine, |figment| figment.merge(("storage.quota", 3199))).await;
    assert_eq!(world.flood(&["a", "b", "c", "d"], 32, 100).await, 31);
    assert_eq!(world.total().await, 3100);
    let refused = over(world.put_as("new", "x", &[1; 100], OnConflict::Rename).await);
    assert_eq!(refused, OverQuota { tag: None, used: 3100, wanted: 100, allowed: 3199 });
    assert!(matches!(world.collect.tag("new").await, Err(Error::NotFound(_))), "nothing came of it");
    world.put("new", "x", &[1; 99]).await;
    assert_eq!(world.total().await, 3199);
    world.collect.delete_tag("new").await.unwrap();
    assert_eq!(world.total().await, 3100);
}

async fn only_growth_is_refused(engine: Engine) {
    let world = World::new(engine).await;
    world.put("t", "a", &[1; 60]).await;
    world.put("t", "b", &[2; 40]).await;
    world.set("t", Some(100), None).await;
    assert!(world.put("t", "a", &[1; 60]).await.duplicate, "a retry adds nothing");
    let refused = over(world.put_as("t", "a", &[3; 61], OnConflict::Replace).await);
    assert_eq!((refused.used, refused.wanted), (100, 1));
    assert_eq!(world.names("t").await, ["a", "b"], "what it was to replace is still there");
    assert_eq!(world.collect.trash_totals().await.unwrap().file_count, 0);
    world.put_as("t", "a", &[3; 60], OnConflict::Replace).await.unwrap();
    // Lowered below what is there: smaller is better, larger is not.
    world.set("t", Some(50), None).await;
    world.put_as("t", "a", &[4; 59], OnConflict::Replace).await.unwrap();
    over(world.put_as("t", "a", &[5; 60], OnConflict::Replace).await);
    // The bytes of the trash come back by an upload like any other growth.
    over(world.put_as("t", "a", &[3; 60], OnConflict::Rename).await);
    assert_eq!(world.tag("t").await.bytes, 99);
    assert_eq!(world.total().await, 99);
}

async fn the_trash_counts_again_when_it_comes_back(engine: Engine) {
    let world = World::with(engine, |figment| figment.merge(("storage.quota", 1000))).await;
    for name in ["a", "b", "c"] {
        world.put("t", name, name.repeat(100).as_bytes()).await;
    }
    let tag = world.tag("t").await;
    let gone = world.collect.delete_files(&tag, &Filter { q: Some("a".into()), ..Filter::default() }).await.unwrap();
    let also = world.collect.delete_files(&tag, &Filter { q: Some("b".into()), ..Filter::default() }).await.unwrap();
    world.set("t", Some(299), None).await;
    assert_eq!(world.collect.restore_batch("t", gone.batch).await.unwrap(), 1);
    let refused = over(world.collect.restore_batch("t", also.batch).await);
    assert_eq!(refused, OverQuota { tag: Some("t".into()), used: 200, wanted: 100, allowed: 299 });
    assert_eq!((world.names("t").await.len(), world.total().await), (2, 200));
    world.set("t", None, None).await;
    // Now that of all tags stands in the way.
    world.put("other", "x", &[1; 701]).await;
    let refused = over(world.collect.restore_batch("t", also.batch).await);
    assert_eq!(refused, OverQuota { tag: None, used: 901, wanted: 100, allowed: 1000 });
    world.collect.delete_tag("other").await.unwrap();
    assert_eq!(world.collect.restore_batch("t", also.batch).await.unwrap(), 1);
    assert_eq!(world.total().await, 300);
}

async fn a_large_upload_is_refused_before_it_arrives(engine: Engine) {
    let world = World::new(engine).await;
    let name = |text| Name::new(text).unwrap();
    world.put("t", "a", b"known").await;
    world.set("t", Some(4 << 20), None).await;
    let ask = async |file, size| world.collect.foresee(&name("t"), &name(file), Some(size)).await;
    let refused = over(ask("new", 4 << 20).await);
    assert_eq!((refused.used, refused.wanted, refused.allowed), (5, 4 << 20, 4 << 20));
    ask("new", (4 << 20) - 5).await.unwrap();
    ask("a", 5 << 20).await.expect("it may be a retry");
    world.collect.foresee(&name("unknown"), &name("x"), Some(5 << 20)).await.unwrap();
}

async fn old_files_go_and_come_back_for_good(engine: Engine) {
    let world = World::new(engine).await;
    world.put("free", "stays", b"0").await;
    let old = world.put("t", "old", b"1").await.file;
    world.tick(2 * DAY);
    world.put("t", "young", b"2").await;
    world.set("t", None, Some(3)).await;
    assert_eq!(world.collect.sweep_kept().await.unwrap(), 0);
    world.tick(DAY + 1);
    assert_eq!(world.collect.sweep_kept().await.unwrap(), 1);
    assert_eq!(
        (world.names("t").await, world.names("free").await),
        (vec!["young".to_owned()], vec!["stays".to_owned()])
    );
    assert_eq!(world.tag("t").await.bytes, 1);
    world.collect.restore_file(old.id).await.unwrap();
    world.tick(60_000);
    assert_eq!(world.collect.sweep_kept().await.unwrap(), 0, "its days count from its return");
    world.tick(2 * DAY);
    assert_eq!(world.collect.sweep_kept().await.unwrap(), 1);
    assert_eq!(world.names("t").await, ["old"], "the young one is old by now");
    world.tick(DAY);
    assert_eq!(world.collect.sweep_kept().await.unwrap(), 1);
    assert!(world.names("t").await.is_empty());
    // An upload of the same bytes brings one back, too.
    assert_eq!(world.put("t", "old", b"1").await.file.id, old.id);
    world.tick(2 * DAY);
    assert_eq!(world.collect.sweep_kept().await.unwrap(), 0);
    world.set("t", None, None).await;
    world.tick(99 * DAY);
    assert_eq!(world.collect.sweep_kept().await.unwrap(), 0);
    assert_eq!(world.total().await, 2);
}

async fn a_sweep_goes_in_small_steps(engine: Engine) {
    let world = World::new(engine).await;
    world.flood(&["t"], 1100, 8).await;
    world.tick(DAY / 2);
    world.put("t", "young", b"2").await;
    world.set("t", None, Some(1)).await;
    world.tick(DAY / 2 + 1);
    assert_eq!(world.collect.sweep_kept().await.unwrap(), 1100);
    assert_eq!(world.names("t").await, ["young"]);
    assert_eq!(world.collect.sweep_kept().await.unwrap(), 0);
    let rows = world.db.fetch_all(Sql::new("SELECT DISTINCT deleted_at FROM files")).await.unwrap();
    assert_eq!(rows.len(), 1 + 3, "three steps, each a batch of its own, and the living");
}

async fn many_come_back_at_once(engine: Engine) {
    let world = World::new(engine).await;
    let count = 1300_u32;
    world.flood(&["t"], count, 8).await;
    let gone = world.collect.delete_tag("t").await.unwrap();
    // Some names are taken by now: by other bytes, and by another letter case in archives.
    world.put("t", "f7", b"new").await;
    world.put("t", "F9", b"other").await;
    assert_eq!(world.collect.restore_batch("t", gone.batch).await.unwrap(), u64::from(count));
    let tag = world.tag("t").await;
    assert_eq!((tag.file_count, tag.bytes), (i64::from(count) + 2, i64::from(count) * 8 + 8));
    let sevens = Filter { q: Some("f7".into()), ..Filter::default() };
    let page = world.collect.files(&tag, &sevens, Order::Name, None, 5);
    let names: Vec<String> = page.await.unwrap().items.into_iter().map(|file| file.name).collect();
    assert!(names.contains(&"f7 (2)".to_owned()) && names.contains(&"f7".to_owned()), "{names:?}");
    world.collect.archive(&tag, &Filter::default()).await.expect("no two entries of one name");
}

async fn a_deleted_tag_begins_anew(engine: Engine) {
    let world = World::new(engine).await;
    let set = Settings { quota: Some(10), keep_days: Some(3) };
    let old = world.put("t", "old", b"12345678").await.file;
    world.set("t", set.quota, set.keep_days).await;
    // Out of the trash it comes as it was, be it with all files or with one.
    let gone = world.collect.delete_tag("t").await.unwrap();
    world.collect.restore_batch("t", gone.batch).await.unwrap();
    assert_eq!(world.tag("t").await.settings, set);
    world.collect.delete_tag("t").await.unwrap();
    world.collect.restore_file(old.id).await.unwrap();
    assert_eq!(world.tag("t").await.settings, set);
    over(world.put_as("t", "more", b"123", OnConflict::Rename).await);
    // An upload makes it anew, whatever the old one was allowed; also one that is foreseen.
    world.collect.delete_tag("t").await.unwrap();
    let (tag, name) = (Name::new("t").unwrap(), Name::new("new").unwrap());
    world.collect.foresee(&tag, &name, Some(4 << 20)).await.unwrap();
    world.put("t", "new", &[1; 11]).await;
    assert_eq!(world.tag("t").await.settings, Settings { quota: None, keep_days: None });
    world.collect.restore_file(old.id).await.unwrap();
    assert_eq!(world.tag("t").await.settings, Settings { quota: None, keep_days: None });
    assert_eq!(world.tag("t").await.bytes, 19);
    // So does one whose bytes lay in the trash.
    world.set("t", set.quota, None).await;
    world.collect.delete_tag("t").await.unwrap();
    assert!(world.put("t", "new", &[1; 11]).await.duplicate);
    assert_eq!(world.tag("t").await.settings, Settings { quota: None, keep_days: None });
}
