//! The archive while the tag changes: append-stable, earlier states, trash and restore
//! (contract §1.1).

use crate::on_both_databases;
use crate::support::http::Answer;
use crate::support::tools::{program, run};
use crate::support::upload::word;
use crate::support::zip::Archive;
use crate::support::{Db, Server, Settings, noise};

on_both_databases!(
    later_files_go_behind_the_earlier_ones,
    an_earlier_state_is_served_to_its_etag,
    an_earlier_state_is_gone_with_one_of_its_files,
    a_restored_file_goes_back_to_its_place,
    many_states_are_told_apart,
    replaced_files_leave_the_archive,
    a_client_that_goes_away_does_no_harm,
    a_whole_archive_is_never_continued_by_another,
    curl_wget_and_aria2_break_no_archive_that_was_whole,
    earlier_states_are_known_after_deletes_and_restores,
    filters_and_selections_have_states_of_their_own,
);

/// One file by its number.
fn store(server: &Server, number: u64) -> String {
    let bytes = noise(number, 10_000 + usize::try_from(number).unwrap() * 777);
    word(&server.store("t", &format!("{number}.bin"), &bytes)["id"])
}

/// The whole archive and its ETag.
fn zip(server: &Server) -> (Vec<u8>, String) {
    let answer = server.get("/tags/t/zip").expect(200);
    let etag = answer.need("etag").to_owned();
    (answer.body, etag)
}

fn later_files_go_behind_the_earlier_ones(db: Db) {
    let server = Server::start(db);
    store(&server, 0);
    for number in 1..5 {
        let (earlier, old_etag) = zip(&server);
        store(&server, number);
        let (later, new_etag) = zip(&server);
        let kept = Archive::read(&earlier).directory_at;
        assert!(later[..kept] == earlier[..kept], "a true prefix up to the directory");
        assert_ne!(old_etag, new_etag);
        assert_eq!(Archive::read(&later).names().len() as u64, number + 1);
    }
}

fn an_earlier_state_is_served_to_its_etag(db: Db) {
    let mut server = Server::start(db);
    (0..3).for_each(|number| drop(store(&server, number)));
    let (earlier, etag) = zip(&server);
    (3..6).for_each(|number| drop(store(&server, number)));
    let resume = |server: &Server| {
        let from = earlier.len() / 2;
        let range = format!("bytes={from}-");
        let answer = server.get_with("/tags/t/zip", &[("Range", &range), ("If-Range", &etag)]).expect(206);
        assert_eq!(answer.need("content-range"), format!("bytes {from}-{}/{}", earlier.len() - 1, earlier.len()));
        assert_eq!(answer.need("etag"), etag);
        assert!(answer.body == earlier[from..], "the rest of the earlier archive");
    };
    resume(&server);
    // Nothing of it is kept in memory alone.
    server.restart();
    resume(&server);
    // Each part that aria2 asks for is of that state too.
    let last = format!("bytes={}-{}", earlier.len() - 22, earlier.len() - 1);
    let end = server.get_with("/tags/t/zip", &[("Range", &last), ("If-Range", &etag)]).expect(206);
    assert_eq!(end.body, earlier[earlier.len() - 22..]);
}

fn an_earlier_state_is_gone_with_one_of_its_files(db: Db) {
    let server = Server::start(db);
    let ids: Vec<String> = (0..3).map(|number| store(&server, number)).collect();
    let (_, etag) = zip(&server);
    store(&server, 3);
    server.delete(&format!("/api/v1/files/{}", ids[1])).expect_success();
    let answer = server.get_with("/tags/t/zip", &[("Range", "bytes=100-"), ("If-Range", &etag)]).expect(200);
    assert_ne!(answer.need("etag"), etag);
    let archive = Archive::read(&answer.body);
    assert_eq!(archive.names(), ["0.bin", "2.bin", "3.bin"], "the whole new archive");
}

