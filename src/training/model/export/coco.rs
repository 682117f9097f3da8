//! `instances_<set>.json` as COCO has it: images, annotations, categories.
//!
//! Ids follow from an image's place alone, so that any stretch can be written by itself: an image's
//! id is its `order_id`, a category's its place from 1.

use std::fmt::Write;

use super::{Classes, Facts, Picture, Stretch};

/// More boxes than a document of 16 MiB can hold; with it ids stay below 2^53.
const BOXES: i64 = 1 << 20;

/// The beginning of the file, and `images`.
pub fn images(facts: &Facts, at: Stretch, pictures: &[Picture], out: &mut String) -> bool {
    if at.is_first {
        let name = quoted(&facts.task_name);
        let _ = write!(out, "{{\"info\":{{\"description\":{name},\"version\":\"1.0\"}},\"licenses\":[],\n\"images\":[");
    }
    let mut has_before = at.has_before;
    for picture in pictures {
        separate(&mut has_before, out);
        let Picture { order_id, img_id, width, height, .. } = picture;
        let file_name = quoted(&picture.file_name());
        let _ = write!(
            out,
            "{{\"id\":{order_id},\"file_name\":{file_name},\"width\":{width},\"height\":{height},\"img_id\":\"{img_id}\"}}"
        );
    }
    if at.is_last {
        out.push_str("],\n");
    }
    has_before
}

/// `annotations`, then `categories` and the end of the file.
pub fn boxes(classes: &Classes, at: Stretch, pictures: &[Picture], out: &mut String) -> bool {
    if at.is_first {
        out.push_str("\"annotations\":[");
    }
    let mut has_before = at.has_before;
    for picture in pictures {
        for (number, object) in (1..).zip(&picture.boxes) {
            let Some(place) = classes.place(object.class_no) else {
                continue;
            };
            separate(&mut has_before, out);
            let [x, y, w, h] = object.bbox;
            let (id, image, category) = (picture.order_id * BOXES + number, picture.order_id, place + 1);
            let area = w * h;
            let _ = write!(
                out,
                "{{\"id\":{id},\"image_id\":{image},\"category_id\":{category},\"bbox\":[{x},{y},{w},{h}],\"area\":{area},\
                 \"iscrowd\":0,\"segmentation\":[]}}"
            );
        }
    }
    if at.is_last {
        out.push_str("],\n\"categories\":[");
        let mut has_before = false;
        for (id, class) in (1..).zip(classes.list()) {
            separate(&mut has_before, out);
            let _ = write!(out, "{{\"id\":{id},\"name\":{},\"supercategory\":\"\"}}", quoted(&class.name));
        }
        out.push_str("]}\n");
    }
    has_before
}

fn separate(has_before: &mut bool, out: &mut String) {
    out.push_str(if *has_before { ",\n" } else { "\n" });
    *has_before = true;
}

/// As a JSON string.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
