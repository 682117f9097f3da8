//! Tables: as CSV (UTF-8, a header line, CRLF, quoting after RFC 4180) and as JSON Lines.

use std::fmt::Write;

use super::coco::quoted;
use super::{Classes, Picture, Stretch, folder};

/// `metadata.jsonl` beside the folders of a set's classes: an object a line, with the same types in each.
pub fn metadata(classes: &Classes, pictures: &[Picture], out: &mut String) {
    for picture in pictures {
        let name = quoted(&format!("{}/{}", classes.folder(picture.top_class), picture.file_name()));
        let class = quoted(classes.name(picture.top_class));
        let Picture { img_id, width, height, .. } = picture;
        let set = folder(picture.set);
        let _ = writeln!(
            out,
            "{{\"file_name\":{name},\"img_id\":\"{img_id}\",\"class\":{class},\"set\":\"{set}\",\
             \"width\":{width},\"height\":{height}}}"
        );
    }
}

/// `manifest.csv`: one row a box, one for an image without.
pub fn manifest(classes: &Classes, at: Stretch, pictures: &[Picture], out: &mut String) {
    if at.is_first {
        out.push_str("set,file_name,img_id,img_name,class,x,y,w,h,width,height,sha256\r\n");
    }
    for picture in pictures {
        let mut before = format!("{},", folder(picture.set));
        field(&picture.file_name(), &mut before);
        let _ = write!(before, ",{},", picture.img_id);
        field(&picture.name, &mut before);
        let behind = format!(",{},{},{}\r\n", picture.width, picture.height, picture.sha256);
        for object in &picture.boxes {
            out.push_str(&before);
            out.push(',');
            field(classes.name(Some(object.class_no)), out);
            let [x, y, w, h] = object.bbox;
            let _ = write!(out, ",{x},{y},{w},{h}");
            out.push_str(&behind);
        }
        if picture.boxes.is_empty() {
            out.push_str(&before);
            out.push_str(",,,,,");
            out.push_str(&behind);
        }
    }
}

/// Writes a field, in quotes where it needs them or might be taken for a formula.
fn field(text: &str, out: &mut String) {
    let is_plain = !text.contains(['"', ',', '\r', '\n']) && !text.starts_with(['=', '+', '-', '@', ' ', '\t']);
    if is_plain {
        out.push_str(text);
        return;
    }
    out.push('"');
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must() {
        for (text, written) in [
            ("", ""),
            ("plain 图", "plain 图"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "\"=1+1\""),
        ] {
            let mut out = String::new();
            field(text, &mut out);
            assert_eq!(out, written);
        }
    }
}