fn a_restored_file_goes_back_to_its_place(db: Db) {
    let server = Server::start(db);
    let ids: Vec<String> = (0..4).map(|number| store(&server, number)).collect();
    let (whole, _) = zip(&server);
    server.delete(&format!("/api/v1/files/{}", ids[1])).expect_success();
    let (without, etag_without) = zip(&server);
    assert_eq!(Archive::read(&without).names(), ["0.bin", "2.bin", "3.bin"]);
    server.post(&format!("/api/v1/files/{}/restore", ids[1]), b"").expect_success();
    let (again, etag_again) = zip(&server);
    assert_eq!(Archive::read(&again).names(), ["0.bin", "1.bin", "2.bin", "3.bin"]);
    assert!(again == whole, "every byte is where it was");
    assert_ne!(etag_again, etag_without);
    // A client that holds half of the state without it must not get a mixture.
    let headers = [("Range", "bytes=15000-"), ("If-Range", etag_without.as_str())];
    let answer = server.get_with("/tags/t/zip", &headers);
    match answer.status {
        200 => assert!(answer.body == whole),
        status => assert!(status == 206 && answer.body == without[15_000..], "{status}: a mixture"),
    }
}

fn many_states_are_told_apart(db: Db) {
    let server = Server::start(db);
    let mut states: Vec<(Vec<u8>, String)> = Vec::new();
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(store(&server, number));
        states.push(zip(&server));
    }
    // Two selections of equal size and count are two archives.
    for id in &ids {
        server.delete(&format!("/api/v1/files/{id}")).expect_success();
        states.push(zip(&server));
        server.post(&format!("/api/v1/files/{id}/restore"), b"").expect_success();
    }
    for (left, (bytes, etag)) in states.iter().enumerate() {
        for (other_bytes, other_etag) in &states[..left] {
            assert!(etag != other_etag || bytes == other_bytes, "an ETag stands for its bytes");
        }
    }
}

fn replaced_files_leave_the_archive(db: Db) {
    let server = Server::start(db);
    (0..3).for_each(|number| drop(store(&server, number)));
    let (_, etag) = zip(&server);
    server.upload_with("t", "1.bin", "?on_conflict=replace", &[], b"new").expect(201);
    let (bytes, new_etag) = zip(&server);
    assert_ne!(etag, new_etag);
    let archive = Archive::read(&bytes);
    assert_eq!(archive.names(), ["0.bin", "2.bin", "1.bin"], "the new one is a later upload");
    assert_eq!(archive.data(&archive.entries[2]), b"new");
}

fn a_client_that_goes_away_does_no_harm(db: Db) {
    use crate::support::{http::head, raw::Connection};
    let server = Server::start(db);
    for number in 0..3 {
        server.store("t", &format!("{number}"), &noise(number, 4_000_000));
    }
    for _ in 0..30 {
        let mut connection = Connection::open(server.port());
        connection.send(&head(server.port(), "GET", "/tags/t/zip", &[], None));
    }
    let (bytes, _) = zip(&server);
    assert_eq!(Archive::read(&bytes).entries.len(), 3);
}

/// What `curl -C -` and `wget -c` ask for that have `size` bytes.
fn from(server: &Server, path: &str, size: usize) -> Answer {
    server.get_with(path, &[("Range", &format!("bytes={size}-"))])
}

/// 416, and nothing of today's archive.
#[track_caller]
fn expect_ended(answer: Answer, today: usize) {
    assert_eq!(answer.expect(416).need("content-range"), format!("bytes */{today}"));
}

fn a_whole_archive_is_never_continued_by_another(db: Db) {
    let mut server = Server::start_with(db, Settings::relaxed());
    let mut sizes = Vec::new();
    for number in 0..5 {
        store(&server, number);
        sizes.push(zip(&server).0.len());
    }
    let (today, etag) = zip(&server);
    let ended = |server: &Server| {
        for size in &sizes {
            expect_ended(from(server, "/tags/t/zip", *size), today.len());
        }
        let bounded = format!("bytes={}-{}", sizes[1], sizes[1] + 99);
        expect_ended(server.get_with("/tags/t/zip", &[("Range", &bounded)]), today.len());
    };
    ended(&server);
    // Nothing of it is kept in memory alone.
    server.restart();
    ended(&server);
    // One byte less or more is somewhere within today's archive.
    for at in [1, sizes[1] - 1, sizes[1] + 1, today.len() - 1] {
        assert!(from(&server, "/tags/t/zip", at).expect(206).body == today[at..], "{at}");
    }
    // Whoever names the state that it has a part of gets that state's bytes.
    for name in ["If-Range", "If-Match"] {
        let range = format!("bytes={}-", sizes[1]);
        let answer = server.get_with("/tags/t/zip", &[("Range", &range), (name, &etag)]).expect(206);
        assert!(answer.body == today[sizes[1]..], "{name}");
    }
    // A tag that has shrunk.
    for file in &server.files("t")[3..] {
        server.delete(&format!("/api/v1/files/{}", word(&file["id"]))).expect_success();
    }
    expect_ended(from(&server, "/tags/t/zip", sizes[4]), sizes[2]);
    expect_ended(from(&server, "/tags/t/zip", sizes[0]), sizes[2]);
}

