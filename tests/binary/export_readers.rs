//! What data sets may be like, read by the newest releases of their readers (contract §2.7, §4.1).

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::tools::file_with;
use crate::support::training::{read_export, unpacked};
use crate::support::{Db, Server, pictures};

on_both_databases!(
    masks_crowds_and_points_arrive_in_pycocotools,
    classes_are_numbered_alike_in_each_set,
    samples_of_all_kinds_open_in_datasets,
    ultralytics_takes_what_it_is_given,
    guessers_read_the_csv,
    boxes_without_an_area_are_left_out_and_counted,
);

/// Names that file systems, YAML, tables and readers of data sets have their own thoughts about.
const ODD_CLASSES: [&str; 14] =
    ["1", "NA", "null", "猫", "a/b", ".hidden", "__x", "con", "test", "yes", "a: \"b\"", "x, y", "#1", "'"];

fn png(server: &Server, task: &str, name: &str, (width, height): (u32, u32)) -> String {
    let shade = u8::try_from(name.bytes().map(u32::from).sum::<u32>() % 250).expect("below 250");
    server.ready_png(task, name, (width, height), &pictures::png(width, height, shade))
}

fn masks_crowds_and_points_arrive_in_pycocotools(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["cat"]);
    let image = png(&server, &task, "a.png", (60, 50));
    let object = |more: Value| {
        let mut object = json!({"class": "cat"});
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    let ring = json!([[0, 0, 60, 0, 60, 50]]);
    let points = json!([1, 2, 2, 3, 4, 1, 0, 0, 0]);
    let objects = [
        object(json!({"bbox": [1, 2, 30, 20], "score": 0.25, "attributes": {"late": true}})),
        object(json!({"bbox": [0, 0, 60, 50], "segmentation": ring, "iscrowd": 1})),
        object(json!({"segmentation": {"size": [50, 60], "counts": [100, 50, 100, 20, 2730]}, "iscrowd": 1})),
        // The same runs as pycocotools packs them.
        object(json!({"segmentation": {"size": [50, 60], "counts": "T3b1T3ROVb2"}, "iscrowd": 0, "keypoints": points})),
    ];
    server.annotate(&image, &json!({"objects": objects}));
    let (_folder, path) = unpacked(&server.export(&task, "coco"));
    let found = read_export("coco", &path);
    let boxes = found["train"]["images"][0]["boxes"].as_array().unwrap();
    let all = |name: &str| boxes.iter().map(|told| told[name].clone()).collect::<Vec<Value>>();
    assert_eq!(all("iscrowd"), [0, 1, 1, 0]);
    assert_eq!(all("area"), [600, 1500, 70, 70]);
    assert_eq!(all("bbox"), [json!([1, 2, 30, 20]), json!([0, 0, 60, 50]), json!([2, 0, 4, 50]), json!([2, 0, 4, 50])]);
    assert_eq!(boxes[0]["segmentation"], json!([[1, 2, 31, 2, 31, 22, 1, 22]]));
    assert_eq!(boxes[1]["segmentation"], ring);
    assert_eq!(boxes[3]["segmentation"]["counts"], "T3b1T3ROVb2");
    let pixels = all("mask").iter().map(|mask| mask["pixels"].as_i64().unwrap()).collect::<Vec<i64>>();
    assert_eq!((pixels[0], pixels[2], pixels[3]), (600, 70, 70));
    assert!((1400..1600).contains(&pixels[1]), "half of the picture: {}", pixels[1]);
    assert_eq!((&boxes[0]["score"], &boxes[0]["attributes"]), (&json!(0.25), &json!({"late": true})));
    assert_eq!((&boxes[3]["keypoints"], &boxes[3]["num_keypoints"]), (&points, &json!(2)));
    assert!(boxes[1].get("score").is_none() && boxes[1].get("keypoints").is_none(), "no constants");
}

fn classes_are_numbered_alike_in_each_set(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&ODD_CLASSES);
    for (place, class) in ODD_CLASSES.iter().enumerate() {
        let image = png(&server, &task, &format!("{place}.png"), (12, 10));
        server.annotate(&image, &json!({"objects": [{"class": class, "bbox": [0, 0, 5, 5]}]}));
    }
    server.place(2, "1, 3, 5");
    let (_folder, path) = unpacked(&server.export(&task, "imagefolder"));
    let found = read_export("torchvision", &path);
    let classes = found["train"]["classes"].as_object().unwrap();
    assert_eq!(classes.len(), ODD_CLASSES.len(), "no folder for what isn't there: {classes:?}");
    assert_eq!(found["val"]["classes"], found["train"]["classes"]);
    assert_eq!(found["test"]["classes"], found["train"]["classes"]);
    assert_eq!([&found["train"], &found["val"]].map(|set| set["sizes"].as_array().unwrap().len()), [11, 3]);
    assert_eq!(std::fs::read_to_string(path.join("classes.txt")).unwrap(), ODD_CLASSES.join("\n") + "\n");
    assert!(std::fs::read_to_string(path.join("README.txt")).unwrap().contains("allow_empty=True"));

    let told = read_export("imagefolder", &path);
    let names: Vec<&Value> = told["validation"].as_array().unwrap().iter().map(|row| &row["class"]).collect();
    assert_eq!(names, ["1", "null", "a/b"]);
    let train = told["train"].as_array().unwrap();
    let names: Vec<&str> = train.iter().filter_map(|row| row["class"].as_str()).collect();
    assert_eq!(names, [&ODD_CLASSES[1..2], &ODD_CLASSES[3..4], &ODD_CLASSES[5..]].concat());
    assert!(told.get("test").is_none(), "a class of that name makes no set: {told}");

    // One image without a class: each set has a folder for such.
    png(&server, &task, "plain.png", (9, 9));
    let (_folder, path) = unpacked(&server.export(&task, "imagefolder"));
    let found = read_export("torchvision", &path);
    assert!(found["val"]["classes"].get("_unlabelled").is_some());
    assert_eq!(found["val"]["classes"], found["train"]["classes"]);
}

