//! Tables as CSV: UTF-8, a header line, CRLF, quoting after RFC 4180.

use std::fmt::Write;

use super::{Classes, Picture, Stretch, folder};

/// `metadata.csv` beside the folders of a set's classes.
pub fn metadata(classes: &Classes, at: Stretch, pictures: &[Picture], out: &mut String) {
    if at.is_first {
        out.push_str("file_name,img_id,class,set,width,height\r\n");
    }
    for picture in pictures {
        field(&format!("{}/{}", classes.folder(picture.top_class), picture.file_name()), out);
        let _ = write!(out, ",{},", picture.img_id);
        field(classes.name(picture.top_class), out);
        let _ = write!(out, ",{},{},{}\r\n", folder(picture.set), picture.width, picture.height);
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
