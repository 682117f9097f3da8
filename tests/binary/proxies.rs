//! The snippets for nginx and Caddy that `docs/operations.md` gives, run as they stand there: uploads are passed on while they arrive,
//! transfers resume, what broke off stores nothing, events come at once, and a browser's own writes pass.

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};

use crate::support::raw::Connection;
use crate::support::server::free_port;
use crate::support::{Db, Server, http, ingest, noise, tools, wait};

/// The name that the snippets serve.
const HOST: &str = "images.example.org";

/// A proxy in front of a server; dropping it ends it.
struct Proxy {
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The block of `docs/operations.md` that is marked so.
fn snippet(language: &str) -> String {
    let text = include_str!("../../docs/operations.md");
    let block = text.split_once(&format!("```{language}\n")).expect("the block").1;
    block.split_once("```").expect("its end").0.to_owned()
}

/// The snippet for this machine: plain HTTP on a free port, before our server.
fn nginx(server: &Server, port: u16) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let site = snippet("nginx").replace("127.0.0.1:8000", &server.host());
    let plain = |line: &&str| !line.contains("ssl_certificate");
    let site: String = site.lines().filter(plain).map(|line| line.to_owned() + "\n").collect();
    let site = site.replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port};"));
    assert!(site.contains(&server.host()) && site.contains(&port.to_string()), "{site}");
    let path = folder.path().display();
    let mut main = format!("daemon off; worker_processes 1; pid {path}/pid; error_log {path}/error.log;\n");
    let places =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {path}/{kind};"));
    write!(main, "events {{}}\nhttp {{ access_log off; {}\n{site}}}\n", places.join(" ")).unwrap();
    std::fs::write(folder.path().join("nginx.conf"), main).unwrap();
    let mut command = tools::program("nginx");
    command.arg("-p").arg(folder.path()).arg("-c").arg(folder.path().join("nginx.conf"));
    start(command, port, folder)
}

fn caddy(server: &Server, port: u16) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let site = snippet("caddyfile").replace("127.0.0.1:8000", &server.host());
    let site = site.replacen(HOST, &format!("http://{HOST}:{port}"), 1);
    let file = folder.path().join("Caddyfile");
    std::fs::write(&file, format!("{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}}\n{site}")).unwrap();
    let mut command = tools::program("caddy");
    command.args(["run", "--config"]).arg(&file).env("HOME", folder.path()).env("XDG_DATA_HOME", folder.path());
    start(command, port, folder)
}

fn start(mut command: Command, port: u16, folder: tempfile::TempDir) -> Proxy {
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("the proxy");
    let proxy = Proxy { child, _folder: folder };
    wait::until_true("the proxy's first answer", || ask(port, "GET", "/livez", &[], b"").is_some());
    proxy
}

/// A request by the name that the proxy serves.
fn ask(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<http::Answer> {
    let mut connection = Connection::try_open(port).ok()?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    connection.send(format!("{head}\r\n").as_bytes());
    connection.send(body);
    connection.answer_to(method)
}

fn behaves(proxy: fn(&Server, u16) -> Proxy) {
    let port = free_port();
    // Without accounts, whoever comes through a proxy is let in only where that is said.
    let server = Server::start_with(Db::Sqlite, ingest::settings().set("ROCKET_AUTH", "{open=true}"));
    let _proxy = proxy(&server, port);
    uploads_are_passed_on(&server, port);
    transfers_resume(port);
    // Names with everything in them arrive as they were sent.
    let odd = ask(port, "PUT", "/upload/far/%E5%9B%BE%20%2B%25%3F%23.jpg", &[], b"odd").expect("an answer").expect(201);
    assert_eq!(odd.json()["name"], "图 +%?#.jpg");
    events_come_at_once(&server, port);
    own_pages_may_write(port);
}

fn uploads_are_passed_on(server: &Server, port: u16) {
    // Longer than nginx's own limit of a body, and passed on while it arrives.
    let bytes = noise(7, 3 << 20);
    let head =
        |name| format!("PUT /upload/far/{name} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {}\r\n\r\n", bytes.len());
    let mut connection = Connection::open(port);
    connection.send(head("a.bin").as_bytes());
    connection.send(&bytes[..2 << 20]);
    wait::until_true("the first part at the server", || !server.staged().is_empty());
    connection.send(&bytes[2 << 20..]);
    assert_eq!(connection.answer().expect("an answer").status, 201);
    // What breaks off stores nothing.
    let mut cut = Connection::open(port);
    cut.send(head("cut.bin").as_bytes());
    cut.send(&bytes[..2 << 20]);
    wait::until_true("the first part at the server", || !server.staged().is_empty());
    drop(cut);
    wait::until_true("staging is empty again", || server.staged().is_empty());
    assert_eq!(server.names("far"), ["a.bin"]);
}

fn transfers_resume(port: u16) {
    let whole = ask(port, "GET", "/tags/far/zip", &[], b"").expect("the zip").expect(200);
    let etag = whole.need("etag").to_owned();
    assert_eq!(whole.need("content-length"), whole.body.len().to_string());
    let rest = ask(port, "GET", "/tags/far/zip", &[("Range", "bytes=1000000-"), ("If-Range", &etag)], b"");
    assert_eq!(rest.expect("the rest").expect(206).body, &whole.body[1_000_000..]);
}

/// The first event of a task's page is there although the stream goes on.
fn events_come_at_once(server: &Server, port: u16) {
    let id = server.create(&[("group_name", "g")], "ftp://a/b.jpg\n");
    let mut stream = Connection::open(port);
    stream.send(format!("GET /ingest/{id}/events HTTP/1.1\r\nHost: {HOST}\r\n\r\n").as_bytes());
    assert!(stream.comes(b"data:"), "no event");
}

fn own_pages_may_write(port: u16) {
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let send = |origin: &str| {
        ask(port, "POST", "/theme", &[("Origin", origin), form], b"theme=dark").expect("an answer").status
    };
    assert_eq!(send("http://evil.example"), 403);
    assert_eq!(send(&format!("http://{HOST}:{}", port - 1)), 403);
    assert_eq!(send(&format!("http://{HOST}:{port}")), 303);
}

#[test]
fn nginx_as_the_document_has_it() {
    behaves(nginx);
}

#[test]
fn caddy_as_the_document_has_it() {
    behaves(caddy);
}
