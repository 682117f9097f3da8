//! Against a server that answers as the published API says, or worse.

use std::sync::{LazyLock, Mutex};

use super::*;
use crate::faces::engine::samples::encoded;
use crate::faces::engine::server::double::{Act, Double, Request, hasty};
use crate::faces::model::FaceBox;
use image::{ImageFormat, RgbImage};

async fn started(act: impl Fn(&Request, usize) -> Act + Send + Sync + 'static) -> (Insightface, Double) {
    let double = Double::start(act).await;
    let config = double.config(config::EngineName::Insightface, &[("api", "the-key")]);
    (Insightface::with(&config, hasty()).unwrap(), double)
}

fn picture() -> Arc<Picture> {
    static PICTURE: LazyLock<Arc<Picture>> = LazyLock::new(|| {
        Arc::new(server::open(Arc::new(encoded(&RgbImage::new(600, 400), ImageFormat::Png))).unwrap())
    });
    PICTURE.clone()
}

fn addition(group: &str) -> Addition {
    let place = FaceBox { x: 100, y: 100, width: 100, height: 150 };
    Addition { group: group.into(), task: "-B3-_x9Qz012".into(), row: 7, place, picture: picture() }
}

fn error(code: &str) -> serde_json::Value {
    json!({"error": {"code": code, "message": "as it says", "details": {}}, "request_id": "3ed21e89"})
}

/// A server that keeps persons; what it answers to an add may be lost.
#[derive(Default)]
struct Kept {
    collections: Vec<String>,
    persons: Vec<String>,
    added: usize,
}

async fn keeping(
    lose: impl Fn(usize) -> Option<Act> + Send + Sync + 'static,
) -> (Insightface, Double, Arc<Mutex<Kept>>) {
    let kept = Arc::new(Mutex::new(Kept::default()));
    let state = kept.clone();
    let (engine, double) = started(move |request, _| {
        let mut kept = state.lock().unwrap();
        let (method, path) = request.line.split_once(' ').unwrap();
        let parts: Vec<&str> = path.trim_start_matches("/v1/collections").split('/').skip(1).collect();
        match (method, parts.as_slice()) {
            ("POST", []) => {
                let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                kept.collections.push(body["id"].as_str().unwrap().to_owned());
                Act::Answer(201, json!({"collection": body}))
            }
            (_, [collection, ..]) if !kept.collections.iter().any(|known| known == collection) => {
                Act::Answer(404, error("resource_not_found"))
            }
            ("POST", [_, "persons"]) => {
                let id = String::from_utf8(request.part("id").unwrap().1).unwrap();
                if kept.persons.contains(&id) {
                    return Act::Answer(409, error("person_exists"));
                }
                kept.persons.push(id.clone());
                kept.added += 1;
                lose(kept.added)
                    .unwrap_or(Act::Answer(201, json!({"person": {"id": id, "face_count": 1}, "faces": [{}]})))
            }
            ("GET", [_, "persons", id]) if kept.persons.iter().any(|known| known == id) => {
                Act::Answer(200, json!({"person": {"id": id}}))
            }
            ("DELETE", [_, "persons", id]) if kept.persons.iter().any(|known| known == id) => {
                kept.persons.retain(|known| known != id);
                Act::Answer(204, json!(null))
            }
            _ => Act::Answer(404, error("resource_not_found")),
        }
    })
    .await;
    (engine, double, kept)
}

#[rocket::async_test]
async fn detect_asks_as_published_and_reads_the_answer() {
    let answer = json!({"faces": [{
        "bbox": {"pixels": {"x": 120, "y": 80, "width": 240, "height": 280}, "normalized": {}},
        "landmarks": [[180.0, 160.0], [300.0, 160.0], [240.0, 222.0], [190.0, 280.0], [290.0, 280.0]],
        "detection_score": 0.83, "quality": {"score": 0.9}
    }], "processing_ms": 12.5, "request_id": "3ed21e89"});
    let (engine, double) = started(move |_, _| Act::Answer(200, answer.clone())).await;
    let faces = engine.detect(&picture()).await.unwrap();
    assert_eq!(faces.len(), 1);
    assert_eq!(faces[0].place, FaceBox { x: 120, y: 80, width: 240, height: 280 });
    assert!((faces[0].score - 0.83).abs() < 1e-9 && faces[0].blur.is_some());
    let pose = faces[0].pose.unwrap();
    assert!(pose.yaw.abs() < 1.0 && pose.roll.abs() < 1.0 && pose.pitch.abs() < 8.0, "{pose:?}");

    let request = &double.requests()[0];
    assert_eq!(request.line, "POST /v1/detect");
    assert_eq!(request.header("authorization"), Some("Bearer the-key"));
    let (head, sent) = request.part("image").unwrap();
    assert!(head.to_lowercase().contains("content-type: image/jpeg"), "{head}");
    assert_eq!(image::load_from_memory(&sent).unwrap().width(), 600);
}

