//! The small texts of exports: labels of one image, and notes about the whole.

use std::fmt::Write;

use super::coco::quoted;
use super::{Classes, Facts, Format, Picture, folder};
use crate::training::model::Set;

/// One line a box: the class from 0 by `order_id`, then centre, width and height as shares of the
/// picture's.
pub fn yolo_labels(classes: &Classes, picture: &Picture) -> String {
    let share = |length: f64, side: i64| {
        let side = i32::try_from(side).map_or(1.0, f64::from);
        (length / side).clamp(0.0, 1.0)
    };
    let mut out = String::new();
    for object in &picture.boxes {
        let Some(place) = classes.place(object.class_no) else {
            continue;
        };
        let [x, y, w, h] = object.bbox;
        let (across, down) = (share(x + w / 2.0, picture.width), share(y + h / 2.0, picture.height));
        let (wide, high) = (share(w, picture.width), share(h, picture.height));
        let _ = writeln!(out, "{place} {across:.8} {down:.8} {wide:.8} {high:.8}");
    }
    out
}

/// What a sample's `.json` tells of its image.
pub fn sample(classes: &Classes, picture: &Picture) -> String {
    let class = picture.top_class.map(|_| quoted(classes.name(picture.top_class)));
    let class = class.as_deref().unwrap_or("null");
    let annotation = picture.document.as_deref().unwrap_or("null");
    let Picture { order_id, img_id, width, height, sha256, .. } = picture;
    let (name, set) = (quoted(&picture.name), folder(picture.set));
    format!(
        "{{\"img_id\":\"{img_id}\",\"img_name\":{name},\"order_id\":{order_id},\"set\":\"{set}\",\"class\":{class},\
         \"width\":{width},\"height\":{height},\"sha256\":\"{sha256}\",\"annotation\":{annotation}}}\n"
    )
}

/// `data.yaml`: where the sets are, and the names of the classes.
pub fn data_yaml(facts: &Facts) -> String {
    let mut out = String::new();
    for set in Set::ALL {
        // Trainers ask for these two even where nothing is in them.
        if set != Set::Testing || facts.sets().contains(&set) {
            let _ = writeln!(out, "{0}: images/{0}", folder(set));
        }
    }
    let classes = facts.classes.list();
    let _ = writeln!(out, "nc: {}", classes.len());
    out.push_str(if classes.is_empty() { "names: {}\n" } else { "names:\n" });
    for (place, class) in classes.iter().enumerate() {
        let _ = writeln!(out, "  {place}: {}", yaml_quoted(&class.name));
    }
    out
}

/// As a YAML string in double quotes (YAML 1.1): what isn't printable there is escaped.
fn yaml_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~'
            | '\u{A0}'..='\u{2027}'
            | '\u{202A}'..='\u{D7FF}'
            | '\u{E000}'..='\u{FEFE}'
            | '\u{FF00}'..='\u{FFFD}'
            | '\u{10000}'..='\u{10FFFF}' => out.push(c),
            _ => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

/// `README.txt`: what is in it, and what isn't.
pub fn readme(facts: &Facts) -> String {
    let mut out = String::new();
    let Facts { task_name, task_id, format, left_out, .. } = facts;
    let _ = writeln!(out, "{task_name} (task {task_id}), exported by granary as {}.\n", format.name());
    for (set, count) in Set::ALL.into_iter().zip(facts.counts) {
        let _ = writeln!(out, "{}: {count} images", folder(set));
    }
    let _ = writeln!(out, "left out, because their bytes are not in yet: {left_out} images");
    let _ = writeln!(out, "因字节尚未上传而未包含的图像：{left_out} 张\n");
    out.push_str(match format {
        Format::ImageFolder => {
            "<set>/<class>/<file>: an image stands under the class of its largest box, without one under\n\
             _unlabelled. metadata.csv in the folder of each set tells of its images. Names of folders are\n\
             mended where a file system would not take the name of the class.\n"
        }
        Format::Coco => {
            "annotations/instances_<set>.json: images, boxes and classes. images/<set>: the images.\n\
             A category's id is its place among the classes, from 1.\n"
        }
        Format::Yolo => {
            "data.yaml: the sets and classes. images/<set>: the images. labels/<set>: one line a box: class\n\
             from 0, then centre, width and height as shares of the image's width and height.\n"
        }
        Format::WebDataset => "<set>-<order_id>.jpg, .png or .bmp is an image, the .json beside it tells of it.\n",
        Format::Csv => "",
    });
    out.push_str(
        "\nFiles are as they were uploaded. Boxes, widths and heights are those of the picture as displayed:\n\
         a reader must apply the EXIF orientation of a JPEG before it draws or crops.\n",
    );
    out
}
