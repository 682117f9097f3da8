//! Exports are resumed and split as a tag's zip is (contract §2.7).

use serde_json::json;

use crate::on_both_databases;
use crate::support::raw::Connection;
use crate::support::tools::{curl, program, run};
use crate::support::{Db, Server, Settings, http, noise, pictures};

on_both_databases!(
    ranges_and_states_are_those_of_files,
    what_cannot_be_exported_is_refused,
    curl_and_aria2_resume_and_split_it,
    a_change_in_the_middle_breaks_it_off,
    parts_of_two_states_never_become_one_file,
);

const FORMATS: [&str; 5] = ["imagefolder", "coco", "yolo", "csv", "webdataset"];

/// A task with `count` bitmaps of about `side`² × 3 bytes.
fn task_with(server: &Server, count: u8, side: u32) -> String {
    let task = server.new_task(&["cat"]);
    for number in 0..count {
        let bytes = heavy(side, number);
        let info = crate::support::training::img_info(&format!("{number}.bmp"), 3, bytes.len(), side, side);
        let body = json!({"task_id": task, "img_info": [info]});
        let answer = server.send_json("POST", "/training/files/files", &body).expect_fine();
        let image = crate::support::upload::word(&answer["img_datas"][format!("{number}.bmp")]);
        server.send("PUT", &format!("/training/files/{image}"), &[], &bytes).expect_fine();
    }
    task
}

/// A bitmap of noise.
fn heavy(side: u32, seed: u8) -> Vec<u8> {
    let mut bytes = pictures::picture(image::ImageFormat::Bmp, side, side, seed);
    let pixels = noise(u64::from(seed) + 1, bytes.len() - 54);
    bytes[54..].copy_from_slice(&pixels);
    bytes
}

fn ranges_and_states_are_those_of_files(db: Db) {
    let server = Server::start(db);
    let task = task_with(&server, 3, 10);
    let mut tags = Vec::new();
    for format in FORMATS {
        let path = format!("/training/tasks/{task}/export?format={format}");
        let whole = server.get(&path).expect(200);
        let total = whole.body.len();
        assert_eq!(whole.need("content-length"), total.to_string());
        assert_eq!(whole.need("accept-ranges"), "bytes");
        let etag = whole.need("etag").to_owned();
        assert!(etag.starts_with('"'), "a strong one: {etag}");
        let head = server.send("HEAD", &path, &[], b"");
        assert_eq!((head.status, head.need("content-length")), (200, whole.need("content-length")));
        let part = server.get_with(&path, &[("Range", "bytes=5-40"), ("If-Range", &etag)]).expect(206);
        assert_eq!(part.body, whole.body[5..=40]);
        assert_eq!(part.need("content-range"), format!("bytes 5-40/{total}"));
        let tail = server.get_with(&path, &[("Range", "bytes=-30")]).expect(206);
        assert_eq!(tail.body, whole.body[total - 30..]);
        server.get_with(&path, &[("If-None-Match", &etag)]).expect(304);
        let other = server.get_with(&path, &[("Range", "bytes=5-40"), ("If-Range", "\"other\"")]).expect(200);
        assert_eq!(other.body, whole.body);
        tags.push((path, etag));
    }
    server.ready_png(&task, "new.png", (5, 5), &pictures::png(5, 5, 1));
    for (path, etag) in tags {
        let now = server.get_with(&path, &[("Range", "bytes=5-40"), ("If-Range", &etag)]).expect(200);
        assert_ne!(now.need("etag"), etag);
    }
}

fn what_cannot_be_exported_is_refused(db: Db) {
    let server = Server::start(db);
    let task = task_with(&server, 1, 4);
    for query in ["", "?format=", "?format=voc", "?format=COCO"] {
        let msg = server.get(&format!("/training/tasks/{task}/export{query}")).expect_code(400, 1001);
        assert!(FORMATS.iter().all(|format| msg.contains(format)), "{msg}");
    }
    server.get("/training/tasks/404/export?format=csv").expect_code(404, 1002);
    server.get("/training/tasks/x/export?format=csv").expect_code(400, 1001);
    let beyond = server.get_with(&format!("/training/tasks/{task}/export?format=csv"), &[("Range", "bytes=99999-")]);
    assert!(beyond.expect(416).need("content-range").starts_with("bytes */"));
    server.delete(&format!("/training/tasks/{task}")).expect_fine();
    server.get(&format!("/training/tasks/{task}/export?format=csv")).expect_code(404, 1002);
}

