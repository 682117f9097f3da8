//! The archive while the tag changes: append-stable, earlier states, trash and restore
//! (contract §1.1).

use crate::on_both_databases;
use crate::support::upload::word;
use crate::support::zip::Archive;
use crate::support::{Db, Server, noise};

on_both_databases!(
    later_files_go_behind_the_earlier_ones,
    an_earlier_state_is_served_to_its_etag,
    an_earlier_state_is_gone_with_one_of_its_files,
    a_restored_file_goes_back_to_its_place,
    many_states_are_told_apart,
    replaced_files_leave_the_archive,
    a_client_that_goes_away_does_no_harm,
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
