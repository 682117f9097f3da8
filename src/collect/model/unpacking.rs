//! What becomes of the entries of an uploaded archive (contract §1).
//!
//! Each stands or falls alone. What an operating system put beside people's files is left out without a word but for
//! the count; everything else that isn't taken is refused with a line.

use crate::platform::archive::unzip::{Fault, Kind, Member};
use crate::platform::error::{Error, Message};
use crate::platform::names::Name;

/// A file may unpack to this many bytes whatever its packed size …
const FREE: u64 = 64 << 20;

/// … and beyond that to this many times its packed size.
const MAX_RATIO: u64 = 200;

/// Longest path that is looked at, in bytes.
const MAX_PATH: usize = 4096;

/// Files and folders that macOS, Windows and their programs leave beside people's own, in lower case.
const DEBRIS: [&str; 18] = [
    "__macosx",
    ".ds_store",
    ".appledouble",
    ".apdisk",
    ".documentrevisions-v100",
    ".fseventsd",
    ".spotlight-v100",
    ".temporaryitems",
    ".trashes",
    ".volumeicon.icns",
    "icon\r",
    "thumbs.db",
    "thumbs.db:encryptable",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "$recycle.bin",
    "system volume information",
];

/// The first bytes of an `AppleDouble` file (RFC 1740), which macOS writes as `._name` beside `name`.
const APPLE_DOUBLE: [u8; 4] = [0, 5, 0x16, 7];

/// What is to be done with an entry.
#[derive(Debug)]
pub enum Verdict {
    /// Folders are no files.
    Folder,
    LeftOut,
    Refuse(Error),
    Take(Name),
}

/// Decides about an entry by what the directory says of it; all taken ones together may unpack to `left` bytes more.
#[must_use]
pub fn judge(member: &Member, left: u64) -> Verdict {
    let parts = || member.path.split(['/', '\\']);
    if member.kind == Kind::Folder {
        return Verdict::Folder;
    }
    if parts().any(|part| DEBRIS.contains(&part.to_lowercase().as_str())) {
        return Verdict::LeftOut;
    }
    if let Some(message) = why_not(member) {
        return Verdict::Refuse(Error::Unprocessable(message));
    }
    let name = match Name::new(parts().next_back().unwrap_or_default()) {
        Ok(name) => name,
        Err(error) => return Verdict::Refuse(error.of("filename")),
    };
    let bound = member.packed.saturating_mul(MAX_RATIO).max(FREE).min(left);
    if member.size > bound {
        Verdict::Refuse(Error::Unprocessable(too_large(member.size, bound)))
    } else {
        Verdict::Take(name)
    }
}

fn why_not(member: &Member) -> Option<Message> {
    let Member { path, kind, method, .. } = member;
    let message = match kind {
        _ if path.len() > MAX_PATH => ("The entry's path is longer than 4096 bytes.", "条目路径超过 4096 字节").into(),
        Kind::Symlink => ("The entry is a symbolic link; only files are taken.", "条目是符号链接，只接受文件").into(),
        Kind::Special => {
            ("The entry is a device or a pipe; only files are taken.", "条目是设备或管道，只接受文件").into()
        }
        _ if member.is_encrypted => {
            ("The entry is encrypted; only plain ones are taken.", "条目已加密，只接受未加密的条目").into()
        }
        _ if member.is_elsewhere => {
            ("The entry lies in another part of a split archive.", "条目位于分卷压缩包的其他分卷").into()
        }
        _ if !matches!(method, 0 | 8) => unknown_method(*method),
        _ if escapes(path) => {
            ("The entry's path would lead out of the archive's folder.", "条目路径会跳出压缩包目录").into()
        }
        _ => return None,
    };
    Some(message)
}

fn escapes(path: &str) -> bool {
    let has_drive = matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    has_drive || path.starts_with(['/', '\\']) || path.split(['/', '\\']).any(|part| part == "..")
}

/// APPNOTE 4.4.5.
fn unknown_method(method: u16) -> Message {
    let name = match method {
        1 => "Shrink",
        2..=5 => "Reduce",
        6 => "Implode",
        9 => "Deflate64",
        10 => "PKWARE DCL Implode",
        12 => "BZip2",
        14 => "LZMA",
        20 | 93 => "Zstandard",
        94 => "MP3",
        95 => "XZ",
        96 => "JPEG",
        97 => "WavPack",
        98 => "PPMd",
        _ => return unknown_number(method),
    };
    let en = format!("The entry is compressed by {name}; only stored and deflated ones are taken.");
    (en, format!("条目以 {name} 压缩，仅支持 stored 与 deflate")).into()
}

fn unknown_number(method: u16) -> Message {
    let en = format!("The entry is compressed by method {method}; only stored and deflated ones are taken.");
    (en, format!("条目以方法 {method} 压缩，仅支持 stored 与 deflate")).into()
}

