//! `instances_<set>.json` as COCO has it: images, annotations, categories.
//!
//! Ids follow from an image's place alone, so that any stretch can be written by itself: an image's
//! id is its `order_id`, a category's its place from 1.

use std::fmt::Write;

use super::{Classes, Facts, Picture, Stretch};
use crate::training::model::annotation::Object;

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
            if is_flat(object) {
                continue;
            }
            separate(&mut has_before, out);
            let (id, image, category) = (picture.order_id * BOXES + number, picture.order_id, place + 1);
            let _ = write!(out, "{{\"id\":{id},\"image_id\":{image},\"category_id\":{category},");
            annotation(object, out);
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

/// What an annotation says of its object, to its closing brace. A plain box is a polygon of its four corners: readers
/// make a mask of every annotation.
fn annotation(object: &Object, out: &mut String) {
    let [x, y, w, h] = object.bbox;
    let (right, bottom, crowd) = (x + w, y + h, u8::from(object.iscrowd));
    let _ = write!(out, "\"bbox\":[{x},{y},{w},{h}],\"iscrowd\":{crowd},");
    let _ = match &object.segmentation {
        Some(segmentation) => write!(out, "\"area\":{},\"segmentation\":{}", segmentation.area, segmentation.text),
        None => {
            write!(out, "\"area\":{},\"segmentation\":[[{x},{y},{right},{y},{right},{bottom},{x},{bottom}]]", w * h)
        }
    };
    if let Some(keypoints) = &object.keypoints {
        let _ = write!(out, ",\"keypoints\":{},\"num_keypoints\":{}", keypoints.text, keypoints.labelled);
    }
    for (name, text) in [("score", &object.score), ("attributes", &object.attributes)] {
        if let Some(text) = text {
            let _ = write!(out, ",\"{name}\":{text}");
        }
    }
    out.push('}');
}

/// Whether its four corners aren't four points: at large coordinates a tiny side is lost in the sum.
pub fn is_flat(object: &Object) -> bool {
    let [x, y, w, h] = object.bbox;
    x + w <= x || y + h <= y
}

fn separate(has_before: &mut bool, out: &mut String) {
    out.push_str(if *has_before { ",\n" } else { "\n" });
    *has_before = true;
}

/// As a JSON string.
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
