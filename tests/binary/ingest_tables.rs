//! Tables as spreadsheets and editors write them: read as they are meant, or refused with what to do.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::on_both_databases;
use crate::support::ingest::settings;
use crate::support::upload::word;
use crate::support::{Db, Server, pictures};

on_both_databases!(tables_are_read_as_they_are_meant, what_is_no_table_is_refused_with_what_to_do);

/// Nobody has this file.
const URI: &str = "granary:tag/none/a.jpg";

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(order).collect()
}

/// The URIs that a table's rows have, from the log of a task in which none comes out well.
fn rows(server: &Server, table: &[u8]) -> Vec<String> {
    let id = word(&server.try_create(&[("group_name", "tables")], Some(table)).expect(200).json()["id"]);
    server.ask(&id, "start").expect(200);
    let total = server.until_state(&id, 4)["total_num"].as_u64().unwrap();
    let uris: Vec<_> = server.log(&id).into_iter().map(|(uri, _, _)| uri).collect();
    assert_eq!(uris.len() as u64, total);
    uris
}

fn tables_are_read_as_they_are_meant(db: Db) {
    let server = Server::start_with(db, settings());
    let (gb, _, _) = encoding_rs::GB18030.encode("uri;tag\r\ngranary:tag/none/a.jpg;张三\r\n");
    let broken = ["uri,tag\n".as_bytes(), URI.as_bytes(), ",张三".as_bytes(), b"\xe6\x9d\n"].concat();
    for table in [
        format!("uri,tag,description\r\n{URI},人,x\r\n").into_bytes(),
        format!("uri;tag;description\r\n{URI};人;x\r\n").into_bytes(),
        format!("sep=;\r\nuri;tag;description\r\n{URI};人;x\r\n").into_bytes(),
        format!("\"sep=;\"\r\n{URI};人;x\r\n").into_bytes(),
        format!("\u{feff}sep=\t\n{URI}\t人\n").into_bytes(),
        utf16(&format!("uri\ttag\tdescription\r\n{URI}\t人\tx\r\n"), u16::to_le_bytes),
        utf16(&format!("TAG;Uri\r\n人;{URI}\r\n"), u16::to_be_bytes),
        format!("\u{feff}\"tag\"|\"URI\"\r\"a\"|\"{URI}\"\r").into_bytes(),
        format!("\"\u{feff}uri\" , tag\n\n  \n{URI},人,x,too,many\n").into_bytes(),
        format!("{URI};人;1,5\n").into_bytes(),
        URI.as_bytes().to_vec(),
        gb.into_owned(),
        broken,
    ] {
        assert_eq!(rows(&server, &table), [URI], "{}", String::from_utf8_lossy(&table));
    }
    // Addresses with commas and semicolons of their own.
    let odd = ["ftp://h/a;v=1,2.jpg", "ftp://h/b;v=2.jpg"];
    let quoted = format!("\"{}\",x;y,z\n\"{}\"\n", odd[0], odd[1]);
    assert_eq!(rows(&server, quoted.as_bytes()), odd);
    assert_eq!(rows(&server, format!("{}\n{}\n", odd[1], odd[1]).as_bytes()), [odd[1], odd[1]]);
    assert_eq!(rows(&server, format!("uri\ttag\n{}\tx\n", odd[0]).as_bytes()), [odd[0]]);
    // No base64, so that it has a line in the log.
    let data = "data:text/plain;base64,?";
    assert_eq!(rows(&server, format!("{data}\ttag\n").as_bytes()), [data]);
    assert_eq!(rows(&server, format!("\"{data}\";tag;x\n").as_bytes()), [data]);
    assert_eq!(rows(&server, format!("{data}\n").as_bytes()), ["data:text/plain;base64"]);
}

fn what_is_no_table_is_refused_with_what_to_do(db: Db) {
    let server = Server::start_with(db, settings());
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(b"uri\nhttp://h/1\n").unwrap();
    let gzip = gzip.finish().unwrap();
    for (file, what, advice) in [
        (&b"PK\x03\x04\x14\0\0\0\x08\0[Content_Types].xml"[..], "xlsx", "CSV UTF-8"),
        (b"PK\x03\x04\x14\0\0\0\0\0rows.csv", "zip", "CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0", "xls", "CSV UTF-8"),
        (&gzip, "gzip", "CSV"),
        (b"<html><body><table><tr><td>uri</td></tr></table>", "HTML", "CSV UTF-8"),
        (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "PDF", "uri,tag,description"),
        (&pictures::png(4, 3, 7), "from_tag", "from_tag"),
        (b"{\"rows\": []}", "JSON", "uri,tag,description"),
        (b"http://h/1\0,x\n", "NUL", "CSV UTF-8"),
        (b"u\0r\0i\0\n\0h\0", "UTF-16", "CSV UTF-8"),
    ] {
        let refused = server.try_create(&[("group_name", "g")], Some(file)).expect(400).json();
        assert_eq!(refused["code"], "invalid", "{refused}");
        let error = word(&refused["error"]);
        assert!(error.starts_with("file: ") && error.contains(advice), "{error}");
        let what = if what == "HTML" { "网页" } else { what };
        assert!(error.contains(what), "{error}");
    }
    let list = server.post("/v1/tasks/list", br#"{"group_name":"g"}"#).expect(200).json();
    assert_eq!(list["ids"].as_array().map(Vec::len), Some(0), "nothing was made");
    assert!(server.staged().is_empty(), "{:?}", server.staged());
}