#[rocket::async_test]
async fn no_face_and_refusals() {
    let (engine, _double) = started(|_, _| Act::Answer(200, json!({"faces": [], "processing_ms": 1.0}))).await;
    assert!(engine.detect(&picture()).await.unwrap().is_empty());
    let (engine, double) = started(|_, _| Act::Answer(401, error("unauthorized"))).await;
    let why = engine.detect(&picture()).await.unwrap_err().to_string();
    assert!(why.contains("401") && why.contains("as it says"), "{why}");
    assert_eq!(double.lines().len(), 1);
}

#[rocket::async_test]
async fn an_open_server_is_sent_no_key() {
    let double = Double::start(|_, _| Act::Answer(200, json!({"faces": []}))).await;
    let engine = Insightface::with(&double.config(config::EngineName::Insightface, &[]), hasty()).unwrap();
    engine.detect(&picture()).await.unwrap();
    assert_eq!(double.requests()[0].header("authorization"), None);
}

#[rocket::async_test]
async fn the_collection_is_made_when_it_is_first_needed() {
    let (engine, double, kept) = keeping(|_| None).await;
    let id = engine.add(&addition("staff-2024")).await.unwrap();
    assert_eq!(id.as_deref(), Some("t-B3-_x9Qz012.7"));
    assert_eq!(
        double.lines(),
        ["POST /v1/collections/staff-2024/persons", "POST /v1/collections", "POST /v1/collections/staff-2024/persons",]
    );
    let request = double.requests().pop().unwrap();
    assert_eq!(request.part("review_mode").unwrap().1, b"off");
    let face = image::load_from_memory(&request.part("images").unwrap().1).unwrap();
    assert_eq!((face.width(), face.height()), (140, 210));
    assert_eq!(kept.lock().unwrap().collections, ["staff-2024"]);
}

#[rocket::async_test]
async fn an_unclear_add_is_asked_about_before_it_is_repeated() {
    for act in [|| Act::Cut, || Act::CutInside, || Act::Silence, || Act::Answer(503, error("search_index_unavailable"))]
    {
        let (engine, double, kept) = keeping(move |added| (added == 1).then(act)).await;
        kept.lock().unwrap().collections.push("g".to_owned());
        let id = engine.add(&addition("g")).await.unwrap();
        assert_eq!(id.as_deref(), Some("t-B3-_x9Qz012.7"));
        let methods: Vec<String> = double.lines().iter().map(|line| line[..4].to_owned()).collect();
        assert_eq!(methods, ["POST", "GET "]);
        // After a crash here the same face comes once more: the server knows its id.
        assert_eq!(engine.add(&addition("g")).await.unwrap(), id);
        assert_eq!(kept.lock().unwrap().added, 1);
        engine.remove("g", "t-B3-_x9Qz012.7").await.unwrap();
        engine.remove("g", "t-B3-_x9Qz012.7").await.unwrap();
        assert!(kept.lock().unwrap().persons.is_empty());
    }
}

#[rocket::async_test]
async fn a_face_that_the_server_does_not_find_is_cut_otherwise() {
    let (engine, double) = started(|_, before| match before {
        0 | 1 => Act::Answer(422, error("registration_failed")),
        _ => Act::Answer(201, json!({"person": {"id": "x"}})),
    })
    .await;
    assert!(engine.add(&addition("g")).await.unwrap().is_some());
    let sizes: Vec<u32> = double
        .requests()
        .iter()
        .map(|request| image::load_from_memory(&request.part("images").unwrap().1).unwrap().width())
        .collect();
    assert_eq!(sizes, [140, 100, 600]);
}

#[test]
fn every_group_has_a_collection_of_its_own() {
    assert_eq!(collection("staff.2024_a-b"), "staff.2024_a-b");
    let pattern = |id: &str| {
        id.len() <= 64
            && id.starts_with(|c: char| c.is_ascii_alphanumeric())
            && id.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c))
    };
    let names = ["人脸", "人脸2", "-x", "_default", "a b", "granary-7", "a/b", &"长".repeat(64)];
    let ids: std::collections::BTreeSet<String> = names.iter().map(|name| collection(name)).collect();
    assert_eq!(ids.len(), names.len());
    assert!(ids.iter().all(|id| pattern(id)), "{ids:?}");
}
