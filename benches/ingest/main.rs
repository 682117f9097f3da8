//! `cargo bench --bench ingest`: what face ingest tasks cost beside the engine, on this machine, as one table.
//!
//! Always on SQLite; on MariaDB too where `GRANARY_TEST_MYSQL` names a server. The real server with the engine `null`, asked by
//! HTTP. Every figure is of durable work.
#![allow(
    clippy::cast_precision_loss,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a measurement, not the server"
)]
#![allow(dead_code, reason = "the server is shared with another measurement")]

#[path = "../training/server.rs"]
mod server;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use granary::platform::db::{Db, Options, Sql};
use server::Server;
use sqlx::migrate::MigrateDatabase as _;

/// A database of its own, and the folder of the server over it.
pub struct Place {
    engine: &'static str,
    folder: PathBuf,
    /// `None` is the server's own SQLite file in its folder.
    mysql: Option<String>,
}

const NULL: [(&str, &str); 1] = [("ROCKET_FACES", r#"{engine="null"}"#)];

fn row(engine: &str, work: &str, figure: &str, peak: Option<u64>) {
    let peak = peak.map_or_else(String::new, |peak| format!("{peak} MiB"));
    println!("{engine:<8} {work:<56} {figure:>34} {peak:>8}");
}

/// A number of an answer's JSON.
fn number(text: &str, name: &str) -> i64 {
    let at = text.find(&format!("\"{name}\":")).expect(name) + name.len() + 3;
    let digits: String = text[at..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect(name)
}

fn create(server: &Server, csv: &str) -> String {
    let part = |name: &str, more: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{value}\r\n")
    };
    let body = part("group_name", "", "g") + &part("file", "; filename=\"a.csv\"", csv) + "--b--\r\n";
    let answer = server.ask_with(
        "POST",
        "/v1/tasks/create",
        "Content-Type: multipart/form-data; boundary=b\r\n",
        body.as_bytes(),
    );
    assert_eq!(answer.status, 200, "{}", answer.text);
    let at = answer.text.find("\"id\":\"").unwrap() + 6;
    answer.text[at..at + 12].to_owned()
}

fn detail(server: &Server, id: &str) -> String {
    server.ask("GET", &format!("/v1/tasks/{id}/detail"), "").text
}

fn start(server: &Server, id: &str) {
    assert_eq!(server.ask("POST", &format!("/v1/tasks/{id}/start"), "").status, 200);
}

fn addresses(count: usize) -> String {
    let mut csv = String::with_capacity(count * 48);
    for n in 0..count {
        writeln!(csv, "ftp://host/{n}.jpg,tag {n},description {n}").unwrap();
    }
    csv
}

/// Create with a million rows, and go on with them when nine tenths are done.
async fn million(place: &Place) {
    const ROWS: usize = 1_000_000;
    let server = Server::start_with(place, &NULL);
    let csv = addresses(ROWS);
    let begun = Instant::now();
    let id = create(&server, &csv);
    let time = begun.elapsed();
    row(
        place.engine,
        "create with a CSV of 1,000,000 rows",
        &format!("{:.2} s", time.as_secs_f64()),
        Some(server.peak()),
    );
    let offset = addresses(ROWS / 10 * 9).len();
    let sqlite = || format!("sqlite:{}", place.folder.join("granary.db").display());
    let url = place.mysql.clone().unwrap_or_else(sqlite);
    let db = Db::connect(&Options { url, durable: true }).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let sql =
        "UPDATE ingest_tasks SET state = 3, handled_num = 900000, mark_row = 900000, mark_offset = ? WHERE id = ?";
    tx.execute(Sql::new(sql).bind(i64::try_from(offset).unwrap()).bind(id.as_str())).await.unwrap();
    tx.commit().await.unwrap();
    db.shut().await;
    let begun = Instant::now();
    start(&server, &id);
    while number(&detail(&server, &id), "handled_num") == 900_000 {}
    let time = format!("{:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    row(place.engine, "first new row of 1,000,000 with 900,000 done", &time, Some(server.peak()));
    assert_eq!(server.ask("POST", &format!("/v1/tasks/{id}/delete"), "").status, 200);
}

/// A hundred thousand pictures that bring their bytes along, with somebody who looks all the time.
fn data_rows(place: &Place) {
    const ROWS: usize = 100_000;
    let mut csv = String::new();
    for n in 0..ROWS {
        writeln!(csv, "\"data:image/gif;base64,R0lGODlhHwARAA{n:08}\",tag {n},description {n}").unwrap();
    }
    let server = Server::start_with(place, &NULL);
    let id = create(&server, &csv);
    let begun = Instant::now();
    start(&server, &id);
    let (mut details, mut logs) = (Vec::new(), Vec::new());
    loop {
        let answer = server.ask("GET", &format!("/v1/tasks/{id}/detail"), "");
        details.push(answer.last);
        logs.push(server.ask("GET", &format!("/v1/tasks/{id}/log?limit=100"), "").last);
        if number(&answer.text, "state") == 4 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let rate = ROWS as f64 / begun.elapsed().as_secs_f64();
    row(place.engine, "100,000 data: rows, engine null", &format!("{rate:.0} rows/s"), Some(server.peak()));
    for (name, times) in [("detail", &mut details), ("log", &mut logs)] {
        times.sort_unstable();
        let p99 = times[(times.len() - 1) * 99 / 100];
        row(place.engine, &format!("{name} while it runs, p99"), &format!("{:.1} ms", p99.as_secs_f64() * 1e3), None);
    }
}

#[tokio::main]
async fn main() {
    let root = std::env::temp_dir().join(format!("granary-bench-{}", std::process::id()));
    let mut places = vec![Place { engine: "SQLite", folder: root.join("sqlite"), mysql: None }];
    if let Ok(base) = std::env::var("GRANARY_TEST_MYSQL") {
        let url = base.replace("/granary_test", &format!("/granary_bench_{}", std::process::id()));
        sqlx::MySql::create_database(&url).await.unwrap();
        places.push(Place { engine: "MariaDB", folder: root.join("mariadb"), mysql: Some(url) });
    }
    row("", "work", "figure", None);
    for place in &places {
        std::fs::create_dir_all(&place.folder).unwrap();
        million(place).await;
        data_rows(place);
        if let Some(url) = &place.mysql {
            sqlx::MySql::drop_database(url).await.unwrap();
        }
    }
    std::fs::remove_dir_all(&root).unwrap();
}
