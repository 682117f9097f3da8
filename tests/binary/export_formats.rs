//! Each export opens in the reader that it is made for (contract §2.7).

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::tools::{program, run};
use crate::support::training::{read_export, unpacked};
use crate::support::upload::word;
use crate::support::zip::Archive;
use crate::support::{Db, Server, pictures, sha256};

on_both_databases!(
    imagefolder_opens_in_datasets,
    coco_opens_in_pycocotools,
    yolo_has_labels_beside_images,
    csv_has_a_row_for_each_box,
    webdataset_has_a_sample_for_each_image,
    an_empty_task_has_exports_too,
);

/// A task with images of all kinds, in all sets.
struct Story {
    server: Server,
    task: String,
    /// By `order_id` − 1.
    images: Vec<String>,
}

const ODD_NAME: &str = "=1+1, \"quoted\".png";

impl Story {
    fn start(db: Db) -> Self {
        let server = Server::start(db);
        let task = server.new_task(&["cat", "a/b", "DOG", "dog", "con"]);
        let mut story = Self { server, task, images: Vec::new() };
        // 1: two boxes, the larger one's class counts.
        story.ready("one.png", 1, &pictures::png(40, 30, 1), (40, 30));
        story
            .annotate(0, &json!([{"class": "cat", "bbox": [0, 0, 5, 5]}, {"class": "a/b", "bbox": [10, 5, 20, 10.5]}]));
        // 2: no ending in its name, no annotation.
        story.ready("兰博基尼", 2, &pictures::jpeg(16, 8, 2), (16, 8));
        // 3: turned; displayed 20 high and 40 wide.
        story.ready("turned.jpg", 2, &pictures::jpeg_with_orientation(20, 40, 6), (40, 20));
        story.annotate(2, &json!([{"class": "DOG", "bbox": [30, 0, 10, 20]}]));
        // 4: what a table must quote; annotated, but nothing is on it.
        story.ready(ODD_NAME, 1, &pictures::png(12, 12, 4), (12, 12));
        story.annotate(3, &json!([]));
        // 5: deleted. 6: its bytes never came. 7 and 8: classes that differ in letter case, or can't be folders.
        story.ready("deleted.png", 1, &pictures::png(9, 9, 5), (9, 9));
        story.images.push(story.server.register_png(&story.task, "late.png", (9, 9), b"later"));
        story.ready("seven.png", 1, &pictures::png(10, 10, 7), (10, 10));
        story.annotate(6, &json!([{"class": "dog", "bbox": [0, 0, 10, 10]}]));
        story.ready("a.b.png", 1, &pictures::png(10, 10, 8), (10, 10));
        story.annotate(7, &json!([{"class": "con", "bbox": [0, 0, 1, 1], "score": 0.50}]));
        let list = json!({"task_id": story.task, "img_id_list": [story.images[4]]});
        story.server.send_json("PUT", "/training/files/files", &list).expect_fine();
        story.server.place(2, "3, 4");
        story.server.place(1, "8");
        story
    }

    fn ready(&mut self, name: &str, kind: u8, bytes: &[u8], size: (u32, u32)) {
        self.images.push(self.server.ready_image(&self.task, name, kind, size, bytes));
    }

    fn annotate(&self, place: usize, objects: &Value) {
        self.server.annotate(&self.images[place], &json!({"objects": objects, "mine": [1.0, "图"]}));
    }

    fn export(&self, format: &str) -> Vec<u8> {
        self.server.export(&self.task, format)
    }

    fn unpacked(&self, format: &str) -> (tempfile::TempDir, PathBuf) {
        unpacked(&self.export(format))
    }
}

