//! Which answers are compressed, and for whom (RFC 9110 §8.4 and §12.5.3).
//!
//! Texts of our own are: pages, style sheets, scripts, JSON. Pictures are compressed already, and whatever can be asked
//! for in part keeps its bytes, so that a range stays what it is.

use rocket::http::{HeaderMap, MediaType};

/// A shorter text gains less than its head grows.
const SHORTEST: u64 = 1024;

/// Whether the answer could be compressed: then it varies by `Accept-Encoding`, whoever asks.
pub(super) fn is_text_of_ours(headers: &HeaderMap<'_>, length: Option<u64>) -> bool {
    let is_short = length.is_some_and(|length| length < SHORTEST);
    let is_kept = ["Accept-Ranges", "Content-Range", "Content-Encoding"].iter().any(|name| headers.contains(name));
    let media = headers.get_one("Content-Type").and_then(|value| value.parse::<MediaType>().ok());
    !is_short && !is_kept && media.is_some_and(|media| is_text(&media))
}

fn is_text(media: &MediaType) -> bool {
    let (top, sub) = (media.top().as_str(), media.sub().as_str());
    match top {
        // Events are to arrive one by one.
        "text" => sub != "event-stream",
        "application" => {
            ["json", "javascript", "xml", "manifest+json"].contains(&sub)
                || sub.ends_with("+json")
                || sub.ends_with("+xml")
        }
        "image" => sub == "svg+xml",
        _ => false,
    }
}

/// Whether `Accept-Encoding` names gzip, or everything, with a weight above 0.
pub(super) fn accepts_gzip<'a>(values: impl Iterator<Item = &'a str>) -> bool {
    let (mut gzip, mut any) = (None, None);
    for coding in values.flat_map(|value| value.split(',')) {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.trim().parse::<f32>().ok());
        let is_wanted = weight.is_some_and(|weight| weight > 0.0);
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => gzip = Some(is_wanted),
            "*" => any = Some(is_wanted),
            _ => {}
        }
    }
    gzip.or(any).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use rocket::http::Header;

    use super::*;

    #[test]
    fn accept_encoding_is_weighed() {
        for (values, accepts) in [
            (&["gzip, deflate, br"][..], true),
            (&["br", "GZip"], true),
            (&["gzip;q=0"], false),
            (&["gzip; q=0.5"], true),
            (&["*"], true),
            (&["*, gzip;q=0"], false),
            (&["identity"], false),
            (&["gzip;q=x"], false),
            (&[""], false),
            (&[], false),
        ] {
            assert_eq!(accepts_gzip(values.iter().copied()), accepts, "{values:?}");
        }
    }

    #[test]
    fn texts_are_compressed_and_nothing_else() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let mut map = HeaderMap::new();
            for (name, value) in pairs {
                map.add(Header::new(*name, *value));
            }
            map
        };
        for kind in
            ["text/html; charset=utf-8", "text/css", "application/json", "application/problem+json", "image/svg+xml"]
        {
            assert!(is_text_of_ours(&headers(&[("Content-Type", kind)]), None), "{kind}");
            assert!(!is_text_of_ours(&headers(&[("Content-Type", kind)]), Some(100)), "{kind}");
            let ranged = headers(&[("Content-Type", kind), ("Accept-Ranges", "bytes")]);
            assert!(!is_text_of_ours(&ranged, None), "{kind}");
        }
        for kind in ["image/jpeg", "application/zip", "text/event-stream", "application/octet-stream", "video/mp4"] {
            assert!(!is_text_of_ours(&headers(&[("Content-Type", kind)]), None), "{kind}");
        }
    }
}
