//! The five readers that an archive must open in. Each gives names and digests.

use std::collections::BTreeMap;
use std::path::Path;

use super::tools::{java, program, python, run};

/// Name → SHA-256.
pub type Contents = BTreeMap<String, String>;

/// What every reader finds in the archive, by the reader's name.
#[track_caller]
pub fn everywhere(archive: &Path) -> Vec<(&'static str, Contents)> {
    vec![
        ("unzip", unpacked(archive, "unzip", |file, to| vec!["-q".into(), file, "-d".into(), to])),
        (
            "7z",
            unpacked(archive, "7z", |file, to| vec!["x".into(), "-bd".into(), "-y".into(), format!("-o{to}"), file]),
        ),
        ("bsdtar", unpacked(archive, "bsdtar", |file, to| vec!["-xf".into(), file, "-C".into(), to])),
        ("python zipfile", listed(&python("read_zip.py", &[archive]).fine().text())),
        ("java ZipInputStream", listed(&java("ReadZip.java", &[archive]).fine().text())),
    ]
}

fn unpacked(archive: &Path, tool: &str, arguments: impl Fn(String, String) -> Vec<String>) -> Contents {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = |path: &Path| path.to_str().expect("a UTF-8 path").to_owned();
    run(program(tool).args(arguments(text(archive), text(folder.path())))).fine();
    let mut contents = Contents::new();
    for entry in std::fs::read_dir(folder.path()).expect("the folder").flatten() {
        let bytes = std::fs::read(entry.path()).expect("a plain file");
        contents.insert(entry.file_name().to_string_lossy().into_owned(), super::sha256(&bytes));
    }
    contents
}

/// Lines of `<sha256> <name>`.
fn listed(text: &str) -> Contents {
    let pair = |line: &str| line.split_once(' ').map(|(sum, name)| (name.to_owned(), sum.to_owned()));
    text.lines().filter_map(pair).collect()
}
