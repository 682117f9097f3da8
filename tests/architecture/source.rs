//! Reading source files: where one stands in the house, and what it uses.

use std::path::Path;

/// A file of the project.
pub struct Source {
    /// From the project's root, `/` between the parts.
    pub path: String,
    pub text: String,
}

/// What stands inside a room, from the bottom up; `api`, `pages` and `worker` are neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    Model,
    Store,
    /// What finds faces: beside the store, which it must not know.
    Engine,
    Service,
    Surface,
    Stage,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Its room: `collect` for `src/collect/api/files.rs`; none for `src/lib.rs`.
    pub fn room(&self) -> Option<&str> {
        let (room, _) = self.path.strip_prefix("src/")?.split_once('/')?;
        Some(room)
    }

    /// Its layer within the room, by the house's file names.
    pub fn layer(&self) -> Option<Layer> {
        let room = self.room().filter(|room| *room != "platform")?;
        let rest = self.path.strip_prefix("src/")?.strip_prefix(room)?.strip_prefix('/')?;
        layer_named(rest.split('/').next()?.trim_end_matches(".rs"))
    }

    /// The text without comments, and without the contents of strings and test modules.
    pub fn code(&self) -> String {
        let bare = blank_strings_and_comments(&self.text);
        match bare.find("#[cfg(test)]") {
            Some(at) if bare[at..].contains("mod ") => bare[..at].to_owned(),
            _ => bare,
        }
    }

    /// Every path that begins with `crate::`, as its parts; groups in braces are spread out, and
    /// `super::` is followed to where it leads.
    pub fn crate_paths(&self) -> Vec<Vec<String>> {
        let code = self.code();
        let mut paths = Vec::new();
        for (at, _) in code.match_indices("crate::") {
            let before = code[..at].chars().next_back();
            if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '$') {
                spread(&code[at + "crate::".len()..], &[], &mut paths);
            }
        }
        self.follow_super(&code, &mut paths);
        paths
    }

    /// Adds what is named by way of `super::`, from the crate's root.
    fn follow_super(&self, code: &str, paths: &mut Vec<Vec<String>>) {
        let module = self.module();
        for (at, _) in code.match_indices("super::") {
            let before = &code[..at];
            if before.ends_with("::") || ends_in_word(before) {
                continue;
            }
            let rest = code[at..].trim_start_matches("super::");
            let steps = (code[at..].len() - rest.len()) / "super::".len();
            let parents = &module[..module.len().saturating_sub(steps)];
            spread(rest, parents, paths);
        }
    }

    /// `["collect", "api", "files"]` for `src/collect/api/files.rs`.
    fn module(&self) -> Vec<String> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let path = path.trim_end_matches("/mod");
        path.split('/').map(str::to_owned).collect()
    }
}

/// The layer that a file or folder of a room with this name belongs to.
pub fn layer_named(name: &str) -> Option<Layer> {
    Some(match name {
        "model" => Layer::Model,
        "store" => Layer::Store,
        "engine" => Layer::Engine,
        "service" => Layer::Service,
        "api" | "pages" | "worker" | "supervisor" => Layer::Surface,
        "mod" => Layer::Stage,
        _ => return None,
    })
}

/// All files below `folder` that end in one of `endings`.
pub fn files(folder: &str, endings: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = std::fs::read_to_string(&path).expect("a readable text file");
                found.push(Source::new(&name, &text));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Reads one path (`a::b::{c, d::e}`) and adds what it names.
fn spread(text: &str, before: &[String], paths: &mut Vec<Vec<String>>) -> usize {
    let mut parts = before.to_vec();
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        if text[at..].starts_with('{') {
            at += 1;
            loop {
                at += text[at..].len() - text[at..].trim_start_matches([' ', '\n', '\t', '\r', ',']).len();
                if at >= text.len() || text[at..].starts_with('}') {
                    return at + 1;
                }
                let read = spread(&text[at..], &parts, paths);
                at += read.max(1);
            }
        }
        let word: String = text[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        at += word.len();
        if word.is_empty() {
            break;
        }
        parts.push(word);
        if !text[at..].starts_with("::") {
            break;
        }
        at += 2;
    }
    if text[at..].starts_with(" as ") {
        at += 4 + text[at + 4..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').count();
    }
    paths.push(parts);
    at
}

/// Blanks out comments and what stands in strings; line breaks stay.
fn blank_strings_and_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = raw_string(rest).filter(|_| !ends_in_word(&out)) {
            length
        } else if first == '"' {
            plain_string(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else if let Some(escaped) = rest.strip_prefix("'\\") {
            // The quote that ends it is never the first character: that one is escaped.
            let end = escaped.get(1..).and_then(|after| after.find('\''));
            end.map_or(2, |end| end + 4)
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        out.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
        out.push(' ');
        rest = &rest[skipped..];
    }
    out
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// The length of a raw string that begins here.
fn raw_string(text: &str) -> Option<usize> {
    let after = text.strip_prefix('b').unwrap_or(text).strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end)? + end.len();
    Some(text.len() - body.len() + length)
}

/// The length of an ordinary string that begins here.
fn plain_string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return at + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let text = r##"
        //! crate::comment::no
        use crate::platform::{db::Db, error::{Error, self}, ids as i};
        use crate::collect::model;
        const X: &str = "crate::string::no"; const Y: &str = r#"crate::raw "no" "#;
        fn f() { crate::split::service::go(); let c = '"'; let d = crate::faces::x; }
        use super::super::training::service; use super::store::{self, find};
        #[cfg(test)]
        mod tests { use crate::training::no; }
    "##;
    let paths: Vec<String> =
        Source::new("src/collect/api.rs", text).crate_paths().iter().map(|parts| parts.join("::")).collect();
    assert_eq!(
        paths,
        [
            "platform::db::Db",
            "platform::error::Error",
            "platform::error::self",
            "platform::ids",
            "collect::model",
            "split::service::go",
            "faces::x",
            "training::service",
            "collect::store::self",
            "collect::store::find",
        ]
    );
}

#[test]
fn files_know_their_place() {
    let place = |path: &str| {
        let source = Source::new(path, "");
        (source.room().map(str::to_owned), source.layer())
    };
    let collect = Some("collect".to_owned());
    assert_eq!(place("src/lib.rs"), (None, None));
    assert_eq!(place("src/platform/db/mod.rs"), (Some("platform".to_owned()), None));
    assert_eq!(place("src/collect/model.rs"), (collect.clone(), Some(Layer::Model)));
    assert_eq!(place("src/collect/model/zip.rs"), (collect.clone(), Some(Layer::Model)));
    assert_eq!(place("src/collect/api/files.rs"), (collect.clone(), Some(Layer::Surface)));
    assert_eq!(place("src/faces/engine/mod.rs"), (Some("faces".to_owned()), Some(Layer::Engine)));
    assert_eq!(place("src/collect/mod.rs"), (collect, Some(Layer::Stage)));
}