fn curl_wget_and_aria2_break_no_archive_that_was_whole(db: Db) {
    let server = Server::start(db);
    (0..4).for_each(|number| drop(store(&server, number)));
    let (whole, _) = zip(&server);
    let url = server.url("/tags/t/zip");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for name in ["curl.zip", "wget.zip", "aria.zip"] {
        std::fs::write(path(name), &whole).unwrap();
    }
    store(&server, 4);
    let options = ["-q", "-c", "--no-conf", "--file-allocation=none", "--all-proxy=", "-d"];
    for (name, command) in [
        ("curl.zip", program("curl").args(["-sS", "-C", "-", "-o", &path("curl.zip"), &url])),
        ("wget.zip", program("wget").args(["-q", "-c", "--no-proxy", "-O", &path("wget.zip"), &url])),
        ("aria.zip", program("aria2c").args(options).arg(folder.path()).args(["-o", "aria.zip", &url])),
    ] {
        run(command);
        let kept = std::fs::read(path(name)).unwrap();
        assert!(kept == whole || kept == zip(&server).0, "{name} is one or the other");
        run(program("unzip").args(["-tqq", &path(name)])).fine();
    }
}

fn earlier_states_are_known_after_deletes_and_restores(db: Db) {
    let server = Server::start_with(db, Settings::relaxed());
    let mut sizes = Vec::new();
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(store(&server, number));
        sizes.push(zip(&server).0.len());
    }
    server.delete(&format!("/api/v1/files/{}", ids[1])).expect_success();
    let without = zip(&server).0.len();
    (4..7).for_each(|number| drop(store(&server, number)));
    // Both the states with the deleted file, and the one without it, are earlier ones.
    let today = zip(&server).0.len();
    for size in sizes.iter().chain([&without]) {
        expect_ended(from(&server, "/tags/t/zip", *size), today);
    }
    server.post(&format!("/api/v1/files/{}/restore", ids[1]), b"").expect_success();
    let now = zip(&server).0.len();
    for size in sizes.iter().chain([&without, &today]) {
        expect_ended(from(&server, "/tags/t/zip", *size), now);
    }
    assert_eq!(from(&server, "/tags/t/zip", 20_000).expect(206).body.len(), now - 20_000);
}

fn filters_and_selections_have_states_of_their_own(db: Db) {
    let server = Server::start(db);
    let ids: Vec<String> = (0..3).map(|number| store(&server, number)).collect();
    server.store("t", "x.txt", b"text");
    let of_type = "/tags/t/zip?type=text";
    let (texts, all) = (server.get(of_type).expect(200).body.len(), zip(&server).0.len());
    server.store("t", "y.txt", &noise(9, 50_000).iter().map(|byte| b'a' + byte % 26).collect::<Vec<_>>());
    let today = server.get(of_type).expect(200).body.len();
    expect_ended(from(&server, of_type, texts), today);
    // What ended for all files did not for these.
    from(&server, of_type, all).expect(206);
    let select = |some: &[String], range: Option<String>| {
        let body = serde_json::json!({"ids": some}).to_string();
        let range = range.unwrap_or("bytes=0-".to_owned());
        let headers = [("Content-Type", "application/json"), ("Range", range.as_str())];
        server.send("POST", "/tags/t/zip", &headers, body.as_bytes())
    };
    let whole = select(&ids, None).expect(206).body;
    let one = select(&ids[..1], None).expect(206).body.len();
    expect_ended(select(&ids, Some(format!("bytes={one}-"))), whole.len());
    assert!(select(&ids, Some("bytes=20000-".to_owned())).expect(206).body == whole[20_000..]);
}
