//! The icons that stand for files without a picture.

/// The SVG for a kind of content (`image`, `video`, … or `broken`).
#[must_use]
pub fn of(kind: &str) -> &'static str {
    match kind {
        "image" => include_str!("../../../static/icons/image.svg"),
        "video" => include_str!("../../../static/icons/video.svg"),
        "audio" => include_str!("../../../static/icons/audio.svg"),
        "text" => include_str!("../../../static/icons/text.svg"),
        "archive" => include_str!("../../../static/icons/archive.svg"),
        "document" => include_str!("../../../static/icons/document.svg"),
        "broken" => include_str!("../../../static/icons/broken.svg"),
        _ => include_str!("../../../static/icons/other.svg"),
    }
}
