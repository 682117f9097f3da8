//! Against a server that answers as the published API says, or worse.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::faces::engine::samples::encoded;
use crate::faces::engine::server::double::{Act, Double, Request, hasty};
use crate::faces::model::FaceBox;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::json;

const KEYS: [(&str, &str); 2] = [("detection", "key-of-detection"), ("recognition", "key-of-recognition")];

async fn started(act: impl Fn(&Request, usize) -> Act + Send + Sync + 'static) -> (Compreface, Double) {
    let double = Double::start(act).await;
    let config = double.config(config::EngineName::Compreface, &KEYS);
    (Compreface::with(&config, hasty()).unwrap(), double)
}

/// A picture of 2400×300, which is sent as 1920×240.
fn picture() -> Arc<Picture> {
    static PICTURE: LazyLock<Arc<Picture>> = LazyLock::new(|| {
        let pixels = RgbImage::from_fn(2400, 300, |x, _| Rgb([if x % 64 < 32 { 40 } else { 200 }; 3]));
        Arc::new(server::open(Arc::new(encoded(&pixels, ImageFormat::Bmp))).unwrap())
    });
    PICTURE.clone()
}

fn addition() -> Addition {
    let place = FaceBox { x: 500, y: 50, width: 250, height: 200 };
    Addition { group: "digital/人".into(), task: "aB3-_x9Qz012".into(), row: 41, place, picture: picture() }
}

fn two_faces() -> serde_json::Value {
    json!({"result": [
        {"box": {"probability": 0.91, "x_min": 10, "y_min": 20, "x_max": 50, "y_max": 60}},
        {"box": {"probability": 0.99, "x_min": 400, "y_min": 40, "x_max": 600, "y_max": 200},
         "landmarks": [[450, 70], [550, 70], [500, 122], [458, 170], [541, 170]],
         "pose": {"pitch": -4.5, "roll": 2.25, "yaw": 30.0}}
    ], "plugins_versions": {"detector": "facenet.FaceDetector"}})
}

#[rocket::async_test]
async fn detect_asks_as_published_and_reads_the_answer() {
    let (engine, double) = started(|_, _| Act::Answer(200, two_faces())).await;
    let faces = engine.detect(&picture()).await.unwrap();
    let [largest, other] = faces.as_slice() else { panic!("{faces:?}") };
    assert_eq!(largest.place, FaceBox { x: 500, y: 50, width: 250, height: 200 });
    assert_eq!(largest.pose, Some(Pose { pitch: -4.5, yaw: 30.0, roll: 2.25 }));
    assert!((largest.score - 0.99).abs() < 1e-9 && largest.blur.is_some());
    assert_eq!((other.place.x, other.place.width, other.pose), (13, 50, None));

    let request = &double.requests()[0];
    assert_eq!(request.line, "POST /api/v1/detection/detect?face_plugins=landmarks%2Cpose");
    assert_eq!(request.header("x-api-key"), Some("key-of-detection"));
    let (head, sent) = request.part("file").unwrap();
    assert!(
        head.contains("filename=\"picture.jpg\"") && head.to_lowercase().contains("content-type: image/jpeg"),
        "{head}"
    );
    let sent = image::load_from_memory_with_format(&sent, ImageFormat::Jpeg).unwrap();
    assert_eq!((sent.width(), sent.height()), (1920, 240));
}

#[rocket::async_test]
async fn landmarks_tell_the_pose_where_the_server_does_not() {
    let mut answer = two_faces();
    answer["result"][1].as_object_mut().unwrap().remove("pose");
    let (engine, _double) = started(move |_, _| Act::Answer(200, answer.clone())).await;
    let pose = engine.detect(&picture()).await.unwrap()[0].pose.unwrap();
    assert!(pose.yaw.abs() < 2.0 && pose.roll.abs() < 1.0, "{pose:?}");
}

#[rocket::async_test]
async fn no_face_is_no_error_and_refusals_are_told() {
    let (engine, _double) =
        started(|_, _| Act::Answer(400, json!({"message": "No face is found in the given image", "code": 28}))).await;
    assert!(engine.detect(&picture()).await.unwrap().is_empty());

    let (engine, double) = started(|_, _| Act::Answer(401, json!({"message": "Wrong key", "code": 4}))).await;
    let why = engine.detect(&picture()).await.unwrap_err().to_string();
    assert!(why.contains("401") && why.contains("Wrong key"), "{why}");
    assert_eq!(double.lines().len(), 1, "a refusal isn't tried again");

    let (engine, _double) = started(|_, _| Act::Answer(200, json!({"faces": []}))).await;
    assert!(engine.detect(&picture()).await.unwrap_err().to_string().contains("can't be read"));
}

