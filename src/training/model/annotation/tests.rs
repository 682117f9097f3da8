use super::*;

fn class(id: i64, class_no: i64, name: &str) -> LabelClass {
    LabelClass { id, class_no, name: name.to_owned(), color: "#112233".to_owned(), order_id: class_no }
}

fn checked(sent: &str) -> Result<Checked, Error> {
    let classes = [class(41, 1, "猫"), class(42, 7, "dog"), class(43, 8, "42")];
    check(sent.as_bytes(), Frame { width: 100, height: 50, classes: &classes })
}

const SIZE: Size = Size { width: 100.0, height: 50.0 };

#[test]
fn a_document_is_kept_to_the_letter_but_for_its_classes() {
    let sent = r#"{"z":1.50,"big":12345678901234567890123,"objects":[{"bbox":[0,0,2,2],"class":"猫","\u0061":[1e2]},
        {"class": 42, "bbox":[10.5, 0, 89.5, 50]},{"class":"42","bbox":[0,0,1,1]},{"class":"41","bbox":[0,0,1,1]}],"a":{"b":null}}"#;
    let kept = checked(sent).unwrap();
    assert_eq!(kept.top_class, Some(7));
    assert_eq!(kept.classes, ",1,7,8,");
    let expected = r#"{"z":1.50,"big":12345678901234567890123,"objects":[{"bbox":[0,0,2,2],"class":{"no":1,"as":"name"},"a":[1e2]},{"class":{"no":7,"as":"id"},"bbox":[10.5, 0, 89.5, 50]},{"class":{"no":8,"as":"name"},"bbox":[0,0,1,1]},{"class":{"no":1,"as":"id"},"bbox":[0,0,1,1]}],"a":{"b":null}}"#;
    assert_eq!(kept.doc, expected);
    // In a copy the ids and even the names are others.
    let classes = [class(91, 1, "cat \"2\""), class(92, 7, "狗"), class(93, 8, "x")];
    let rendered = render(&kept.doc, &classes).unwrap();
    assert!(rendered.contains(r#""class":"cat \"2\"""#) && rendered.contains(r#""class":92"#), "{rendered}");
    assert!(rendered.contains(r#""class":91"#) && rendered.contains("12345678901234567890123"), "{rendered}");
    let objects = objects(&kept.doc, SIZE).unwrap();
    assert_eq!(objects[1], Object { class_no: 7, bbox: [10.5, 0.0, 89.5, 50.0], ..Object::default() });
}

#[test]
fn the_first_of_equal_boxes_counts() {
    let two = r#"{"objects":[{"class":"dog","bbox":[0,0,2,3]},{"class":"猫","bbox":[0,0,3,2]}]}"#;
    assert_eq!(checked(two).unwrap().top_class, Some(7));
    let none = checked(r#"{"objects":[]}"#).unwrap();
    assert_eq!((none.top_class, none.classes.as_str()), (None, ""));
}

#[test]
fn what_is_wrong_is_refused() {
    let object = |object: &str| format!("{{\"objects\":[{object}]}}");
    for bad in [
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"objects":{}}"#.to_owned(),
        r#"{"objects":[],"objects":[]}"#.to_owned(),
        r#"{"objects":[7]}"#.to_owned(),
        r#"{"objects":[]} x"#.to_owned(),
        object(r#"{"bbox":[0,0,1,1]}"#),
        object(r#"{"class":"dog"}"#),
        object(r#"{"class":"dog","class":"dog","bbox":[0,0,1,1]}"#),
        object(r#"{"class":"bird","bbox":[0,0,1,1]}"#),
        object(r#"{"class":40,"bbox":[0,0,1,1]}"#),
        object(r#"{"class":41.0,"bbox":[0,0,1,1]}"#),
        object(r#"{"class":null,"bbox":[0,0,1,1]}"#),
        object(r#"{"class":"dog","bbox":[0,0,1]}"#),
        object(r#"{"class":"dog","bbox":[0,0,1,1,1]}"#),
        object(r#"{"class":"dog","bbox":["0",0,1,1]}"#),
        object(r#"{"class":"dog","bbox":[0,0,1e999,1]}"#),
        object(r#"{"class":"dog","bbox":[0,0,0,1]}"#),
        object(r#"{"class":"dog","bbox":[-1,0,5,5]}"#),
        object(r#"{"class":"dog","bbox":[0,0,101,1]}"#),
        object(r#"{"class":"dog","bbox":[0,49.5,1,0.6]}"#),
    ] {
        assert!(matches!(checked(&bad), Err(Error::Invalid { .. })), "{bad}");
    }
    // A sum of fractions that touches the edge.
    assert!(checked(&object(r#"{"class":"dog","bbox":[99.9,49.7,0.1,0.3]}"#)).is_ok());
}

/// What is kept and told of one object of the class `dog`.
fn one(members: &str) -> (String, Object) {
    let kept = checked(&format!(r#"{{"objects":[{{"class":"dog",{members}}}]}}"#))
        .unwrap_or_else(|e| panic!("{members}: {e}"));
    let object = objects(&kept.doc, SIZE).unwrap().remove(0);
    (kept.doc, object)
}

#[expect(clippy::float_cmp, reason = "figures that are kept as they were given")]
#[test]
fn what_lies_outside_by_a_rounding_is_cut() {
    let (doc, object) = one(r#""bbox":[-0.003,0,50.003,50.01],"segmentation":[[-0.002,0,50,0,50,50.009]]"#);
    assert!(doc.contains(r#""bbox":[0.0,0.0,50.0,50.0]"#) && doc.contains(r"[[0.0,0.0,50.0,0.0,50.0,50.0]]"), "{doc}");
    assert_eq!(object.bbox, [0.0, 0.0, 50.0, 50.0]);
    let (doc, _) = one(r#""bbox":[0, 0.10, 1e1, 5]"#);
    assert!(doc.contains(r#""bbox":[0, 0.10, 1e1, 5]"#), "else it is as it was sent: {doc}");
}

#[test]
fn an_object_may_hold_more_than_a_box() {
    let (_, object) = one(
        r#""bbox":[0,0,9,9],"segmentation":[[0,0,4,0,4,2]],"keypoints":[1,2,2,0,0,0],"iscrowd":1,"score":0.50,"attributes":{"a":[1]}"#,
    );
    let segmentation = object.segmentation.unwrap();
    assert_eq!((segmentation.text.as_str(), segmentation.area), ("[[0,0,4,0,4,2]]", 4.0));
    let keypoints = object.keypoints.unwrap();
    assert_eq!((keypoints.text.as_str(), keypoints.labelled), ("[1,2,2,0,0,0]", 1));
    assert!(object.iscrowd);
    assert_eq!((object.score.as_deref(), object.attributes.as_deref()), (Some("0.50"), Some(r#"{"a":[1]}"#)));
    // What tools write where there is nothing.
    let nothing = r#""bbox":[0,0,9,9],"segmentation":[],"keypoints":[],"iscrowd":0,"score":null,"attributes":null"#;
    assert_eq!(one(nothing).1, Object { class_no: 7, bbox: [0.0, 0.0, 9.0, 9.0], ..Object::default() });
}

#[expect(clippy::float_cmp, reason = "figures that are kept as they were given")]
#[test]
fn a_box_follows_from_rings_and_masks() {
    assert_eq!(one(r#""segmentation":[[1,2,5,2,5,9],[7,3,8,3,8,4]]"#).1.bbox, [1.0, 2.0, 7.0, 7.0]);
    // 100 × 50: the third column, and the first ten pixels of the fourth.
    let (_, object) = one(r#""bbox":null,"segmentation":{"size":[50,100],"counts":[100,60,4840]}"#);
    assert_eq!((object.bbox, object.segmentation.unwrap().area), ([2.0, 0.0, 2.0, 50.0], 60.0));
}

#[test]
fn the_corners_of_a_box_are_no_ring() {
    let ring = |ring: &str| one(&format!(r#""bbox":[1,2,3,4],"segmentation":[{ring}]"#)).1.segmentation;
    assert_eq!(ring("[1,2,4,2,4,6,1,6]"), None);
    assert_eq!(ring("[4,6,4.0,2,1,2,1,6]"), None);
    for other in ["[1,2,4,2,4,6]", "[1,2,4,2,1,6,4,6]", "[1,2,4,2,4,6,1,5]", "[1,2,4,2,4,6,1,6],[1,2,4,2,4,6]"] {
        assert!(ring(other).is_some(), "{other}");
    }
}

#[test]
fn what_an_object_cannot_hold_is_refused() {
    for bad in [
        r#""segmentation":[]"#,
        r#""bbox":null"#,
        r#""bbox":[0,0,1,0.0009]"#,
        r#""bbox":[0,0,1e-7,1]"#,
        r#""bbox":[0,0,NaN,1]"#,
        r#""bbox":[0,0,Infinity,1]"#,
        r#""bbox":[0,0,1e308,1]"#,
        r#""bbox":[-1e308,0,1e308,1]"#,
        r#""bbox":[0,0,true,1]"#,
        r#""bbox":"0,0,1,1""#,
        r#""bbox":{"x":0}"#,
        r#""bbox":[0,0,1,1],"bbox":[0,0,1,1]"#,
        r#""bbox":[0,0,1,1],"segmentation":[1,2,3,4,5,6]"#,
        r#""bbox":[0,0,1,1],"segmentation":[[1,2,3,4]]"#,
        r#""bbox":[0,0,1,1],"segmentation":[[1,2,3,4,5,6,7]]"#,
        r#""bbox":[0,0,1,1],"segmentation":[[1,2,3,4,5,-6]]"#,
        r#""bbox":[0,0,1,1],"segmentation":[["1",2,3,4,5,6]]"#,
        r#""bbox":[0,0,1,1],"segmentation":"0hm2""#,
        r#""bbox":[0,0,1,1],"segmentation":{"size":[100,50],"counts":[5000]}"#,
        r#""bbox":[0,0,1,1],"segmentation":{"size":[50,100],"counts":[4999]}"#,
        r#""bbox":[0,0,1,1],"segmentation":{"size":[50,100],"counts":"0hm2"}"#,
        r#""bbox":[0,0,1,1],"segmentation":{"size":[50,100]}"#,
        r#""segmentation":{"size":[50,100],"counts":[5000]}"#,
        r#""segmentation":[[1,2,1,3,1,4]]"#,
        r#""bbox":[0,0,1,1],"keypoints":[1,2]"#,
        r#""bbox":[0,0,1,1],"keypoints":[1,2,3]"#,
        r#""bbox":[0,0,1,1],"iscrowd":2"#,
        r#""bbox":[0,0,1,1],"iscrowd":"1""#,
        r#""bbox":[0,0,1,1],"score":1.01"#,
        r#""bbox":[0,0,1,1],"score":"high""#,
        r#""bbox":[0,0,1,1],"attributes":[]"#,
    ] {
        let sent = format!(r#"{{"objects":[{{"class":"dog",{bad}}}]}}"#);
        assert!(matches!(checked(&sent), Err(Error::Invalid { .. })), "{bad}");
    }
}

#[test]
fn documents_of_older_servers_are_told_as_far_as_they_go() {
    let old = r#"{"objects":[{"class":{"no":7,"as":"name"},"bbox":[99.5,0,0.5000009,1e-7],"segmentation":"none"}]}"#;
    let object = objects(old, SIZE).unwrap().remove(0);
    assert_eq!(object, Object { class_no: 7, bbox: [99.5, 0.0, 0.5, 1e-7], ..Object::default() });
}

#[test]
fn deep_nesting_is_refused() {
    let deep = |levels: usize| format!(r#"{{"objects":[],"x":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert!(checked(&deep(99)).is_ok());
    assert!(checked(&deep(100)).is_err());
    assert!(checked(&deep(1_000_000)).is_err());
    assert!(checked(r#"{"objects":[],"x":"[[[[\"[[["}"#).is_ok());
}

#[test]
fn mongo_ids_are_24_hex_digits() {
    let id = mongo_id(1_700_000_000_123, Id(2_023_111_400_000_000_001));
    assert_eq!(id.len(), 24);
    assert_eq!(id, format!("6553f100{:016x}", 2_023_111_400_000_000_001_i64));
}
