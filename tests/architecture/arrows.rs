//! Arrows run one way: rooms point downwards, layers inside a room too, and each layer keeps to
//! its own materials.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Layer, Source, files, layer_named};
use crate::{assert_none, example};

/// `duplication, ingest → faces, split → training → collect → platform`, from the bottom up.
/// `accounts` stands on the platform alone, and every room's doors may ask it who is calling.
const ROOMS: [(&str, u8); 9] = [
    ("platform", 0),
    ("accounts", 1),
    ("collect", 2),
    ("training", 3),
    ("split", 4),
    ("faces", 4),
    ("duplication", 5),
    ("ingest", 5),
    // The command line of the binary.
    ("cli", 9),
];

fn height(room: &str) -> Option<u8> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|(_, height)| *height)
}

/// What a layer must not name, and why.
const BANNED: [(Layer, &[&str]); 5] = [
    (
        Layer::Model,
        &["sqlx::", "rocket::", "tokio::", "platform::clock", "platform::db", "SystemTime::now", "Instant::now"],
    ),
    (Layer::Store, &["rocket::", "rocket_db_pools"]),
    (Layer::Engine, &["sqlx::", "platform::db", "platform::blobs", "platform::web"]),
    (Layer::Service, &["rocket::", "sqlx::query", "sqlx::raw_sql", "sqlx::QueryBuilder"]),
    (Layer::Surface, &["sqlx::", "platform::blobs"]),
];

/// Imports of rooms that stand higher or beside.
fn upward_rooms(source: &Source) -> Vec<String> {
    let Some(room) = source.room() else {
        return Vec::new();
    };
    let Some(own) = height(room) else {
        return vec![format!("{}: the room {room} has no place in the house (tests/architecture)", source.path)];
    };
    let mut findings = Vec::new();
    for path in source.crate_paths() {
        let Some(other) = path.first().filter(|other| *other != room) else {
            continue;
        };
        if height(other).is_some_and(|other| other >= own) {
            findings.push(format!("{}: {room} must not know {other} (crate::{})", source.path, path.join("::")));
        }
    }
    findings
}

/// Imports of another room by anything but its service, its model or its guards, and of another
/// room by a store.
fn foreign_insides(source: &Source) -> Vec<String> {
    let (Some(room), Some(layer)) = (source.room(), source.layer()) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for path in source.crate_paths() {
        let Some(other) = path.first().filter(|other| *other != room && *other != "platform") else {
            continue;
        };
        if height(other).is_none() {
            continue;
        }
        let inside = path.get(1).and_then(|name| layer_named(name));
        let allowed = match layer {
            Layer::Model | Layer::Store => false,
            _ => !matches!(inside, Some(Layer::Store | Layer::Engine | Layer::Surface)),
        };
        if !allowed {
            findings.push(format!("{}: not through that door: crate::{}", source.path, path.join("::")));
        }
    }
    findings
}

/// Within a room: model ← { store, engine } ← service ← { api, pages, worker } ← mod.
fn upward_layers(source: &Source) -> Vec<String> {
    let (Some(room), Some(own)) = (source.room(), source.layer()) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for path in source.crate_paths() {
        if path.first().map(String::as_str) != Some(room) {
            continue;
        }
        let Some(other) = path.get(1).and_then(|name| layer_named(name)) else {
            continue;
        };
        let inward = match own {
            Layer::Surface => matches!(other, Layer::Store | Layer::Engine),
            Layer::Engine => other == Layer::Store,
            _ => false,
        };
        if other > own || inward {
            findings.push(format!("{}: the arrow runs back: crate::{}", source.path, path.join("::")));
        }
    }
    findings
}

/// Materials that a layer must not touch.
fn foreign_materials(source: &Source) -> Vec<String> {
    let Some(layer) = source.layer() else {
        return Vec::new();
    };
    let code = source.code();
    let banned = BANNED.iter().filter(|(owner, _)| *owner == layer).flat_map(|(_, words)| *words);
    let named = |word: &&&str| {
        let at_word_start = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        code.match_indices(**word).any(|(at, _)| at_word_start(at))
    };
    // A group hides a path: `use crate::platform::{blobs, web}`.
    let grouped = |word: &&&str| source.crate_paths().iter().any(|path| path.join("::").starts_with(**word));
    banned
        .filter(|word| named(word) || grouped(word))
        .map(|word| format!("{}: {word} has no place in a {layer:?}", source.path))
        .collect()
}

