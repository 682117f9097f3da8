//! Short words for uploading and listing, as most stories need them.

use serde_json::Value;

use super::http::{Answer, encode};
use super::server::Server;

impl Server {
    /// `POST /upload/{tag}/{name}`, names percent-encoded.
    #[track_caller]
    pub fn upload(&self, tag: &str, name: &str, bytes: &[u8]) -> Answer {
        self.upload_with(tag, name, "", &[], bytes)
    }

    /// The same with a query (`?on_conflict=reject`) and headers.
    #[track_caller]
    pub fn upload_with(&self, tag: &str, name: &str, query: &str, headers: &[(&str, &str)], bytes: &[u8]) -> Answer {
        let path = format!("/upload/{}/{}{query}", encode(tag), encode(name));
        self.send("POST", &path, headers, bytes)
    }

    /// An upload that must be new (201); gives the file.
    #[track_caller]
    pub fn store(&self, tag: &str, name: &str, bytes: &[u8]) -> Value {
        self.upload(tag, name, bytes).expect(201).json()
    }

    /// The names in a tag by upload order; none where the tag isn't known.
    #[track_caller]
    pub fn names(&self, tag: &str) -> Vec<String> {
        let files = self.files(tag);
        files.iter().map(|file| word(&file["name"])).collect()
    }

    /// All files of a tag by upload order, page by page.
    #[track_caller]
    pub fn files(&self, tag: &str) -> Vec<Value> {
        let path = format!("/api/v1/tags/{}/files?order=oldest&limit=1000", encode(tag));
        if self.get(&path).status == 404 {
            return Vec::new();
        }
        self.pages(&path).into_iter().flatten().collect()
    }

    /// Follows `next` to the end of a list; each page's items.
    #[track_caller]
    pub fn pages(&self, path: &str) -> Vec<Vec<Value>> {
        let mut pages = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..10_000 {
            let sign = if path.contains('?') { '&' } else { '?' };
            let address = match &cursor {
                None => path.to_owned(),
                Some(cursor) => format!("{path}{sign}cursor={}", encode(cursor)),
            };
            let page = self.json(&address);
            pages.push(page["items"].as_array().expect("items").clone());
            match &page["next"] {
                Value::Null => return pages,
                next => cursor = Some(word(next)),
            }
        }
        panic!("the list {path} never ends");
    }
}

/// The text of a JSON string.
#[track_caller]
pub fn word(value: &Value) -> String {
    let wrong = || panic!("not a string: {value}");
    value.as_str().unwrap_or_else(wrong).to_owned()
}
