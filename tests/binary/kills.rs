//! `kill -9` at two hundred random moments of everything at once (uploads of all forms, trash and restore, tasks with imports, splits
//! and copies, ingest, gc): afterwards `fsck` finds nothing wrong, all that was acknowledged is there, and nothing half-done shows.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::form::{Form, content_type};
use crate::support::http::{Answer, try_send};
use crate::support::pictures::png;
use crate::support::upload::word;
use crate::support::{Db, Server, ingest, noise, sha256, wait};

on_both_databases!(two_hundred_kills_lose_nothing);

const KILLS: u64 = 200;

/// Pictures of the tag that tasks are made of.
const PICTURES: u64 = 12;

/// Most ingest tasks, so that the end comes within a minute.
const MOST_INGESTS: usize = 60;

/// What the server has acknowledged so far, and where nobody can know.
#[derive(Default)]
struct Ledger {
    next: AtomicU64,
    /// By tag and name: the digest.
    files: Mutex<BTreeMap<(String, String), String>>,
    /// By id: whether the file lives. `None` while a change of it is under way, or when its answer never came.
    trash: Mutex<BTreeMap<String, Option<bool>>>,
    /// By task: how many of its steps were acknowledged.
    tasks: Mutex<BTreeMap<u64, usize>>,
    /// Ingest tasks that were started.
    ingests: Mutex<Vec<String>>,
}

/// One cycle's server, as a client sees it: from its end on, nothing answers.
#[derive(Clone, Copy)]
struct Client(u16);

impl Client {
    fn send(self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
        let answer = try_send(self.0, method, path, headers, body).filter(|answer| answer.complete)?;
        assert!(answer.status < 400 || answer.status == 503, "{method} {path}: {} {}", answer.status, answer.text());
        (answer.status != 503).then_some(answer)
    }