fn too_large(size: u64, bound: u64) -> Message {
    let en = format!("The entry unpacks to {size} bytes, which is more than is allowed: {bound}.");
    (en, format!("条目解压后为 {size} 字节，超过上限 {bound} 字节")).into()
}

/// Whether a file called `name` that begins with `head` is what macOS notes about another file.
#[must_use]
pub fn is_apple_double(name: &Name, head: &[u8]) -> bool {
    name.as_str().starts_with("._") && head.starts_with(&APPLE_DOUBLE)
}

/// An entry that isn't what the directory says.
#[must_use]
pub fn damaged() -> Error {
    let message = (
        "The entry is damaged: its place in the archive, its length, its CRC-32 or its compressed data.",
        "条目已损坏：位置、长度、CRC-32 或压缩数据不符",
    );
    Error::Unprocessable(message.into())
}

/// Why nothing of an archive can be read.
#[must_use]
pub fn refused(fault: Fault) -> Error {
    let (en, zh) = match fault {
        Fault::Disk(error) => return error.into(),
        Fault::NotZip(None) => return Error::invalid("body", ("is not a zip archive", "不是 zip 压缩包")),
        Fault::NotZip(Some(kind)) => {
            let en = format!("is {kind}, not a zip archive; only zip is unpacked here");
            return Error::invalid("body", (en, format!("是 {kind}，不是 zip 压缩包；此处仅支持解压 zip")));
        }
        Fault::Cut => {
            return Error::Incomplete(
                (
                    "The archive breaks off: its directory is not at its end. Nothing was stored.",
                    "压缩包不完整：末尾没有目录，未保存任何内容",
                )
                    .into(),
            );
        }
        Fault::Damaged => ("has a damaged directory; nothing was stored", "压缩包的目录已损坏，未保存任何内容"),
        Fault::Split => (
            "is a part of a split (multi-disk) archive; pack the files into one zip",
            "是分卷压缩包的一部分，请打包为单个 zip",
        ),
        Fault::TooMany => {
            ("holds more than 200000 entries, or their names are too long", "压缩包内的条目超过 200000 个，或名称过长")
        }
    };
    Error::invalid("body", (en, zh))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(path: &str) -> Member {
        let mut member = Member::default();
        (member.path, member.size, member.packed) = (path.to_owned(), 10, 10);
        member
    }

    fn taken(path: &str) -> Option<String> {
        match judge(&member(path), 1000) {
            Verdict::Take(name) => Some(name.into_string()),
            _ => None,
        }
    }

    #[test]
    fn the_base_names_count() {
        for (path, name) in [
            ("a.jpg", "a.jpg"),
            ("d/a.jpg", "a.jpg"),
            ("d\\e\\a.jpg", "a.jpg"),
            ("./a.jpg", "a.jpg"),
            ("d//a.jpg", "a.jpg"),
            ("..a/b..c", "b..c"),
            ("a:b.jpg", "a:b.jpg"),
            ("C:a.jpg", "C:a.jpg"),
            ("._real", "._real"),
            ("Thumbs.db.jpg", "Thumbs.db.jpg"),
        ] {
            assert_eq!(taken(path).as_deref(), Some(name), "{path}");
        }
    }

    #[test]
    fn what_would_escape_is_refused() {
        for path in
            ["/a", "\\a", "../a", "d/../../a", "d\\..\\..\\a", "C:\\a", "c:/a", "\\\\host\\share\\a", "d/..", "d/."]
        {
            assert!(matches!(judge(&member(path), 1000), Verdict::Refuse(_)), "{path}");
        }
    }

    #[test]
    fn debris_is_left_out_at_any_depth_in_any_case() {
        for path in [
            "__MACOSX/._a.jpg",
            "d/__macosx/x",
            ".DS_Store",
            "d/.ds_store",
            "d\\Thumbs.db",
            "THUMBS.DB",
            "ehthumbs.db",
            "Desktop.ini",
            ".Spotlight-V100/Store-V2/x",
            ".Trashes/501/a.jpg",
            ".fseventsd/0000",
            "../.DS_Store",
        ] {
            assert!(matches!(judge(&member(path), 1000), Verdict::LeftOut), "{path}");
        }
        let name = Name::new("._a").unwrap();
        assert!(is_apple_double(&name, &[0, 5, 22, 7, 0]) && !is_apple_double(&name, b"GIF8"));
        assert!(!is_apple_double(&Name::new("a").unwrap(), &[0, 5, 22, 7, 0]));
    }

    #[test]
    fn bombs_are_refused_by_what_they_say() {
        let of = |packed, size, left| {
            let mut member = member("a");
            (member.packed, member.size) = (packed, size);
            judge(&member, left)
        };
        assert!(matches!(of(1000, FREE, u64::MAX), Verdict::Take(_)));
        assert!(matches!(of(1000, FREE + 1, u64::MAX), Verdict::Refuse(_)));
        assert!(matches!(of(1 << 20, 200 << 20, u64::MAX), Verdict::Take(_)));
        assert!(matches!(of(1000, 1001, 1000), Verdict::Refuse(_)));
    }
}