fn samples_of_all_kinds_open_in_datasets(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["cat"]);
    // Readers take the types of the first few samples for those of all.
    for place in 0..6 {
        png(&server, &task, &format!("{place}.b.png"), (12, 10));
    }
    let open = |task: &str| {
        let (folder, path) = file_with("export.tar", &server.export(task, "webdataset"));
        (read_export("webdataset_in_datasets", &path), folder)
    };
    let (found, _folder) = open(&task);
    assert_eq!(found["kinds"]["png"], "Image", "one kind has its own ending: {found}");
    let jpeg = server.ready_image(&task, "late.jpg", 2, (16, 8), &pictures::jpeg(16, 8, 2));
    server.annotate(&jpeg, &json!({"objects": [{"class": "cat", "bbox": [0, 0, 5.5, 5]}], "by": ["a", 1]}));
    let last = png(&server, &task, "last.png", (12, 10));
    server.annotate(&last, &json!({"objects": [], "by": {"name": "b"}}));
    let (found, _folder) = open(&task);
    assert_eq!(found["kinds"]["jpg"], "Image", "{found}");
    let samples = found["samples"].as_object().unwrap();
    assert_eq!(samples.len(), 8);
    assert_eq!(samples["train-7"]["size"], json!([16, 8]));
    let annotation = |key: &str| -> Value {
        serde_json::from_str(samples[key]["json"]["annotation"].as_str().expect("a string")).unwrap()
    };
    assert_eq!(annotation("train-7")["objects"][0]["bbox"], json!([0, 0, 5.5, 5]));
    assert_eq!((annotation("train-1"), annotation("train-8")["by"]["name"].clone()), (Value::Null, json!("b")));
}

fn ultralytics_takes_what_it_is_given(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&ODD_CLASSES);
    let image = png(&server, &task, "a.png", (20, 10));
    server.annotate(
        &image,
        &json!({"objects": [{"class": "yes", "bbox": [0, 0, 5, 5]}, {"class": "#1", "bbox": [10, 5, 10.01, 5.005]}]}),
    );
    png(&server, &task, "nothing on it.png", (20, 10));
    let (_folder, path) = unpacked(&server.export(&task, "yolo"));
    let found = read_export("ultralytics", &path);
    assert_eq!((&found["nc"], &found["names"]), (&json!(14), &json!(ODD_CLASSES)));
    let train = &found["sets"]["train"];
    let boxes = train["00000001-a.png"]["boxes"].clone();
    assert_eq!(boxes, json!([[9.0, 0.125, 0.25, 0.25, 0.5], [12.0, 0.75, 0.75, 0.5, 0.5]]), "{train}");
    assert_eq!(train["00000002-nothing on it.png"], json!({"boxes": [], "said": ""}));
    assert_eq!((&found["sets"]["val"], &found["sets"]["test"]), (&json!({}), &json!({})));
}

fn guessers_read_the_csv(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["a,\"b\"", "=1"]);
    let image = png(&server, &task, "two\nlines, \"quoted\".png", (20, 10));
    let objects = [json!({"class": "a,\"b\"", "bbox": [0.5, 0, 5, 5]}), json!({"class": "=1", "bbox": [1, 0, 5, 5]})];
    server.annotate(&image, &json!({"objects": objects}));
    png(&server, &task, "plain.png", (20, 10));
    let (_folder, path) = file_with("manifest.csv", &server.export(&task, "csv"));
    let found = read_export("csv_by_guessing", &path);
    assert_eq!((&found["rows"], &found["x"]), (&json!(3), &json!([0.5, 1.0, null])));
    assert_eq!(found["columns"].as_array().unwrap().len(), 12);
    let rows = read_export("csv", &path);
    assert_eq!((&rows[1]["class"], &rows[1]["img_name"]), (&json!("=1"), &json!("two\nlines, \"quoted\".png")));
}

fn boxes_without_an_area_are_left_out_and_counted(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&["cat"]);
    // Wide enough that a thousandth of a pixel is nothing in eight digits of a share.
    let wide = 400_000;
    let image = server.ready_png(&task, "wide.png", (wide, 1), &pictures::png(wide, 1, 3));
    let objects = [json!({"class": "cat", "bbox": [0, 0, 0.001, 1]}), json!({"class": "cat", "bbox": [0, 0, 9, 1]})];
    server.annotate(&image, &json!({"objects": objects}));
    let (_folder, path) = unpacked(&server.export(&task, "yolo"));
    let labels = std::fs::read_to_string(path.join("labels/train/00000001-wide.txt")).unwrap();
    assert_eq!(labels, "0 0.00001125 0.50000000 0.00002250 1.00000000\n");
    let readme = std::fs::read_to_string(path.join("README.txt")).unwrap();
    assert!(readme.contains("precision of this format: 1 boxes"), "{readme}");
    let (_folder, path) = unpacked(&server.export(&task, "coco"));
    let readme = std::fs::read_to_string(path.join("README.txt")).unwrap();
    assert!(readme.contains("precision of this format: 0 boxes"), "{readme}");
}
