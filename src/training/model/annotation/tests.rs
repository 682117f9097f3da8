use super::*;

fn class(id: i64, class_no: i64, name: &str) -> LabelClass {
    LabelClass { id, class_no, name: name.to_owned(), color: "#112233".to_owned(), order_id: class_no }
}

fn checked(sent: &str) -> Result<Checked, Error> {
    let classes = [class(41, 1, "猫"), class(42, 7, "dog"), class(43, 8, "42")];
    check(sent.as_bytes(), Frame { width: 100, height: 50, classes: &classes })
}

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
    let objects = objects(&kept.doc).unwrap();
    assert_eq!(objects[1], Object { class_no: 7, bbox: [10.5, 0.0, 89.5, 50.0] });
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
