use proptest::prelude::*;

use super::*;
use crate::platform::ids::Id;
use crate::training::model::annotation::Object;
use crate::training::model::{ImageType, LabelClass};

fn class(no: i64, name: &str) -> LabelClass {
    LabelClass { id: no + 100, class_no: no, name: name.to_owned(), color: "#112233".to_owned(), order_id: no }
}

fn facts(format: Format) -> Facts {
    Facts {
        task_id: Id(9),
        task_name: "a \"task\"".to_owned(),
        created_at: 0,
        format,
        // Numbers are those of the database; places count from 0 all the same.
        classes: Classes::new(vec![class(5, "cat"), class(2, "yes: \"no\"\n")]),
        counts: [2, 0, 1],
        left_out: 4,
        has_unlabelled: false,
        kinds: vec![ImageType::Png],
        tally: Tally { flat: 3, reduced: 2 },
    }
}

fn picture(order_id: i64, boxes: usize) -> Picture {
    let object = |number: usize| Object {
        class_no: if number.is_multiple_of(2) { 5 } else { 2 },
        bbox: [1.0, 2.5, 4.0, 5.0],
        ..Object::default()
    };
    Picture {
        order_id,
        img_id: Id(1000 + order_id),
        name: format!("{order_id}.png"),
        kind: ImageType::Png,
        set: Set::Training,
        width: 10,
        height: 20,
        create_time: 0,
        sha256: "ab".repeat(32),
        size: 1,
        crc32: 0,
        top_class: (boxes > 0).then_some(5),
        boxes: (0..boxes).map(object).collect(),
        document: None,
    }
}

/// What the passes write when the pictures come in these stretches.
fn written(facts: &Facts, passes: &[Pass], stretches: &[Vec<Picture>]) -> String {
    let mut out = String::new();
    for pass in passes {
        let mut has_before = false;
        for (number, pictures) in stretches.iter().enumerate() {
            let at = Stretch { is_first: number == 0, is_last: number + 1 == stretches.len(), has_before };
            has_before = write(facts, *pass, at, pictures, &mut out);
        }
    }
    out
}

fn made(format: Format) -> Vec<Vec<Pass>> {
    let chapters = format.chapters(&Set::ALL).into_iter();
    chapters
        .filter_map(|chapter| match chapter {
            Chapter::Made { passes, .. } => Some(passes),
            Chapter::Notes | Chapter::Images | Chapter::Readme => None,
        })
        .collect()
}

proptest! {
    #[test]
    fn stretches_may_be_cut_anywhere(boxes in proptest::collection::vec(0_usize..3, 0..12), cut in 0_usize..12) {
        let pictures: Vec<Picture> = (1..).zip(&boxes).map(|(order, count)| picture(order, *count)).collect();
        let (early, late) = pictures.split_at(cut.min(pictures.len()));
        for format in [Format::ImageFolder, Format::Coco, Format::Csv] {
            let facts = facts(format);
            for passes in made(format) {
                let whole = written(&facts, &passes, std::slice::from_ref(&pictures));
                prop_assert_eq!(&written(&facts, &passes, &[early.to_vec(), late.to_vec()]), &whole);
                if format == Format::Coco {
                    let json: serde_json::Value = serde_json::from_str(&whole).unwrap();
                    let count = |name: &str| json[name].as_array().unwrap().len();
                    prop_assert_eq!((count("images"), count("annotations")), (boxes.len(), boxes.iter().sum()));
                }
            }
        }
    }
}

