//! Face groups written past the server, for stories that need no ingest task.

use std::cell::Cell;
use std::fs;

use super::server::Server;
use super::{pictures, sha256};

/// 2023-11-14 22:13:20 UTC.
const TIME: i64 = 1_700_000_000_000;

/// Different crops; more faces share them.
const CROPS: usize = 8;

/// Writes into the database and the data folder of a running server.
pub struct Groups<'s> {
    server: &'s Server,
    next: Cell<i64>,
}

impl<'s> Groups<'s> {
    pub fn of(server: &'s Server) -> Self {
        Self { server, next: Cell::new(2_023_111_400_000_000_001) }
    }

    fn id(&self) -> i64 {
        self.next.replace(self.next.get() + 1)
    }

    /// The crop of the face number `n`.
    pub fn crop(n: usize) -> Vec<u8> {
        pictures::jpeg(96, 96, u8::try_from(n % CROPS * 30).expect("small"))
    }

    /// A group of `count` faces with crops: tags "tag 0" and "tag 1" in turn, "Number n". Their ids, oldest first.
    pub fn add(&self, name: &str, count: usize) -> Vec<String> {
        self.described(name, &(0..count).map(|n| (format!("tag {}", n % 2), format!("Number {n}"))).collect::<Vec<_>>())
    }

    /// A group of faces with these tags and descriptions.
    pub fn described(&self, name: &str, texts: &[(String, String)]) -> Vec<String> {
        let group = self.id();
        let mut statements = vec![format!(
            "INSERT INTO face_groups (id, name, folded, face_count, created_at) VALUES ({group}, {0}, {1}, {2}, {TIME})",
            quoted(name),
            quoted(&name.to_lowercase()),
            texts.len()
        )];
        let task = format!("task{:08}", group % 100_000_000);
        let crops: Vec<String> = (0..CROPS.min(texts.len())).map(|n| self.put_crop(n)).collect();
        let mut ids = Vec::new();
        for (step, texts) in texts.chunks(500).enumerate() {
            let mut rows = Vec::new();
            for (n, (tag, description)) in (step * 500..).zip(texts) {
                let id = self.id();
                let crop = quoted(&crops[n % CROPS]);
                let place = "1, 2, 30, 40, -1500, 2250, 0, 12500, 987, 2, NULL";
                rows.push(format!(
                    "({id}, {group}, '{task}', {n}, {}, {}, {}, 'http://host/{n}.jpg', '{}', {crop}, {place}, {TIME})",
                    quoted(tag),
                    quoted(description),
                    quoted(&format!("{tag}\n{description}").to_lowercase()),
                    "00".repeat(32),
                ));
                ids.push(id.to_string());
            }
            statements.push(format!("{INTO_FACES} {}", rows.join(", ")));
        }
        self.server.direct().run(&statements);
        ids
    }

    /// One more face in a group, which an outside server keeps.
    pub fn add_remote(&self, name: &str) -> String {
        let id = self.id();
        let group = format!("(SELECT id FROM face_groups WHERE name = {})", quoted(name));
        let place = "1, 2, 30, 40, NULL, NULL, NULL, NULL, 987, 1, 'remote-7'";
        self.server.direct().run(&[
            format!("{INTO_FACES} ({id}, {group}, 'task00000009', 0, '', '', '\n', 'data:image/png;base64,iVBORw0KGgo', '{}', NULL, {place}, {TIME})", "00".repeat(32)),
            format!("UPDATE face_groups SET face_count = face_count + 1 WHERE name = {}", quoted(name)),
        ]);
        id.to_string()
    }

    fn put_crop(&self, n: usize) -> String {
        let bytes = Self::crop(n);
        let digest = sha256(&bytes);
        let known = format!("SELECT COUNT(*) FROM blobs WHERE sha256 = '{digest}'");
        if self.server.direct().number(&known) == 0 {
            let folder = self.server.data_dir().join("blobs").join(&digest[..2]);
            fs::write(folder.join(&digest), &bytes).expect("a crop");
            self.server.direct().run(&[format!(
                "INSERT INTO blobs (sha256, size, crc32, content_type, width, height, created_at, thumbnail) \
                 VALUES ('{digest}', {}, {}, 'image/jpeg', 96, 96, {TIME}, 3)",
                bytes.len(),
                crc32fast::hash(&bytes)
            )]);
        }
        digest
    }
}

const INTO_FACES: &str = "INSERT INTO faces (id, group_id, task_id, row_no, tag, description, folded, uri, sha256, \
                          crop_sha256, x, y, width, height, pitch, yaw, roll, blur, score, faces_found, remote_id, \
                          created_at) VALUES";

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
