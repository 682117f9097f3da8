//! Lists by key: complete, without doubles, in order, under every filter.

use granary::collect::model::{Filter, Order, TagOrder, TagQuery};

use crate::on_both_engines;
use crate::world::{Engine, START, World};

on_both_engines!(
    pages_join_to_the_whole,
    filters_let_through_what_they_say,
    tags_are_listed_in_every_order,
    neighbours_skip_the_trash
);

async fn pages_join_to_the_whole(engine: Engine) {
    let world = World::new(engine).await;
    for number in 0..25_u8 {
        // Sizes repeat, so that the tie is broken by the place.
        world.put("t", &format!("n{:02}", (number * 7) % 25), &vec![number; 1 + usize::from(number % 3)]).await;
    }
    let tag = world.tag("t").await;
    for order in [Order::Newest, Order::Oldest, Order::Name, Order::Size] {
        let whole = world.collect.files(&tag, &Filter::default(), order, None, 1000).await.unwrap();
        assert_eq!((whole.items.len(), whole.next), (25, None));
        let mut joined = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = world.collect.files(&tag, &Filter::default(), order, cursor.as_deref(), 4).await.unwrap();
            joined.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(joined, whole.items, "{order:?}");
        let sorted = whole.items.windows(2).all(|pair| match order {
            Order::Newest => pair[0].seq > pair[1].seq,
            Order::Oldest => pair[0].seq < pair[1].seq,
            Order::Name => pair[0].name < pair[1].name,
            Order::Size => pair[0].size >= pair[1].size,
        });
        assert!(sorted, "{order:?}");
    }
}

async fn filters_let_through_what_they_say(engine: Engine) {
    let world = World::new(engine).await;
    world.put("t", "Straße.txt", b"text").await;
    world.tick(1000);
    world.put("t", "图 片.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x01\x08\x02\0\0\0").await;
    let tag = world.tag("t").await;
    let names = async |filter: Filter| {
        let page = world.collect.files(&tag, &filter, Order::Oldest, None, 10).await.unwrap();
        let totals = world.collect.totals(&tag, &filter).await.unwrap();
        assert_eq!(totals.file_count, i64::try_from(page.items.len()).unwrap());
        assert_eq!(totals.bytes, page.items.iter().map(|file| file.size).sum::<i64>());
        page.items.into_iter().map(|file| file.name).collect::<Vec<_>>()
    };
    let q = |q: &str| Filter { q: Some(q.into()), ..Filter::default() };
    assert_eq!(names(q("STRAß")).await, ["Straße.txt"]);
    assert_eq!(names(q("片")).await, ["图 片.png"]);
    assert!(names(q("%")).await.is_empty());
    let media = |media: &str| Filter { media: Some(media.into()), ..Filter::default() };
    assert_eq!(names(media("image")).await, ["图 片.png"]);
    assert_eq!(names(media("image/png")).await, ["图 片.png"]);
    assert!(names(media("imag")).await.is_empty());
    assert_eq!(names(Filter { since: Some(START + 1000), ..Filter::default() }).await, ["图 片.png"]);
    assert_eq!(names(Filter { until: Some(START + 1000), ..Filter::default() }).await, ["Straße.txt"]);
}

async fn tags_are_listed_in_every_order(engine: Engine) {
    let world = World::new(engine).await;
    for (tag, files) in [("b", 3_u8), ("a", 1), ("c", 2)] {
        for number in 0..files {
            world.put(tag, &format!("{number}"), &[number; 10]).await;
        }
        world.tick(10);
    }
    for (order, expected) in [
        (TagOrder::Newest, ["c", "a", "b"]),
        (TagOrder::Oldest, ["b", "a", "c"]),
        (TagOrder::Name, ["a", "b", "c"]),
        (TagOrder::Size, ["b", "c", "a"]),
        (TagOrder::Files, ["b", "c", "a"]),
    ] {
        let (mut listed, mut cursor) = (Vec::new(), None);
        loop {
            let page =
                world.collect.tags(&TagQuery { filter: Filter::default(), order, cursor, limit: 1 }).await.unwrap();
            listed.extend(page.items.into_iter().map(|tag| tag.name));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(listed, expected, "{order:?}");
    }
}

async fn neighbours_skip_the_trash(engine: Engine) {
    let world = World::new(engine).await;
    let mut files = Vec::new();
    for name in ["a", "b", "c", "d"] {
        files.push(world.put("t", name, name.as_bytes()).await.file);
    }
    world.collect.delete_file(files[2].id).await.unwrap();
    let (newer, older) = world.collect.neighbours(&files[1]).await.unwrap();
    assert_eq!((newer, older), (Some(files[3].id), Some(files[0].id)));
    assert_eq!(world.collect.neighbours(&files[3]).await.unwrap().0, None);
}
