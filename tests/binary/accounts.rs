//! Doors of the real server: the command line beside it, the first start on a public address, and no secret where it has no
//! business.

use std::process::Command;

use crate::on_both_databases;
use crate::support::tools::run;
use crate::support::{Db, Server, Settings, server::free_port, wait};

const PASSWORD: &str = "barley and spelt 7";

on_both_databases!(
    the_command_line_opens_and_shuts_the_doors,
    no_secret_is_told_anywhere,
    many_uploads_are_one_line_that_outlives_the_server,
);

/// Runs a command that must succeed; what it printed.
#[track_caller]
fn granary(server: &Server, arguments: &[&str], input: &str) -> String {
    let (code, out, err) = server.run(arguments, input);
    assert_eq!(code, 0, "{arguments:?}: {out}{err}");
    out
}

/// Adds an admin while the server runs, and waits until the server has seen that there is an account.
fn shut(server: &Server) {
    assert_eq!(server.get("/api/v1/tags").status, 200);
    let said = granary(server, &["user", "add", "keeper"], PASSWORD);
    assert_eq!(said, "keeper may admin\n");
    wait::until("shut doors", || (server.get("/api/v1/tags").status == 401).then_some(()));
}

fn bearer(token: &str) -> String {
    format!("Bearer {}", token.trim())
}

fn the_command_line_opens_and_shuts_the_doors(db: Db) {
    let server = Server::start(db);
    shut(&server);
    assert_eq!(granary(&server, &["user", "add", "walker"], PASSWORD), "walker may write\n");
    let token = bearer(&granary(&server, &["token", "add", "script", "--scope", "read", "--user", "walker"], ""));
    let status = |token: &str| server.get_with("/api/v1/tags", &[("Authorization", token)]).status;
    assert_eq!(status(&token), 200);

    let listed = granary(&server, &["token", "list"], "");
    assert!(listed.contains("script") && listed.contains(" read walker  expires never"), "{listed}");
    assert!(!listed.contains(token.trim_start_matches("Bearer ")));
    granary(&server, &["user", "disable", "walker"], "");
    assert_eq!(status(&token), 401);
    granary(&server, &["user", "enable", "WALKER"], "");
    assert_eq!(status(&token), 200);
    let id = listed.split(' ').next().unwrap();
    granary(&server, &["token", "revoke", id], "");
    assert_eq!(status(&token), 401);
    let users = granary(&server, &["user", "list"], "");
    assert!(users.contains("keeper") && users.contains("admin") && users.contains("walker"), "{users}");

    for (arguments, input, word) in [
        (&["user", "add", "keeper"][..], PASSWORD, "already"),
        (&["user", "add", "other"], "short", "10 characters"),
        (&["user", "add", "other", "--role", "king"], PASSWORD, "role"),
        (&["user", "passwd", "nobody"], PASSWORD, "no such user"),
        (&["token", "add", "x", "--scope", "fly"], "", "scope"),
        (&["token", "add", "x", "--scope", "admin", "--user", "walker"], "", "more than you can"),
        (&["token", "revoke", id], "", "no such token"),
    ] {
        let (code, _, err) = server.run(arguments, input);
        assert_eq!(code, 2, "{arguments:?}: {err}");
        assert_eq!(err.lines().count(), 1, "{err}");
        assert!(err.contains(word), "{arguments:?}: {err}");
    }
}

/// Signs in; the cookie.
fn sign_in(server: &Server, password: &str) -> (u16, String) {
    let body = format!("name=keeper&password={}", password.replace(' ', "+"));
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = server.send("POST", "/login", &form, body.as_bytes());
    let cookie = answer.header("set-cookie").and_then(|set| set.strip_prefix("session=")).unwrap_or_default();
    (answer.status, cookie.split(';').next().unwrap_or_default().to_owned())
}

