use proptest::prelude::*;

use super::*;

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
    }
}

fn picture(order_id: i64, boxes: usize) -> Picture {
    let object =
        |number: usize| Object { class_no: if number.is_multiple_of(2) { 5 } else { 2 }, bbox: [1.0, 2.5, 4.0, 5.0] };
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
            Chapter::Notes | Chapter::Images => None,
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
fn notes_tell_what_is_left_out() {
    for format in Format::ALL {
        let notes = notes(&facts(format));
        let readme = notes.iter().find(|made| made.name.ends_with("README.txt"));
        assert_eq!(readme.is_none(), format == Format::Csv);
        let text = readme.map(|made| String::from_utf8_lossy(&made.bytes).into_owned()).unwrap_or_default();
        assert!(readme.is_none() || text.contains("not in yet: 4 images") && text.contains("train: 2 images"));
    }
}

#[test]
fn keys_of_samples_have_no_dots() {
    let facts = facts(Format::WebDataset);
    let mut picture = picture(12, 1);
    picture.name = "a.b.c".to_owned();
    assert_eq!(image_entry(&facts, &picture), "train-12.png");
    assert_eq!(beside(&facts, &picture).unwrap().name, "train-12.json");
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
