//! Logs name addresses in full, take no memory of their length, and are Chinese on the wire whoever asks.

use std::fmt::Write as _;

use crate::on_both_databases;
use crate::support::face_server::{Day, FaceServer};
use crate::support::ingest::settings;
use crate::support::upload::word;
use crate::support::{Db, Server, Settings, base64, pictures};

on_both_databases!(
    addresses_stand_in_full_wherever_they_are_told,
    a_long_log_takes_no_memory,
    outcomes_are_told_in_the_readers_language
);

/// An address as a store of objects signs it: 8,000 bytes.
fn signed() -> String {
    let start = "ftp://bucket.example/a.jpg?X-Signature=";
    format!("{start}{}", "0123456789abcdef".repeat(500))[..8000].to_owned()
}

fn addresses_stand_in_full_wherever_they_are_told(db: Db) {
    let server = Server::start_with(db, settings());
    let signed = signed();
    let too_long = format!("http://h/{}", "长".repeat(3000));
    let data = format!("data:image/png;base64,{}", "A".repeat(5000));
    let id = server.create(&[], &format!("{signed}\n{too_long}\n\"{data}\"\n"));
    server.ask(&id, "start").expect(200);
    server.until_state(&id, 4);
    let log = server.log(&id);
    let uris: Vec<_> = log.iter().filter(|(_, code, _)| *code == 101).map(|(uri, _, _)| uri.as_str()).collect();
    assert_eq!(uris, [signed.as_str(), &too_long]);
    let too_long_told = &log[1].2;
    assert!(too_long_told.contains("uri 太长") && !too_long_told.contains("图片"), "{too_long_told}");
    let file = server.ask(&id, "download_log").expect(200).text();
    assert!(file.contains(&format!("\r\n{signed},101,")), "a line that can be sent again");
    let page = server.get(&format!("/ingest/{id}")).expect(200).text();
    assert!(page.contains(&signed), "the page reaches the whole address");
    assert!(page.contains(&format!("{}…", &signed[..240])), "and shows its beginning");

    let stopped = server.create(&[("mode", "1")], &format!("{too_long}\n"));
    server.ask(&stopped, "start").expect(200);
    let error = word(&server.until_state(&stopped, 3)["last_error"]);
    assert!(error.starts_with(&format!("{too_long}: ")) && error.contains("8192"), "{error}");

    // A face keeps where it came from in full, too, for it to be found again.
    server.store("t", "a.png", &pictures::png(40, 30, 7));
    let own = "granary:tag/t/%61.png";
    let id = server.create(&[("group_name", "own")], &format!("{own}\n"));
    server.ask(&id, "start").expect(200);
    server.until_state(&id, 4);
    assert_eq!(server.json("/api/v1/groups/own/faces")["items"][0]["uri"], own);
}

fn a_long_log_takes_no_memory(db: Db) {
    const ROWS: usize = 5000;
    let mut server = Server::start_with(db, settings());
    let signed = signed();
    let mut csv = String::with_capacity(ROWS * 8020);
    for n in 0..ROWS {
        writeln!(csv, "{signed}{n:05}").unwrap();
    }
    let id = server.create(&[("thread_num", "8")], &csv);
    server.ask(&id, "start").expect(200);
    server.until_state(&id, 4);
    server.kill();
    server.restart();
    server.ask(&id, "log?limit=1").expect(200);
    server.get(&format!("/ingest/{id}")).expect(200);
    let before = server.peak_memory_kib();
    let file = server.ask(&id, "download_log").expect(200).text();
    assert_eq!(file.lines().count(), ROWS + 1);
    assert!(file.len() > 40_000_000);
    assert_eq!(server.log(&id).len(), ROWS);
    server.get(&format!("/ingest/{id}?code=101")).expect(200);
    let grown = server.peak_memory_kib() - before;
    // The page caches of SQLite's four readers, 8 MiB each, fill up once; a log held whole would take 80 MB beside them.
    assert!(grown < 64 * 1024, "{grown} KiB for a log of 40 MB");
}

fn outcomes_are_told_in_the_readers_language(db: Db) {
    let faces = FaceServer::start();
    let table = format!(r#"{{engine="compreface",url="{}",keys={{detection="d",recognition="r"}}}}"#, faces.url());
    let server = Server::start_with(db, Settings::default().set("ROCKET_FACES", &table));
    let png = pictures::png(40, 30, 7);
    let picture = format!("\"data:image/png;base64,{}\"\n", base64(&png));
    let cut = format!("\"data:image/png;base64,{}\"\n", base64(&png[..png.len() - 20]));
    let unfetched = "ftp://h/1\nC:\\a.jpg\nhttp://u:p@h/1\nhttp://127.0.0.1/1\ngranary:tag/none/1\n";
    for (day, fields, csv, codes) in [
        (
            Day::Good,
            &[("width", "30")][..],
            format!("{unfetched}{cut}{picture}"),
            &[101, 101, 101, 101, 101, 102, 205][..],
        ),
        (Day::Good, &[("height", "30")], picture.clone(), &[206]),
        (Day::AddsFail, &[], picture.clone(), &[302]),
        (Day::Down, &[], picture.clone(), &[301]),
    ] {
        faces.set_day(day);
        let id = server.create(fields, &csv);
        server.ask(&id, "start").expect(200);
        server.until_state(&id, 4);
        let read = |path: &str, lang| server.get_with(path, &[("Accept-Language", lang)]).expect(200);
        for what in ["log", "download_log", "detail"] {
            let path = format!("/v1/tasks/{id}/{what}");
            assert_eq!(read(&path, "en").text(), read(&path, "zh-CN").text(), "{what}");
        }
        let log = server.log(&id);
        assert_eq!(log.iter().map(|(_, code, _)| *code).collect::<Vec<_>>(), codes, "{log:?}");
        let told = |lang| -> Vec<String> {
            let page = read(&format!("/ingest/{id}"), lang).text();
            let parts = page.split("class=\"line-message\">").skip(1);
            parts.map(|part| part.split('<').next().unwrap_or_default().to_owned()).collect()
        };
        let (english, chinese) = (told("en"), told("zh-CN"));
        assert_eq!((english.len(), chinese.len()), (codes.len(), codes.len()));
        for ((english, chinese), (_, _, message)) in english.iter().zip(&chinese).zip(&log) {
            assert!(english.is_ascii() && !english.is_empty(), "{english}");
            assert!(!chinese.is_ascii() && !message.is_ascii(), "{chinese} {message}");
        }
    }
    let refused = |lang| {
        let answer = server.send("POST", "/v1/tasks/list", &[("Accept-Language", lang)], b"{}").expect(400).json();
        word(&answer["error"])
    };
    assert!(refused("en").is_ascii() && !refused("zh").is_ascii() && !refused("fr").is_ascii());
}