fn no_secret_is_told_anywhere(db: Db) {
    let server = Server::start_with(db, Settings::default().set("RUST_LOG", "trace"));
    shut(&server);
    let token = granary(&server, &["token", "add", "script", "--scope", "admin"], "");
    let token = token.trim();
    let (status, session) = sign_in(&server, PASSWORD);
    assert_eq!((status, session.len()), (303, 43));
    assert_eq!(sign_in(&server, "a wrong password").0, 401);

    let cookie = format!("session={session}");
    let basic = format!("Basic {}", crate::support::base64(format!("x:{token}").as_bytes()));
    let mut told = String::new();
    for (header, value) in [("Authorization", &bearer(token)), ("Authorization", &basic), ("Cookie", &cookie)] {
        for path in
            ["/", "/account", "/audit", "/about", "/api/v1/tags", "/training/tasks", "/no/such", "/v1/tasks/x/log"]
        {
            told += &server.get_with(path, &[(header, value)]).text();
        }
        for (method, path) in [("PUT", "/upload/t/a.txt"), ("POST", "/training/tasks"), ("PATCH", "/api/v1/tags")] {
            told += &server.send(method, path, &[(header, value), ("Content-Type", "text/plain")], b"x").text();
        }
    }
    told += &granary(&server, &["user", "list"], "");
    told += &granary(&server, &["token", "list"], "");
    told += &server.printed();
    for secret in [token, &session, PASSWORD, &PASSWORD.replace(' ', "+"), "a wrong password", "a+wrong+password"] {
        let body = secret.trim_start_matches("granary_");
        assert!(!told.contains(body), "{secret} stands in: {}", around(&told, body));
    }
    // Nor at rest: what is stored opens nothing.
    for path in std::fs::read_dir(server.data_dir()).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            for secret in [token, &session, PASSWORD] {
                assert!(!text.contains(secret), "{}", path.display());
            }
        }
    }
}

fn around<'t>(text: &'t str, word: &str) -> &'t str {
    let at = text.find(word).unwrap_or(0);
    let start = text[..at].rfind('\n').unwrap_or(0);
    &text[start..at + word.len()]
}

fn many_uploads_are_one_line_that_outlives_the_server(db: Db) {
    let mut server = Server::start(db);
    shut(&server);
    let token = bearer(&granary(&server, &["token", "add", "camera", "--scope", "upload:t*"], ""));
    for n in 0..20 {
        let put = server.send("PUT", &format!("/upload/t1/{n}"), &[("Authorization", &token)], b"x");
        assert_eq!(put.status, 201, "{}", put.text());
    }
    assert_eq!(server.send("PUT", "/upload/x/1", &[("Authorization", &token)], b"x").status, 403);
    assert!(server.terminate().success());
    server.restart();
    let (_, session) = sign_in(&server, PASSWORD);
    let page = server.get_with("/audit", &[("Cookie", &format!("session={session}"))]).expect(200).text();
    assert!(page.contains("camera") && page.contains("/upload/t1") && page.contains("user add"), "{page}");
    // A minute may turn while they come in.
    let times: u32 = page.split("× ").skip(1).filter_map(|rest| rest.split('<').next()?.parse::<u32>().ok()).sum();
    assert!((18..=20).contains(&times), "{times}");
}

#[test]
fn a_public_address_wants_an_account_or_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |open: &str| {
        let mut command = Command::new("timeout");
        command.args(["--signal=TERM", "4", env!("CARGO_BIN_EXE_granary"), "serve"]).current_dir(folder.path());
        command.env("ROCKET_ADDRESS", "0.0.0.0").env("ROCKET_PORT", free_port().to_string());
        command.env("ROCKET_DATA_DIR", folder.path().join("data")).env("ROCKET_AUTH", format!("{{open={open}}}"));
        run(&mut command)
    };
    let refused = serve("false");
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    assert!(refused.err.contains("granary user add") && refused.err.contains("auth.open = true"), "{}", refused.err);
    assert_eq!(refused.err.trim().lines().count(), 1, "{}", refused.err);
    assert!(serve("true").text().contains("serves on"));
    let mut add = Command::new("sh");
    let script = format!("echo '{PASSWORD}' | \"$0\" user add keeper");
    add.args(["-c", &script, env!("CARGO_BIN_EXE_granary")]).current_dir(folder.path());
    add.env("ROCKET_ADDRESS", "0.0.0.0").env("ROCKET_DATA_DIR", folder.path().join("data"));
    let added = run(&mut add);
    assert_eq!(added.code, Some(0), "{}", added.err);
    assert!(serve("false").text().contains("serves on"));
}