fn curl_and_aria2_resume_and_split_it(db: Db) {
    let server = Server::start_with(db, Settings::relaxed());
    let task = task_with(&server, 6, 600);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for format in ["yolo", "webdataset"] {
        let url = server.url(&format!("/training/tasks/{task}/export?format={format}"));
        let whole = server.get(&format!("/training/tasks/{task}/export?format={format}")).expect(200).body;
        let (resumed, split) = (format!("curl-{format}"), format!("aria-{format}"));
        std::fs::write(path(&resumed), &whole[..1_234_567]).unwrap();
        curl(&["-C", "-", "-f", "-o", &path(&resumed), &url]).fine();
        assert!(std::fs::read(path(&resumed)).unwrap() == whole, "curl -C -");
        let options = ["-q", "-x4", "-s4", "-k1M", "--no-conf", "--file-allocation=none", "--all-proxy="];
        let target = ["-d", folder.path().to_str().unwrap(), "-o", &split];
        run(program("aria2c").args(options).args(target).arg(&url)).fine();
        assert!(std::fs::read(path(&split)).unwrap() == whole, "aria2c -x4");
    }
}

fn a_change_in_the_middle_breaks_it_off(db: Db) {
    let server = Server::start_with(db, Settings::relaxed());
    let task = task_with(&server, 8, 1000);
    let path = format!("/training/tasks/{task}/export?format=imagefolder");
    let whole = server.get(&path).expect(200).body;
    let mut connection = Connection::open(server.port());
    connection.send(&http::head(server.port(), "GET", &path, &[], None));
    // The transfer stands still while nobody reads: more than the buffers on its way is left.
    std::thread::sleep(std::time::Duration::from_millis(300));
    let class = json!({"name": "dog", "color": "#000000"});
    server.send_json("POST", &format!("/training/tasks/{task}/classes"), &class).expect_fine();
    let answer = connection.answer().unwrap();
    assert_eq!(answer.status, 200);
    assert!(!answer.complete && answer.body.len() < whole.len(), "{} of {}", answer.body.len(), whole.len());
    assert!(whole.starts_with(&answer.body[..answer.body.len().min(1000)]));
    let again = server.get(&path).expect(200);
    assert_eq!(again.need("content-length"), again.body.len().to_string());
}

fn parts_of_two_states_never_become_one_file(db: Db) {
    let server = Server::start_with(db, Settings::relaxed());
    let task = task_with(&server, 4, 300);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let address = format!("/training/tasks/{task}/export?format=imagefolder");
    let url = server.url(&address);
    let whole = server.get(&address).expect(200).body;
    for (name, size) in [("curl", 500_000), ("wget", 500_000), ("whole-curl", whole.len()), ("whole-wget", whole.len())]
    {
        std::fs::write(path(name), &whole[..size]).unwrap();
    }
    server.ready_png(&task, "new.png", (5, 5), &pictures::png(5, 5, 1));
    let curl = |name: &str| run(program("curl").args(["-sS", "-C", "-", "-o", &path(name), &url])).code;
    let wget = |name: &str| run(program("wget").args(["-q", "-c", "--no-proxy", "-O", &path(name), &url])).code;
    for (name, code) in [("curl", curl("curl")), ("wget", wget("wget"))] {
        assert_ne!(code, Some(0), "{name}");
        assert!(std::fs::read(path(name)).unwrap() == whole[..500_000], "{name}: not a byte is added");
    }
    for (name, _) in [("whole-curl", curl("whole-curl")), ("whole-wget", wget("whole-wget"))] {
        assert!(std::fs::read(path(name)).unwrap() == whole, "{name}: what was whole stays so");
    }
    let refused = server.get_with(&address, &[("Range", "bytes=500000-")]);
    refused.expect_code(412, 1017);
    let ended = server.get_with(&address, &[("Range", &format!("bytes={}-", whole.len()))]);
    // Whoever names the state, or has begun with it, goes on.
    let today = server.get(&address).expect(200);
    assert_eq!(ended.expect(416).need("content-range"), format!("bytes */{}", today.body.len()));
    let etag = today.need("etag");
    let named = server.get_with(&address, &[("Range", "bytes=500000-"), ("If-Range", etag)]).expect(206);
    assert!(named.body == today.body[500_000..]);
    let begun = server.get_with(&address, &[("Range", "bytes=500000-")]).expect(206);
    assert!(begun.body == today.body[500_000..]);
    let options = ["-q", "-x4", "-s4", "-k1M", "--no-conf", "--file-allocation=none", "--all-proxy="];
    let target = ["-d", folder.path().to_str().unwrap(), "-o", "split"];
    run(program("aria2c").args(options).args(target).arg(&url)).fine();
    assert!(std::fs::read(path("split")).unwrap() == today.body, "aria2c -x4");
}