    fn json(self, method: &str, path: &str, body: &Value) -> Option<Answer> {
        self.send(method, path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    fn form(self, path: &str, form: Form) -> Option<Answer> {
        let (name, value) = content_type();
        self.send("POST", path, &[(name, &value)], &form.body())
    }
}

impl Ledger {
    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Uploads of all forms, one after the other.
    fn upload(&self, client: Client) -> Option<()> {
        loop {
            let number = self.number();
            // Every fifth repeats bytes that others have, too.
            let seed = if number.is_multiple_of(5) { number % 10 + 1 } else { number };
            let bytes = noise(seed, usize::try_from(number % 11).unwrap() * 60_000 + 7);
            let name = format!("{number}.bin");
            match number % 4 {
                0 => client.send("PUT", &format!("/upload/put/{name}"), &[], &bytes)?,
                1 => client.send("POST", &format!("/upload/put?filename={name}"), &[], &bytes)?,
                2 => client.form("/upload/put", Form::default().file("f", &name, &bytes))?,
                _ => client.send("POST", "/upload/put?unpack=zip", &[], &stored_zip(&name, &bytes))?,
            };
            self.files.lock().unwrap().insert(("put".to_owned(), name), sha256(&bytes));
        }
    }

    /// Into the trash and out of it.
    fn discard(&self, client: Client) -> Option<()> {
        loop {
            let number = self.number();
            let answer = client.send("PUT", &format!("/upload/trash/{number}.bin"), &[], &noise(number, 900))?;
            let id = word(&answer.json()["id"]);
            let note = |lives| self.trash.lock().unwrap().insert(id.clone(), lives);
            note(None);
            client.send("DELETE", &format!("/api/v1/files/{id}"), &[], b"")?;
            note(Some(false));
            if number.is_multiple_of(2) {
                note(None);
                client.send("POST", &format!("/api/v1/files/{id}/restore"), &[], b"")?;
                note(Some(true));
            }
        }
    }

    /// A task, its import, its split, its copy.
    fn train(&self, client: Client) -> Option<()> {
        loop {
            let id = 10_000 + self.number();
            let step = || *self.tasks.lock().unwrap().entry(id).or_default() += 1;
            client.json("POST", "/training/tasks", &json!({"task_name": "t", "task_type": 1, "task_id": id}))?;
            step();
            client.json("POST", &format!("/training/tasks/{id}/import"), &json!({"tag": "source"}))?;
            step();
            let counts = json!({"task_id": id, "training_count": 8, "verifying_count": 2, "testing_count": 2});
            client.json("PUT", "/training/tasks/sets", &counts)?;
            step();
            let copy = json!({"task_id_old": id, "task_id": copy_of(id)});
            client.json("POST", "/training/tasks/duplication", &copy)?;
            step();
        }
    }

    /// Ingest tasks of the pictures, and what is expected of them at the end.
    fn ingest(&self, client: Client) -> Option<()> {
        while self.ingests.lock().unwrap().len() < MOST_INGESTS {
            let form = Form::default().text("group_name", "all").text("from_tag", "source");
            let id = word(&client.form("/v1/tasks/create", form)?.json()["id"]);
            client.send("POST", &format!("/v1/tasks/{id}/start"), &[], b"")?;
            self.ingests.lock().unwrap().push(id);
        }
        Some(())
    }

    /// Everything acknowledged is there, and nothing half-done.
    fn check(&self, server: &Server) {
        let listed: BTreeMap<String, String> =
            server.files("put").iter().map(|file| (word(&file["name"]), word(&file["sha256"]))).collect();
        for ((_, name), digest) in self.files.lock().unwrap().iter() {
            assert_eq!(listed.get(name), Some(digest), "{name} was acknowledged");
        }
        for (id, lives) in self.trash.lock().unwrap().iter() {
            let file = server.json(&format!("/api/v1/files/{id}"));
            if let Some(lives) = lives {
                assert_eq!(file["deleted_at"].is_null(), *lives, "{file}");
            }
        }
        for (id, steps) in self.tasks.lock().unwrap().iter() {
            check_task(server, *id, *steps);
        }
    }

    fn check_ingests(&self, server: &Server) {
        for id in self.ingests.lock().unwrap().iter() {
            let detail = server.until_state(id, 4);
            assert_eq!((&detail["handled_num"], &detail["total_num"]), (&json!(PICTURES), &json!(PICTURES)), "{id}");
            let faces = server.direct().number(&format!("SELECT COUNT(*) FROM faces WHERE task_id = '{id}'"));
            assert_eq!(faces, i64::try_from(PICTURES).unwrap(), "each face of {id} once");
        }
    }
}

fn copy_of(id: u64) -> u64 {
    id + 1_000_000
}

/// Images in the sets of a task; `None` where there is no such task.
fn sets(server: &Server, id: u64) -> Option<[u64; 3]> {
    let answer = server.get(&format!("/training/tasks/{id}"));
    let sets = (answer.status == 200).then(|| answer.json()["task"]["counts"]["sets"].clone())?;
    Some(["training", "verifying", "testing"].map(|set| sets[set].as_u64().unwrap()))
}

/// Each step of a task is done or not begun, and what was acknowledged is done.
fn check_task(server: &Server, id: u64, steps: usize) {
    let sets_of_it = sets(server, id).expect("an acknowledged task");
    let (imported, divided) = ([PICTURES, 0, 0], [8, 2, 2]);
    let allowed: &[[u64; 3]] = match steps {
        1 => &[[0; 3], imported],
        2 => &[imported, divided],
        _ => &[divided],
    };
    assert!(allowed.contains(&sets_of_it), "task {id} after {steps} steps: {sets_of_it:?}");
    match sets(server, copy_of(id)) {
        None => assert!(steps < 4, "the copy of {id} was acknowledged"),
        Some(copied) => assert_eq!(copied, divided, "the copy of {id} is whole"),
    }
}

/// A zip with one stored file.
fn stored_zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    use granary::platform::archive::{Entry, Sums};
    let crc32 = crc32fast::hash(bytes);
    let entry = Entry { name: name.to_owned(), size: bytes.len() as u64, crc32, modified_at: 1_700_000_000_000 };
    let (mut sums, mut out) = (Sums::default(), Vec::new());
    let offset = sums.add(&entry);
    entry.write_local_header(&mut out);
    out.extend_from_slice(bytes);
    entry.write_central_header(offset, &mut out);
    sums.write_end(&mut out);
    out
}

/// Numbers that differ from run to run; the seed is told.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

fn two_hundred_kills_lose_nothing(db: Db) {
    let mut dice = Dice(RandomState::new().hash_one(()) | 1);
    eprintln!("seed {}", dice.0);
    let mut server = Server::start_with(db, ingest::settings());
    for number in 0..PICTURES {
        server.store("source", &format!("{number}.png"), &png(20 + u32::try_from(number).unwrap(), 16, 3));
    }
    let ledger = Ledger::default();
    for kill in 0..KILLS {
        let client = Client(server.port());
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| ledger.upload(client));
            }
            scope.spawn(|| ledger.discard(client));
            scope.spawn(|| ledger.train(client));
            scope.spawn(|| ledger.ingest(client));
            std::thread::sleep(Duration::from_millis(5 + dice.throw(250)));
            server.kill();
        });
        // What a crash left is cleared up, and more often it is not.
        if kill % 10 == 9 {
            server.tool(&["gc"]).fine();
        }
        server.restart();
        if kill % 40 == 39 {
            ledger.check(&server);
        }
    }
    ledger.check(&server);
    ledger.check_ingests(&server);
    let folders = "SELECT COUNT(*) FROM tasks WHERE folder_stale = 1";
    wait::until_true("the image folders", || server.direct().number(folders) == 0);
    assert!(server.terminate().success());
    let found = server.tool(&["fsck"]);
    assert_eq!(found.code, Some(0), "{}{}", found.text(), found.err);
    let counts = (ledger.files.lock().unwrap().len(), ledger.tasks.lock().unwrap().len());
    assert!(counts.0 > 200 && counts.1 > 20, "there was something to lose: {counts:?}");
}
