//! Starting and not starting: one clear line and exit code 2 for what the operator can mend.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::on_both_databases;
use crate::support::tools::{Ran, run};
use crate::support::{Db, Server, Settings, server::free_port, wait};

/// `granary serve` under a time limit, with the variables of a good start and then these.
fn serve(folder: &Path, variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new("timeout");
    command.args(["60", env!("CARGO_BIN_EXE_granary"), "serve"]);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ROCKET_") {
            command.env_remove(name);
        }
    }
    let data = folder.join("data");
    command.current_dir(folder).env("ROCKET_PORT", free_port().to_string()).env("ROCKET_DATA_DIR", data);
    command.env("ROCKET_CLI_COLORS", "false").envs(variables.iter().copied());
    run(&mut command)
}

/// Exit 2, one line on standard error that names `word`, no panic.
#[track_caller]
fn expect_one_line(ran: &Ran, word: &str) {
    let said = format!("{}{}", ran.text(), ran.err);
    assert_eq!(ran.code, Some(2), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    let lines: Vec<&str> = ran.err.lines().filter(|line| !line.trim().is_empty()).collect();
    assert_eq!(lines.len(), 1, "{said}");
    let line = lines[0].to_lowercase();
    assert!(line.contains(&word.to_lowercase()), "no {word:?} in {line:?}");
}

#[test]
fn wrong_values_are_one_clear_line_that_names_the_key() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value, word) in [
        ("ROCKET_PORT", "seventy", "port"),
        ("ROCKET_PORT", "70000", "port"),
        ("ROCKET_ADDRESS", "not an address", "address"),
        ("ROCKET_DURABILITY", "sometimes", "durability"),
        ("ROCKET_UPLOAD", r#"{max_size="much"}"#, "max_size"),
        ("ROCKET_UPLOAD", r#"{max_sise="1 GiB"}"#, "max_sise"),
        ("ROCKET_STORAGE", r#"{min_free="-1 GiB"}"#, "min_free"),
        ("ROCKET_STORAGE", r#"{minimum="1 GiB"}"#, "minimum"),
        ("ROCKET_TRASH", r#"{keep="for ever and a day"}"#, "keep"),
        ("ROCKET_CORS", r#"{allow_origins="not a list"}"#, "allow_origins"),
        ("ROCKET_CORS", r#"{allow_origin=["https://a.example"]}"#, "allow_origin"),
        ("ROCKET_CORS", r#"{allow_origins=["no origin at all"]}"#, "allow_origins"),
        ("ROCKET_AUTH", r#"{open="perhaps"}"#, "open"),
        ("ROCKET_FACES", r#"{engine="dlib"}"#, "engine"),
        ("ROCKET_FACES", r#"{engin="null"}"#, "engin"),
        ("ROCKET_FACES", r#"{engine="yunet"}"#, "faces."),
        ("ROCKET_DATABASES", r#"{granary={url="postgres://x/y"}}"#, "url"),
        ("ROCKET_DATABASES", r#"{granary={url="mysql://root@127.0.0.1:1/none"}}"#, "database"),
    ] {
        let ran = serve(folder.path(), &[(name, value)]);
        eprintln!("{name}={value}");
        expect_one_line(&ran, word);
    }
}

#[test]
fn a_broken_configuration_file_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Rocket.toml");
    std::fs::write(&file, "[default\nport = 1").unwrap();
    let broken = serve(folder.path(), &[]);
    assert_eq!(broken.code, Some(2), "{}", broken.err);
    assert!(!broken.err.contains("panicked"), "{}", broken.err);
    std::fs::write(&file, "[default.upload]\nmax_size = \"1 GiB\"\nmax_sise = \"1 GiB\"\n").unwrap();
    expect_one_line(&serve(folder.path(), &[]), "max_sise");
}

#[test]
fn a_port_that_is_taken_is_named_with_its_address() {
    let folder = tempfile::tempdir().unwrap();
    let holder = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = holder.local_addr().unwrap();
    let port = address.port().to_string();
    // However the address came to be: by default, or by name.
    for variables in [vec![("ROCKET_PORT", &*port)], vec![("ROCKET_PORT", &*port), ("ROCKET_ADDRESS", "127.0.0.1")]] {
        let ran = serve(folder.path(), &variables);
        expect_one_line(&ran, &format!("granary: {address} can't be bound"));
    }
}

#[test]
fn an_unusable_data_folder_is_one_clear_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "x").unwrap();
    for path in [file.clone(), file.join("below"), "/proc/granary".into()] {
        let ran = serve(folder.path(), &[("ROCKET_DATA_DIR", path.to_str().unwrap())]);
        expect_one_line(&ran, path.to_str().unwrap());
    }
}

#[test]
fn a_foreign_address_needs_accounts_or_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let ran = serve(folder.path(), &[("ROCKET_ADDRESS", "0.0.0.0")]);
    expect_one_line(&ran, "auth.open");
}

#[test]
fn version_and_help_answer_without_a_server() {
    let granary = |arguments: &[&str]| run(Server::command().args(arguments)).fine().text();
    let version = granary(&["--version"]);
    assert!(version.starts_with("granary ") && version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    assert!(granary(&["serve", "--help"]).contains("serve"));
    assert!(granary(&["--help"]).contains("serve"));
    let wrong = run(Server::command().arg("--nonsense"));
    assert_eq!(wrong.code, Some(2), "{}", wrong.err);
}

on_both_databases!(health_answers, the_first_lines_say_where_and_how, a_second_start_finds_everything);

fn health_answers(db: Db) {
    let server = Server::start(db);
    server.get("/livez").expect(200);
    server.get("/readyz").expect(200);
    // A folder that can't be written any more isn't ready, but alive.
    let staging = server.data_dir().join("staging");
    std::fs::remove_dir_all(&staging).unwrap();
    std::fs::write(&staging, "in the way").unwrap();
    let unready = server.get("/readyz");
    assert_eq!(unready.status, 503, "{}", unready.text());
    server.get("/livez").expect(200);
    std::fs::remove_file(&staging).unwrap();
    std::fs::create_dir(&staging).unwrap();
    server.get("/readyz").expect(200);
}

fn the_first_lines_say_where_and_how(db: Db) {
    let server = Server::start(db);
    let printed = wait::until("the first lines", || {
        let printed = server.printed();
        printed.contains("/upload/").then_some(printed)
    });
    for word in [server.url(""), server.data_dir().display().to_string(), "curl".to_owned()] {
        assert!(printed.contains(&word), "no {word} in {printed}");
    }
    let relaxed = Server::start_with(db, Settings::relaxed());
    wait::until_true("a word about relaxed durability", || {
        let printed = relaxed.printed().to_lowercase();
        printed.contains("relaxed") || printed.contains("fsync")
    });
}

fn a_second_start_finds_everything(db: Db) {
    let mut server = Server::start(db);
    server.store("t", "a", b"x");
    assert_eq!(server.terminate().code(), Some(0));
    server.restart();
    server.signal(Signal::INT);
    assert_eq!(server.wait().code(), Some(0), "Ctrl-C is a clean end");
    server.restart();
    assert_eq!(server.names("t"), ["a"]);
}

#[test]
fn a_second_server_on_the_same_folder_refuses() {
    let server = Server::start(Db::Sqlite);
    let elsewhere = tempfile::tempdir().unwrap();
    let data = server.data_dir();
    let ran = serve(elsewhere.path(), &[("ROCKET_DATA_DIR", data.to_str().unwrap())]);
    expect_one_line(&ran, data.to_str().unwrap());
    server.store("t", "a", b"the first one goes on");
}

#[test]
fn a_data_folder_may_have_any_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("100%41 sure? 数据 #1");
    let server =
        Server::start_with(Db::Sqlite, Settings::default().set("ROCKET_DATA_DIR", &data.display().to_string()));
    server.upload("t", "a", b"kept").expect(201);
    assert_eq!(server.names("t"), ["a"]);
    assert!(data.join("granary.db").is_file() && data.join("blobs").is_dir());
}
