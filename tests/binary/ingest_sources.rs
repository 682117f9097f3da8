//! Pictures from sources that send them coded, whatever was asked for.

use crate::on_both_databases;
use crate::support::ingest::settings;
use crate::support::source::Source;
use crate::support::{Db, Server, pictures};

on_both_databases!(coded_pictures_are_pictures);

fn coded_pictures_are_pictures(db: Db) {
    let (server, source) = (Server::start_with(db, settings()), Source::start(pictures::png(40, 30, 7)));
    let [plain, gzip, strange] = ["/good/1", "/gzip/1", "/strange/1"].map(|path| source.url(path));
    let id = server.create(&[], &format!("{plain}\n{gzip}\n{strange}\n"));
    server.ask(&id, "start").expect(200);
    server.until_state(&id, 4);
    let log = server.log(&id);
    assert_eq!(log.len(), 1, "{log:?}");
    let (uri, code, message) = &log[0];
    assert_eq!((uri, *code), (&strange, 101));
    assert!(message.contains("sdch"), "{message}");
    let faces = server.json("/api/v1/groups/g/faces");
    let digests: Vec<_> = faces["items"].as_array().unwrap().iter().map(|face| face["sha256"].clone()).collect();
    assert_eq!(digests.len(), 2);
    assert_eq!(digests[0], digests[1], "the same picture, however it came");
}
