//! The small texts of exports: labels of one image, and notes about the whole.

use std::fmt::Write;

use super::coco::quoted;
use super::{Classes, Facts, Format, Picture, Tally, folder};
use crate::training::model::Set;
use crate::training::model::annotation::Object;

/// One line a box: the class from 0 by `order_id`, then centre, width and height as shares of the
/// picture's.
pub fn yolo_labels(classes: &Classes, picture: &Picture) -> String {
    let mut out = String::new();
    for object in &picture.boxes {
        if let (Some(place), Some(text)) = (classes.place(object.class_no), yolo_box(object, picture)) {
            let _ = writeln!(out, "{place} {text}");
        }
    }
    out
}

/// Centre, width and height of a box; `None` where eight digits leave nothing of its area.
pub fn yolo_box(object: &Object, picture: &Picture) -> Option<String> {
    let share = |length: f64, side: i64| {
        let side = i32::try_from(side).map_or(1.0, f64::from);
        format!("{:.8}", (length / side).clamp(0.0, 1.0))
    };
    let [x, y, w, h] = object.bbox;
    let (across, down) = (share(x + w / 2.0, picture.width), share(y + h / 2.0, picture.height));
    let (wide, high) = (share(w, picture.width), share(h, picture.height));
    let has_area = [&wide, &high].iter().all(|share| share.bytes().any(|digit| (b'1'..=b'9').contains(&digit)));
    has_area.then(|| format!("{across} {down} {wide} {high}"))
}

/// What a sample's `.json` tells of its image. Each member is of the same type in every sample, since readers take the
/// types of the first few for those of all: the annotation, which may hold anything, is JSON within a string.
pub fn sample(classes: &Classes, picture: &Picture) -> String {
    let class = quoted(classes.name(picture.top_class));
    let annotation = quoted(picture.document.as_deref().unwrap_or("null"));
    let Picture { order_id, img_id, width, height, sha256, .. } = picture;
    let (name, set) = (quoted(&picture.name), folder(picture.set));
    format!(
        "{{\"img_id\":\"{img_id}\",\"img_name\":{name},\"order_id\":{order_id},\"set\":\"{set}\",\"class\":{class},\
         \"width\":{width},\"height\":{height},\"sha256\":\"{sha256}\",\"annotation\":{annotation}}}\n"
    )
}

/// `classes.txt`: a name a line, by `order_id`. What would end a line is a blank.
pub fn classes(classes: &Classes) -> String {
    let line = |name: &str| -> String {
        let ends = |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
        name.chars().map(|c| if ends(c) { ' ' } else { c }).chain(['\n']).collect()
    };
    classes.list().iter().map(|class| line(&class.name)).collect()
}

/// `data.yaml`: where the sets are, and the names of the classes.
pub fn data_yaml(facts: &Facts) -> String {
    let mut out = String::new();
    // A set without images has its folder, too. Without `path` they are found beside this file.
    for set in Set::ALL.map(folder) {
        let _ = writeln!(out, "{set}: images/{set}");
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
    let Facts { task_name, task_id, format, left_out, tally, .. } = facts;
    let _ = writeln!(out, "{task_name} (task {task_id}), exported by granary as {}.\n", format.name());
    for (set, count) in Set::ALL.into_iter().zip(facts.counts) {
        let _ = writeln!(out, "{}: {count} images", folder(set));
    }
    let _ = writeln!(out, "left out, because their bytes are not in yet: {left_out} images");
    let _ = writeln!(out, "因字节尚未上传而未包含的图像：{left_out} 张");
    let Tally { flat, reduced } = tally;
    if matches!(format, Format::Coco | Format::Yolo) {
        let _ = writeln!(out, "left out, because they have no area in the precision of this format: {flat} boxes");
        let _ = writeln!(out, "因在此格式的精度下没有面积而未包含的框：{flat} 个");
    }
    if *format == Format::Yolo {
        let _ = writeln!(out, "objects of which only the box is here (no segmentation, keypoints, score …): {reduced}");
        let _ = writeln!(out, "只包含框的对象（分割、关键点、分数等未包含）：{reduced} 个");
    }
    out.push('\n');
    out.push_str(match format {
        Format::ImageFolder => IMAGE_FOLDER,
        Format::Coco => COCO,
        Format::Yolo => YOLO,
        Format::WebDataset | Format::Csv => "",
    });
    out.push_str(BYTES);
    out
}

const IMAGE_FOLDER: &str = "\
<set>/<class>/<file>: an image stands under the class of its largest box, without one under
_unlabelled. metadata.jsonl in the folder of each set that has images tells of them. Names of
folders are mended where a file system or a reader would not take the name of the class.
classes.txt: the names of the classes, one a line.
Each set has a folder for each class, be it empty, so that classes are numbered alike:

    datasets.load_dataset(\"imagefolder\", data_dir=\".\")
    torchvision.datasets.ImageFolder(\"val\", allow_empty=True)
";

const COCO: &str = "\
annotations/instances_<set>.json: images, annotations and classes. images/<set>: the images.
A category's id is its place among the classes (classes.txt, one a line), from 1. An object that
is but a box has the polygon of its four corners.
";

const YOLO: &str = "\
data.yaml: the sets and classes. images/<set>: the images. labels/<set>: one line a box: class
from 0 (its line in classes.txt), then centre, width and height as shares of the image's width
and height. Trainers want one class at least.
";

const BYTES: &str = "
Files are as they were uploaded. Boxes, widths and heights are those of the picture as displayed:
a reader must apply the EXIF orientation of a JPEG before it draws or crops.
";