#[rocket::async_test]
async fn errors_cuts_and_slowness_are_tried_again() {
    let (engine, double) = started(|_, before| match before {
        0 => Act::Answer(503, json!({"message": "starting"})),
        1 => Act::Cut,
        2 => Act::CutInside,
        _ => Act::Answer(200, two_faces()),
    })
    .await;
    assert_eq!(engine.detect(&picture()).await.unwrap().len(), 2);
    assert_eq!(double.lines().len(), 4);

    let (engine, double) = started(|_, _| Act::Answer(429, json!(null))).await;
    assert!(engine.detect(&picture()).await.unwrap_err().to_string().contains("429"));
    assert_eq!(double.lines().len(), 4);

    let (engine, _double) =
        started(|_, before| if before == 0 { Act::Silence } else { Act::Answer(200, two_faces()) }).await;
    assert_eq!(engine.detect(&picture()).await.unwrap().len(), 2);
}

#[rocket::async_test]
async fn add_asks_first_and_sends_the_face_alone() {
    let (engine, double) = started(|request, _| match request.line.as_bytes() {
        [b'G', ..] => Act::Answer(200, json!({"faces": [], "page_number": 0, "total_elements": 0})),
        _ => Act::Answer(201, json!({"image_id": "6b135f5b", "subject": "x"})),
    })
    .await;
    assert_eq!(engine.add(&addition()).await.unwrap().as_deref(), Some("6b135f5b"));
    let requests = double.requests();
    let subject = "subject=digital_%E4%BA%BA%3AaB3-_x9Qz012%3A41";
    assert_eq!(requests[0].line, format!("GET /api/v1/recognition/faces?{subject}&page=0&size=1"));
    assert_eq!(requests[1].line, format!("POST /api/v1/recognition/faces?{subject}"));
    assert!(requests.iter().all(|request| request.header("x-api-key") == Some("key-of-recognition")));
    let sent = image::load_from_memory(&requests[1].part("file").unwrap().1).unwrap();
    // 200×160 of what was sent, and a fifth on each side.
    assert_eq!((sent.width(), sent.height()), (280, 224));
}

/// A server that keeps what it is sent, whatever it then answers.
async fn forgetful(answer: impl Fn(usize) -> Act + Send + Sync + 'static) -> (Compreface, Double, Arc<AtomicUsize>) {
    let kept = Arc::new(AtomicUsize::new(0));
    let faces = kept.clone();
    let (engine, double) = started(move |request, before| {
        let subject = "digital_人:aB3-_x9Qz012:41";
        if request.line.starts_with("GET") {
            let list = vec![json!({"image_id": "first", "subject": subject}); faces.load(Ordering::SeqCst)];
            let others = vec![json!({"image_id": "other", "subject": "somebody else"})];
            let faces = [others, list].concat();
            return Act::Answer(200, json!({"faces": faces}));
        }
        faces.fetch_add(1, Ordering::SeqCst);
        answer(before)
    })
    .await;
    (engine, double, kept)
}

#[rocket::async_test]
async fn an_unclear_add_is_asked_about_before_it_is_repeated() {
    for act in [|| Act::Cut, || Act::CutInside, || Act::Silence, || Act::Answer(502, json!(null))] {
        let (engine, double, kept) = forgetful(move |_| act()).await;
        assert_eq!(engine.add(&addition()).await.unwrap().as_deref(), Some("first"));
        assert_eq!(kept.load(Ordering::SeqCst), 1);
        let methods: Vec<String> = double.lines().iter().map(|line| line[..4].to_owned()).collect();
        assert_eq!(methods, ["GET ", "POST", "GET "]);
        // And after a crash here: the same face once more.
        assert_eq!(engine.add(&addition()).await.unwrap().as_deref(), Some("first"));
        assert_eq!(kept.load(Ordering::SeqCst), 1);
    }
}

