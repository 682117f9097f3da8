//! Parts of an archive: what browsers, `curl -C -`, `wget -c` and `aria2c` do to resume or split
//! it (contract §1.1).

use crate::on_both_databases;
use crate::support::tools::{curl, program, run};
use crate::support::{Db, Server, Settings, noise};

on_both_databases!(
    any_range_is_a_part_of_the_whole,
    if_range_and_if_none_match_go_by_the_etag,
    curl_wget_and_aria2_resume_and_split_it,
    ranges_work_for_filters_too,
);

/// Five files, some empty; the archive's bytes and its ETag.
fn filled(server: &Server) -> (Vec<u8>, String) {
    for (number, size) in [10, 0, 70_000, 1, 200_000].into_iter().enumerate() {
        server.store("t", &format!("{number}.bin"), &noise(number as u64, size));
    }
    let whole = server.get("/tags/t/zip").expect(200);
    let etag = whole.need("etag").to_owned();
    (whole.body, etag)
}

fn any_range_is_a_part_of_the_whole(db: Db) {
    let server = Server::start_with(db, Settings::relaxed());
    let (whole, _) = filled(&server);
    let total = whole.len();
    // Every border between headers, bytes and directory, and one byte to either side of it.
    let archive = crate::support::zip::Archive::read(&whole);
    let mut borders = vec![0, archive.directory_at, total - 22, total - 1];
    for entry in &archive.entries {
        borders.extend([usize::try_from(entry.header_at).unwrap(), entry.data_at]);
    }
    for border in borders {
        for first in border.saturating_sub(1)..=(border + 1).min(total - 1) {
            for last in [first, (first + 100).min(total - 1), (first + 90_000).min(total - 1)] {
                let value = format!("bytes={first}-{last}");
                let part = server.get_with("/tags/t/zip", &[("Range", &value)]).expect(206);
                assert_eq!(part.need("content-range"), format!("bytes {first}-{last}/{total}"));
                assert!(part.body == whole[first..=last], "{value}");
            }
        }
    }
    let tail = server.get_with("/tags/t/zip", &[("Range", "bytes=-22")]).expect(206);
    assert_eq!(tail.body, whole[total - 22..]);
    let beyond = server.get_with("/tags/t/zip", &[("Range", &format!("bytes={total}-"))]).expect(416);
    assert_eq!(beyond.need("content-range"), format!("bytes */{total}"));
}

fn if_range_and_if_none_match_go_by_the_etag(db: Db) {
    let server = Server::start(db);
    let (whole, etag) = filled(&server);
    let same = server.get_with("/tags/t/zip", &[("Range", "bytes=100-199"), ("If-Range", &etag)]).expect(206);
    assert_eq!(same.body, whole[100..200]);
    assert_eq!(same.need("etag"), etag);
    let other = server.get_with("/tags/t/zip", &[("Range", "bytes=100-199"), ("If-Range", "\"rubbish\"")]);
    assert_eq!(other.expect(200).body.len(), whole.len());
    server.get_with("/tags/t/zip", &[("If-None-Match", &etag)]).expect(304);
    server.get_with("/tags/t/zip", &[("If-None-Match", "\"rubbish\"")]).expect(200);
}

fn curl_wget_and_aria2_resume_and_split_it(db: Db) {
    let server = Server::start(db);
    for number in 0..6 {
        server.store("big", &format!("{number}.bin"), &noise(number, 900_000));
    }
    let whole = server.get("/tags/big/zip").expect(200).body;
    let url = server.url("/tags/big/zip");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();

    std::fs::write(path("curl.zip"), &whole[..1_234_567]).unwrap();
    curl(&["-C", "-", "-f", "-o", &path("curl.zip"), &url]).fine();
    assert!(std::fs::read(path("curl.zip")).unwrap() == whole, "curl -C -");

    std::fs::write(path("wget.zip"), &whole[..2_345_678]).unwrap();
    run(program("wget").args(["-q", "-c", "--no-proxy", "-O", &path("wget.zip"), &url])).fine();
    assert!(std::fs::read(path("wget.zip")).unwrap() == whole, "wget -c");

    let target = ["-d", folder.path().to_str().unwrap(), "-o", "aria.zip"];
    let split = ["-q", "-x4", "-s4", "-k1M", "--no-conf", "--file-allocation=none", "--all-proxy="];
    run(program("aria2c").args(split).args(target).arg(&url)).fine();
    assert!(std::fs::read(path("aria.zip")).unwrap() == whole, "aria2c -x4");
}

fn ranges_work_for_filters_too(db: Db) {
    let server = Server::start(db);
    filled(&server);
    let path = "/tags/t/zip?q=2.bin";
    let whole = server.get(path).expect(200);
    let part = server.get_with(path, &[("Range", "bytes=50-149")]).expect(206);
    assert_eq!(part.body, whole.body[50..150]);
    assert_ne!(whole.need("etag"), server.get("/tags/t/zip").need("etag"));
    // What belongs to one filter doesn't vouch for another.
    let etag = whole.need("etag");
    let other = server.get_with("/tags/t/zip?q=4.bin", &[("Range", "bytes=50-149"), ("If-Range", etag)]);
    other.expect(200);
}