/// Rooms that reach each other in a circle, whatever their heights.
fn circles(sources: &[Source]) -> Vec<String> {
    let mut arrows: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for source in sources {
        let Some(room) = source.room() else { continue };
        let others = source.crate_paths().into_iter().filter_map(|path| path.into_iter().next());
        arrows.entry(room).or_default().extend(others.filter(|other| other != room && height(other).is_some()));
    }
    let reaches = |from: &str, to: &str| {
        let (mut seen, mut waiting) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(room) = waiting.pop() {
            for next in arrows.get(room.as_str()).into_iter().flatten() {
                if next == to {
                    return true;
                }
                if seen.insert(next.clone()) {
                    waiting.push(next.clone());
                }
            }
        }
        false
    };
    arrows.keys().filter(|room| reaches(room, room)).map(|room| format!("{room} reaches itself")).collect()
}

fn over_all(rule: impl Fn(&Source) -> Vec<String>) -> Vec<String> {
    let sources = files("src", &[".rs"]);
    assert!(!sources.is_empty(), "no sources were found");
    sources.iter().flat_map(rule).collect()
}

#[test]
fn rooms_point_downwards() {
    assert_none(&over_all(upward_rooms));
    assert_none(&over_all(foreign_insides));
    assert_none(&circles(&files("src", &[".rs"])));
}

#[test]
fn layers_point_downwards() {
    assert_none(&over_all(upward_layers));
}

#[test]
fn layers_keep_to_their_materials() {
    assert_none(&over_all(foreign_materials));
}

#[test]
fn a_room_that_looks_up_is_caught() {
    for (path, text) in [
        ("src/platform/web/x.rs", "use crate::collect::model::Tag;"),
        ("src/platform/blobs.rs", "fn f() { crate::training::service::go() }"),
        ("src/collect/service.rs", "use crate::{platform::ids, training::model};"),
        ("src/split/service.rs", "use crate::faces::model;"),
        ("src/training/service.rs", "use crate::duplication::service;"),
        ("src/kitchen/model.rs", ""),
    ] {
        assert_eq!(upward_rooms(&example(path, text)).len(), 1, "{path}");
    }
    let fine = example("src/ingest/service.rs", "use crate::{faces::service, collect::model, platform::ids};");
    assert!(upward_rooms(&fine).is_empty() && foreign_insides(&fine).is_empty());
    let peeking = example("src/training/service.rs", "use crate::collect::store;");
    assert_eq!(foreign_insides(&peeking).len(), 1);
    let shortcut = example("src/ingest/service.rs", "use crate::faces::engine::Engine;");
    assert_eq!(foreign_insides(&shortcut).len(), 1);
    let stores = example("src/training/store.rs", "use crate::collect::model::File;");
    assert_eq!(foreign_insides(&stores).len(), 1);
}

#[test]
fn a_layer_that_looks_up_is_caught() {
    for (path, text) in [
        ("src/collect/model.rs", "use crate::collect::store::Row;"),
        ("src/collect/store/read.rs", "use crate::collect::service::Uploads;"),
        ("src/collect/service.rs", "use crate::collect::{api, model};"),
        ("src/collect/api/files.rs", "use crate::collect::store;"),
        ("src/collect/pages.rs", "fn f() { crate::collect::store::find(); }"),
        ("src/faces/engine/yunet.rs", "use crate::faces::store;"),
        ("src/faces/engine/mod.rs", "use super::service::Faces;"),
        ("src/faces/store.rs", "use super::engine::Engine;"),
        ("src/faces/api.rs", "use crate::faces::engine;"),
        ("src/collect/model.rs", "use super::store::Row;"),
        ("src/collect/api/files.rs", "use super::super::store;"),
    ] {
        assert_eq!(upward_layers(&example(path, text)).len(), 1, "{path}");
    }
    let fine = example("src/collect/api.rs", "use crate::collect::{model, service}; use super::pages;");
    assert!(upward_layers(&fine).is_empty());
}

#[test]
fn a_layer_with_foreign_materials_is_caught() {
    for (path, text) in [
        ("src/collect/model.rs", "use tokio::fs::File;"),
        ("src/collect/model/zip.rs", "fn now() { std::time::SystemTime::now(); }"),
        ("src/collect/store.rs", "use rocket::State;"),
        ("src/collect/service/upload.rs", "async fn f() { sqlx::query(X); }"),
        ("src/collect/api.rs", "use crate::platform::{blobs::Blobs, web};"),
        ("src/collect/pages/tag.rs", "use sqlx::Row;"),
        ("src/faces/engine/null.rs", "use crate::platform::db::Tx;"),
    ] {
        assert_eq!(foreign_materials(&example(path, text)).len(), 1, "{path}");
    }
    let only_words =
        example("src/collect/model.rs", "// tokio::fs is not for here\nconst A: &str = \"rocket::State\";");
    assert!(foreign_materials(&only_words).is_empty());
}

#[test]
fn a_circle_is_caught() {
    let one = example("src/faces/service.rs", "use crate::split::model;");
    let two = example("src/split/service.rs", "use crate::faces::model;");
    assert_eq!(circles(&[one, two]).len(), 2);
}