#[rocket::async_test]
async fn other_cuts_are_tried_where_the_server_sees_no_face_in_one() {
    let (engine, double) = started(|request, before| match (request.line.as_bytes(), before) {
        ([b'G', ..], _) => Act::Answer(200, json!({"faces": []})),
        (_, 1) => Act::Answer(400, json!({"code": 31, "message": "too many"})),
        (_, 3) => Act::Answer(400, json!({"code": 28, "message": "no face"})),
        _ => Act::Answer(201, json!({"image_id": "at last"})),
    })
    .await;
    assert_eq!(engine.add(&addition()).await.unwrap().as_deref(), Some("at last"));
    let sizes: Vec<u32> = double
        .requests()
        .iter()
        .filter_map(|request| request.part("file"))
        .map(|(_, jpeg)| image::load_from_memory(&jpeg).unwrap().width())
        .collect();
    assert_eq!(sizes, [280, 200, 1920]);

    let (engine, _double) = started(|request, _| match request.line.as_bytes() {
        [b'G', ..] => Act::Answer(200, json!({"faces": []})),
        _ => Act::Answer(400, json!({"code": 28, "message": "no face"})),
    })
    .await;
    assert!(engine.add(&addition()).await.unwrap_err().to_string().contains("no face"));
}

#[rocket::async_test]
async fn remove_takes_the_subject_too_and_what_is_gone_is_gone() {
    let (engine, double) =
        started(|_, _| Act::Answer(200, json!({"image_id": "id/1", "subject": "digital:t:1"}))).await;
    engine.remove("digital", "id/1").await.unwrap();
    assert_eq!(
        double.lines(),
        ["DELETE /api/v1/recognition/faces/id%2F1", "DELETE /api/v1/recognition/subjects/digital:t:1"]
    );
    let (engine, _double) = started(|_, _| Act::Answer(404, json!({"code": 44, "message": "gone"}))).await;
    engine.remove("digital", "id").await.unwrap();
    let (engine, _double) = started(|_, _| Act::Answer(500, json!(null))).await;
    assert!(engine.remove("digital", "id").await.is_err());
}

#[test]
fn what_is_missing_in_the_configuration_is_one_line() {
    let config = |url: Option<&str>, keys: &[&str]| config::Faces {
        engine: config::EngineName::Compreface,
        model: None,
        url: url.map(str::to_owned),
        keys: keys.iter().map(|key| ((*key).to_owned(), config::Secret("k\u{e9}y".to_owned()))).collect(),
    };
    for (given, says) in [
        (config(None, &["detection", "recognition"]), "faces.url"),
        (config(Some("ftp://host"), &["detection", "recognition"]), "faces.url"),
        (config(Some("host:8000"), &["detection", "recognition"]), "faces.url"),
        (config(Some("http://host"), &["detection"]), "faces.keys.recognition"),
        (config(Some("http://host"), &[]), "faces.keys.detection"),
    ] {
        let line = Compreface::new(&given).err().unwrap();
        assert!(line.contains(says) && !line.contains('\n'), "{line}");
    }
}

#[rocket::async_test]
async fn a_server_that_keeps_failing_is_left_alone_then_probed() {
    let double = Double::start(|_, before| if before < 3 { Act::Cut } else { Act::Answer(200, two_faces()) }).await;
    let config = double.config(config::EngineName::Compreface, &KEYS);
    let engine = Compreface::with(&config, Patience { tries: 2, failures: 3, ..hasty() }).unwrap();
    let picture = picture();
    assert!(engine.detect(&picture).await.is_err());
    // The third failure opens the breaker: the second try here is spent on waiting.
    let why = engine.detect(&picture).await.unwrap_err().to_string();
    assert!(why.contains("left alone"), "{why}");
    assert_eq!(double.lines().len(), 3);
    assert_eq!(engine.detect(&picture).await.unwrap().len(), 2);
}

#[rocket::async_test]
async fn keys_and_passwords_are_in_no_message() {
    let config = config::Faces {
        engine: config::EngineName::Compreface,
        model: None,
        // Nobody listens there.
        url: Some("http://me:secret-word@127.0.0.1:9".to_owned()),
        keys: KEYS.iter().map(|(name, key)| ((*name).to_owned(), config::Secret((*key).to_owned()))).collect(),
    };
    let engine = Compreface::with(&config, hasty()).unwrap();
    let why = engine.detect(&picture()).await.unwrap_err().to_string();
    assert!(!why.contains("secret-word") && !why.contains("key-of"), "{why}");
    assert!(!format!("{config:?} {:?}", engine.detection).contains("key-of"));
}