fn imagefolder_opens_in_datasets(db: Db) {
    let story = Story::start(db);
    let (_folder, path) = story.unpacked("imagefolder");
    let readme = std::fs::read_to_string(path.join("README.txt")).unwrap();
    assert!(readme.contains("train: 3 images") && readme.contains("not in yet: 1 images"), "{readme}");
    let found = read_export("imagefolder", &path);
    let row = |place: usize, class: &str, set: &str, (w, h): (u32, u32)| {
        let id = &story.images[place];
        json!({"img_id": id, "class": class, "set": set, "width": w, "height": h, "size": [w, h]})
    };
    let by_id = |split: &str| {
        let mut rows = found[split].as_array().unwrap().clone();
        rows.sort_by_key(|row| word(&row["img_id"]));
        rows
    };
    let train = [row(0, "a/b", "train", (40, 30)), row(1, "", "train", (16, 8)), row(6, "dog", "train", (10, 10))];
    assert_eq!(by_id("train"), train);
    let val = by_id("validation");
    assert_eq!((&val[0]["class"], &val[0]["width"], &val[0]["height"]), (&json!("DOG"), &json!(40), &json!(20)));
    assert_eq!(val.len(), 2);
    assert_eq!(by_id("test"), [row(7, "con", "test", (10, 10))]);

    let bytes = story.export("imagefolder");
    let archive = Archive::read(&bytes);
    let names = archive.names();
    for name in [
        "train/a_b/00000001-one.png",
        "train/_unlabelled/00000002-兰博基尼.jpg",
        "val/DOG/00000003-turned.jpg",
        "val/_unlabelled/00000004-=1+1, _quoted_.png",
        "train/dog (2)/00000007-seven.png",
        "test/_con/00000008-a.b.png",
        "test/_unlabelled/",
        "val/cat/",
        "train/metadata.jsonl",
        "classes.txt",
    ] {
        assert!(names.iter().any(|known| known == name), "{name} in {names:?}");
    }
    let turned = archive.entries.iter().find(|entry| entry.name.contains("turned")).unwrap();
    let sent = pictures::jpeg_with_orientation(20, 40, 6);
    assert_eq!(sha256(archive.data(turned)), sha256(&sent), "bytes are as they were uploaded");
}

fn coco_opens_in_pycocotools(db: Db) {
    let story = Story::start(db);
    let (_folder, path) = story.unpacked("coco");
    let found = read_export("coco", &path);
    let classes = json!(["cat", "a/b", "DOG", "dog", "con"]);
    assert_eq!(found["train"]["categories"], classes);
    let train = &found["train"]["images"];
    assert_eq!(train.as_array().unwrap().len(), 3);
    assert_eq!(train[0]["file_name"], "00000001-one.png");
    assert_eq!(train[0]["img_id"], story.images[0]);
    let first = &train[0]["boxes"][0];
    assert_eq!(
        *first,
        json!({"class": "cat", "bbox": [0, 0, 5, 5], "area": 25, "iscrowd": 0,
               "segmentation": [[0, 0, 5, 0, 5, 5, 0, 5]], "mask": {"size": [30, 40], "pixels": 25}})
    );
    let second = &train[0]["boxes"][1];
    assert_eq!((&second["class"], &second["bbox"]), (&json!("a/b"), &json!([10, 5, 20, 10.5])));
    assert_eq!(second["area"], 210);
    assert_eq!(train[1]["boxes"], json!([]));
    let turned = &found["val"]["images"][0];
    assert_eq!((&turned["width"], &turned["height"]), (&json!(40), &json!(20)), "as displayed");
    assert_eq!(turned["stored"], json!([20, 40]), "the bytes keep their orientation");
    assert_eq!(turned["boxes"][0]["bbox"], json!([30, 0, 10, 20]));
    assert_eq!(turned["boxes"][0]["mask"], json!({"size": [20, 40], "pixels": 200}));
    let boxes = &found["test"]["images"][0]["boxes"];
    assert_eq!((&boxes[0]["class"], &boxes[0]["score"]), (&json!("con"), &json!(0.5)));
    assert!(std::fs::read_to_string(path.join("README.txt")).unwrap().contains("EXIF"));
}

fn yolo_has_labels_beside_images(db: Db) {
    let story = Story::start(db);
    let (_folder, path) = story.unpacked("yolo");
    let found = read_export("yolo", &path);
    assert_eq!((&found["nc"], &found["names"]), (&json!(5), &json!(["cat", "a/b", "DOG", "dog", "con"])));
    let sets = &found["sets"];
    let one = json!([[0.0, 0.0625, 0.083_333_33, 0.125, 0.166_666_67], [1.0, 0.5, 0.341_666_67, 0.5, 0.35]]);
    assert_eq!(sets["train"]["00000001-one.png"], one);
    assert_eq!(sets["train"]["00000002-兰博基尼.jpg"], json!([]));
    assert_eq!(sets["val"]["00000003-turned.jpg"], json!([[2.0, 0.875, 0.5, 0.25, 1.0]]));
    assert_eq!(sets["train"]["00000007-seven.png"], json!([[3.0, 0.5, 0.5, 1.0, 1.0]]));
    assert_eq!(sets["test"]["00000008-a.b.png"][0][0], 4.0);
    assert_eq!(["train", "val", "test"].map(|set| sets[set].as_object().unwrap().len()), [3, 2, 1]);
}