#[test]
fn ids_in_coco_are_distinct_and_exact() {
    let facts = facts(Format::Coco);
    let far = 8_000_000_000;
    let text = written(&facts, &made(Format::Coco)[0], &[vec![picture(1, 3), picture(far, 2)]]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let ids: Vec<i64> = json["annotations"].as_array().unwrap().iter().map(|a| a["id"].as_i64().unwrap()).collect();
    assert_eq!(ids[..3], [(1 << 20) + 1, (1 << 20) + 2, (1 << 20) + 3]);
    assert!(ids.iter().all(|id| *id < 1 << 53));
    let categories: Vec<i64> =
        json["annotations"].as_array().unwrap().iter().map(|a| a["category_id"].as_i64().unwrap()).collect();
    assert_eq!(categories, [1, 2, 1, 1, 2], "by the place of the class, not by its number");
}

#[test]
fn names_in_yaml_are_quoted() {
    let notes = notes(&facts(Format::Yolo));
    let yaml = notes.iter().find(|made| made.name == "data.yaml").unwrap();
    let text = String::from_utf8(yaml.bytes.clone()).unwrap();
    let expected = "train: images/train\nval: images/val\ntest: images/test\nnc: 2\nnames:\n  0: \"cat\"\n  1: \"yes: \\\"no\\\"\\u000a\"\n";
    assert_eq!(text, expected);
}

#[test]
fn a_readme_tells_what_is_left_out() {
    for format in [Format::ImageFolder, Format::Coco, Format::Yolo] {
        let text = String::from_utf8(readme(&facts(format)).bytes).unwrap();
        assert!(text.contains("not in yet: 4 images") && text.contains("train: 2 images"), "{text}");
        let has_boxes = format != Format::ImageFolder;
        assert_eq!(text.contains("of this format: 3 boxes"), has_boxes, "{text}");
        assert_eq!(text.contains("keypoints, score …): 2"), format == Format::Yolo, "{text}");
    }
    for format in Format::ALL {
        let is_zip = format.form() == Form::Zip;
        assert_eq!(format.chapters(&[]).contains(&Chapter::Readme), is_zip);
        assert_eq!(notes(&facts(format)).iter().any(|made| made.name == "classes.txt"), is_zip);
    }
}

#[test]
fn each_set_has_a_folder_for_each_class() {
    let names = |facts: &Facts| -> Vec<String> {
        notes(facts).into_iter().map(|made| made.name).filter(|name| name.ends_with('/')).collect()
    };
    let mut facts = facts(Format::ImageFolder);
    let of = |set: &str| [format!("{set}/"), format!("{set}/cat/"), format!("{set}/yes_ _no__/")];
    assert_eq!(names(&facts), [of("train"), of("val"), of("test")].concat());
    facts.has_unlabelled = true;
    assert_eq!(names(&facts).iter().filter(|name| name.ends_with("/_unlabelled/")).count(), 3);
    facts.format = Format::Yolo;
    assert!(names(&facts).contains(&"images/val/".to_owned()) && names(&facts).contains(&"labels/val/".to_owned()));
}

#[test]
fn a_class_is_a_line() {
    let text = texts::classes(&facts(Format::Coco).classes);
    assert_eq!(text, "cat\nyes: \"no\" \n");
}

#[test]
fn what_has_no_area_in_a_format_is_left_out() {
    let object = |bbox| Object { class_no: 5, bbox, ..Object::default() };
    let mut picture = picture(1, 0);
    (picture.width, picture.height) = (1_000_000, 10);
    // The second is wide enough for eight digits of a share, the third for a sum of fractions only.
    picture.boxes =
        vec![object([0.0, 0.0, 0.001, 5.0]), object([0.0, 0.0, 0.01, 5.0]), object([900_000.0, 0.0, 1e-12, 5.0])];
    let yolo = texts::yolo_labels(&facts(Format::Yolo).classes, &picture);
    assert_eq!(yolo, "0 0.00000001 0.25000000 0.00000001 0.50000000\n");
    let of = |format| Tally::of(format, std::slice::from_ref(&picture));
    assert_eq!(of(Format::Yolo), Tally { flat: 2, reduced: 0 });
    assert_eq!(of(Format::Coco), Tally { flat: 1, reduced: 0 });
    let coco: serde_json::Value =
        serde_json::from_str(&written(&facts(Format::Coco), &made(Format::Coco)[0], &[vec![picture]])).unwrap();
    assert_eq!(coco["annotations"].as_array().unwrap().len(), 2);
}

#[test]
fn coco_says_what_the_annotation_says() {
    let kept = r#"{"objects":[{"class":{"no":5,"as":"name"},"bbox":[1,2,4,5]},
        {"class":{"no":2,"as":"id"},"bbox":[0,0,9,9],"segmentation":[[0,0,4,0,4,2]],"iscrowd":1,"score":0.50,
         "keypoints":[1,2,2,0,0,0],"attributes":{"a":"b"}},
        {"class":{"no":2,"as":"id"},"segmentation":{"size":[20,10],"counts":[20,20,160]},"iscrowd":1}]}"#;
    let mut picture = picture(1, 0);
    picture.boxes =
        crate::training::model::annotation::objects(kept, crate::training::model::annotation::Size::of(10, 20))
            .unwrap();
    assert_eq!(Tally::of(Format::Yolo, std::slice::from_ref(&picture)), Tally { flat: 0, reduced: 2 });
    let text = written(&facts(Format::Coco), &made(Format::Coco)[0], &[vec![picture]]);
    assert!(text.contains("\"score\":0.50"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let told = json["annotations"].as_array().unwrap();
    let member = |place: usize, name: &str| told[place][name].to_string();
    let all = |name: &str| [0, 1, 2].map(|place| member(place, name));
    assert_eq!(all("iscrowd"), ["0", "1", "1"]);
    assert_eq!(all("area"), ["20", "4", "20"]);
    assert_eq!(all("bbox"), ["[1,2,4,5]", "[0,0,9,9]", "[1,0,1,20]"]);
    assert_eq!(member(0, "segmentation"), "[[1,2,5,2,5,7,1,7]]");
    assert_eq!(member(1, "segmentation"), "[[0,0,4,0,4,2]]");
    assert_eq!(member(2, "segmentation"), r#"{"counts":[20,20,160],"size":[20,10]}"#);
    assert_eq!((member(1, "keypoints"), member(1, "num_keypoints")), ("[1,2,2,0,0,0]".to_owned(), "1".to_owned()));
    assert_eq!(member(1, "attributes"), r#"{"a":"b"}"#);
    assert!(told[0].get("score").is_none() && told[0].get("keypoints").is_none(), "no constants");
}

#[test]
fn keys_of_samples_have_no_dots() {
    let facts = facts(Format::WebDataset);
    let mut picture = picture(12, 1);
    picture.name = "a.b.c".to_owned();
    assert_eq!(image_entry(&facts, &picture), "train-12.png");
    // One ending for the whole tar, whatever a picture is.
    let mixed = Facts { kinds: vec![ImageType::Png, ImageType::Jpeg], ..facts.clone() };
    assert_eq!(image_entry(&mixed, &picture), "train-12.jpg");
    assert_eq!(beside(&facts, &picture).unwrap().name, "train-12.json");
}

#[test]
fn samples_have_the_same_types() {
    let classes = facts(Format::WebDataset).classes;
    let told = |document: Option<&str>, boxes| -> serde_json::Value {
        let picture = Picture { document: document.map(str::to_owned), ..picture(1, boxes) };
        serde_json::from_str(&texts::sample(&classes, &picture)).unwrap()
    };
    let (with, without) = (told(Some(r#"{"objects":[{"bbox":[0,1,2.5,"图"]}]}"#), 1), told(None, 0));
    for (name, value) in with.as_object().unwrap() {
        assert_eq!(std::mem::discriminant(value), std::mem::discriminant(&without[name]), "{name}");
    }
    assert_eq!(with["annotation"], r#"{"objects":[{"bbox":[0,1,2.5,"图"]}]}"#);
    assert_eq!((&without["annotation"], &without["class"]), (&"null".into(), &"".into()));
}

#[test]
fn boxes_become_shares_of_the_picture() {
    let made = beside(&facts(Format::Yolo), &picture(3, 2)).unwrap();
    assert_eq!(made.name, "labels/train/00000003-3.txt");
    let text = String::from_utf8(made.bytes).unwrap();
    assert_eq!(text, "0 0.30000000 0.25000000 0.40000000 0.25000000\n1 0.30000000 0.25000000 0.40000000 0.25000000\n");
}

#[test]
fn formats_have_their_names() {
    for format in Format::ALL {
        assert_eq!(Format::parse(format.name()), Some(format));
    }
    assert_eq!(Format::parse("COCO"), None);
    assert_eq!(Format::Coco.download_name("a/b"), "a_b-coco.zip");
}