fn csv_has_a_row_for_each_box(db: Db) {
    let story = Story::start(db);
    let answer = story.server.get(&format!("/training/tasks/{}/export?format=csv", story.task)).expect(200);
    assert!(answer.need("content-type").starts_with("text/csv"));
    assert_eq!(answer.need("content-disposition"), "attachment; filename=\"manifest.csv\"");
    let first = answer.text().lines().next().unwrap().to_owned();
    assert_eq!(first, "set,file_name,img_id,img_name,class,x,y,w,h,width,height,sha256");
    let (_folder, path) = crate::support::tools::file_with("manifest.csv", &answer.body);
    let found = read_export("csv", &path);
    let rows = found.as_array().unwrap();
    let names: Vec<&Value> = rows.iter().map(|row| &row["img_name"]).collect();
    assert_eq!(names, ["one.png", "one.png", "兰博基尼", "turned.jpg", ODD_NAME, "seven.png", "a.b.png"]);
    let sha256 = sha256(&pictures::png(40, 30, 1));
    assert_eq!(
        rows[1],
        json!({"set": "train", "file_name": "00000001-one.png", "img_id": story.images[0], "img_name": "one.png",
               "class": "a/b", "x": "10", "y": "5", "w": "20", "h": "10.5", "width": "40", "height": "30", "sha256": sha256})
    );
    assert_eq!((&rows[2]["class"], &rows[2]["x"], &rows[2]["width"]), (&json!(""), &json!(""), &json!("16")));
    assert!(answer.text().contains(r#""=1+1, ""quoted"".png""#), "{}", answer.text());
}

fn webdataset_has_a_sample_for_each_image(db: Db) {
    let story = Story::start(db);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.tar");
    std::fs::write(&path, story.export("webdataset")).unwrap();
    let found = read_export("webdataset", &path);
    let keys: Vec<&String> = found.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["test-8", "train-1", "train-2", "train-7", "val-3", "val-4"]);
    for sample in found.as_object().unwrap().values() {
        assert_eq!(sample["kinds"], json!(["jpg", "json"]), "one ending for all, whatever a picture is");
    }
    let sample = &found["test-8"]["json"];
    assert_eq!(
        (&sample["img_name"], &sample["class"], &sample["set"]),
        (&json!("a.b.png"), &json!("con"), &json!("test"))
    );
    let annotation = |key: &str| -> Value {
        serde_json::from_str(found[key]["json"]["annotation"].as_str().expect("a string")).unwrap()
    };
    let sent = json!({"objects": [{"class": "con", "bbox": [0, 0, 1, 1], "score": 0.5}], "mine": [1.0, "图"]});
    assert_eq!(annotation("test-8"), sent);
    assert_eq!(annotation("train-2"), Value::Null);
    let listed = run(program("tar").arg("-tf").arg(&path)).fine().text();
    assert_eq!(listed.lines().count(), 12, "nothing but samples: {listed}");
    run(program("bsdtar").arg("-tf").arg(&path)).fine();
}

fn an_empty_task_has_exports_too(db: Db) {
    let server = Server::start(db);
    let task = server.new_task(&[]);
    for format in ["imagefolder", "coco", "yolo", "csv", "webdataset"] {
        let answer = server.get(&format!("/training/tasks/{task}/export?format={format}")).expect(200);
        assert_eq!(answer.need("content-length"), answer.body.len().to_string(), "{format}");
        let (folder, path) = crate::support::tools::file_with("export", &answer.body);
        if answer.need("content-type") == "application/zip" {
            let to = folder.path().join("unpacked");
            run(program("unzip").arg("-q").arg(&path).arg("-d").arg(&to)).fine();
        } else if format == "webdataset" {
            assert_eq!(read_export(format, &path), json!({}));
        } else {
            assert_eq!(read_export(format, &path), json!([]));
        }
    }
}
