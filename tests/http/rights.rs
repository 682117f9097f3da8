//! Who may pass which door: every mounted route, and everybody who may knock.

use std::collections::BTreeSet;

use granary::platform::web::guards::Role;
use rocket::http::{Cookie, Header, Method, Status};
use rocket::local::blocking::LocalResponse;

use crate::world::World;

/// Method, route, what it asks for, and how it refuses somebody whom nobody knows: 401, or 303 to the page where one signs
/// in. A route that stands here in vain, or not at all, fails the test.
const TABLE: &str = "
    GET     /                                         read   303
    OPTIONS /<_..>                                    open   -
    GET     /about                                    read   303
    GET     /account                                  person 303
    POST    /account/links                            person 303
    POST    /account/password                         person 303
    POST    /account/sessions/<id>/end                person 303
    POST    /account/tokens                           person 303
    POST    /account/tokens/<id>/revoke               person 303
    DELETE  /api/v1/files/<id>                        write  401
    GET     /api/v1/files/<id>                        read   401
    POST    /api/v1/files/<id>/restore                write  401
    GET     /api/v1/groups                            read   401
    DELETE  /api/v1/groups/<name>                     write  401
    GET     /api/v1/groups/<name>/faces               read   401
    DELETE  /api/v1/groups/<name>/faces/<id>          write  401
    GET     /api/v1/groups/<name>/faces/<id>/crop     read   401
    GET     /api/v1/tags                              read   401
    DELETE  /api/v1/tags/<tag>                        write  401
    GET     /api/v1/tags/<tag>                        read   401
    GET     /api/v1/tags/<tag>/files                  read   401
    GET     /api/v1/tags/<tag>/settings               read   401
    PUT     /api/v1/tags/<tag>/settings               write  401
    GET     /audit                                    admin  303
    GET     /favicon.ico                              open   -
    GET     /files/<id>                               read   303
    GET     /files/<id>/<_name>                       read   401
    POST    /files/<id>/restore                       write  303
    GET     /files/<id>/thumb                         read   401
    POST    /files/<id>/trash                         write  303
    GET     /groups                                   read   303
    GET     /groups/<name>                            read   303
    POST    /groups/<name>/delete                     write  303
    POST    /groups/<name>/faces/<id>/delete          write  303
    GET     /ingest                                   read   303
    POST    /ingest                                   write  303
    GET     /ingest/<id>                              read   303
    POST    /ingest/<id>/delete                       write  303
    GET     /ingest/<id>/events                       read   401
    POST    /ingest/<id>/start                        write  303
    POST    /ingest/<id>/stop                         write  303
    POST    /language                                 open   -
    GET     /livez                                    open   -
    GET     /login                                    open   -
    POST    /login                                    open   -
    POST    /logout                                   open   -
    GET     /new                                      read   303
    GET     /readyz                                   open   -
    GET     /static/<path..>                          open   -
    GET     /tags/<tag>                               read   303
    POST    /tags/<tag>/delete                        write  303
    GET     /tags/<tag>/files/<name>                  read   401
    GET     /tags/<tag>/qr.svg                        read   401
    POST    /tags/<tag>/settings                      write  303
    POST    /tags/<tag>/trash                         write  303
    POST    /tags/<tag>/undo                          write  303
    POST    /tags/<tag>/upload                        upload 303
    GET     /tags/<tag>/zip                           read   401
    POST    /tags/<tag>/zip                           read   401
    GET     /tasks                                    read   303
    POST    /tasks                                    write  303
    GET     /tasks/<id>                               read   303
    POST    /tasks/<id>/classes                       write  303
    POST    /tasks/<id>/classes/<class>               write  303
    POST    /tasks/<id>/classes/<class>/delete        write  303
    POST    /tasks/<id>/copy                          write  303
    POST    /tasks/<id>/delete                        write  303
    GET     /tasks/<id>/images/<image>                read   303
    GET     /tasks/<id>/images/<image>/thumb          read   401
    POST    /tasks/<id>/images/delete                 write  303
    POST    /tasks/<id>/images/restore                write  303
    POST    /tasks/<id>/import                        write  303
    GET     /tasks/<id>/split                         read   303
    POST    /tasks/<id>/split                         write  303
    GET     /tasks/send                               read   303
    POST    /tasks/send                               write  303
    POST    /theme                                    open   -
    GET     /training/files/<img_id>                  read   401
    POST    /training/files/<img_id>                  write  401
    PUT     /training/files/<img_id>                  write  401
    GET     /training/files/<img_id>/thumb            read   401
    POST    /training/files/files                     write  401
    PUT     /training/files/files                     write  401
    POST    /training/files/restore                   write  401
    GET     /training/images/<img_id>/annotation      read   401
    PUT     /training/images/<img_id>/annotation      write  401
    GET     /training/images/<img_id>/dl              read   401
    PUT     /training/images/<img_id>/dl              write  401
    PUT     /training/images/<img_id>/group           write  401
    GET     /training/images/<img_id>/mask            read   401
    PUT     /training/images/<img_id>/mask            write  401
    GET     /training/images/<img_id>/roi             read   401
    PUT     /training/images/<img_id>/roi             write  401
    PUT     /training/images/<img_id>/state           write  401
    GET     /training/tasks                           read   401
    POST    /training/tasks                           write  401
    DELETE  /training/tasks/<task_id>                 write  401
    GET     /training/tasks/<task_id>                 read   401
    GET     /training/tasks/<task_id>/audit           read   401
    POST    /training/tasks/<task_id>/classes         write  401
    DELETE  /training/tasks/<task_id>/classes/<class> write  401
    PUT     /training/tasks/<task_id>/classes/<class> write  401
    GET     /training/tasks/<task_id>/export          read   401
    POST    /training/tasks/<task_id>/import          write  401
    POST    /training/tasks/duplication               write  401
    GET     /training/tasks/sets                      read   401
    PUT     /training/tasks/sets                      write  401
    GET     /trash                                    read   303
    POST    /trash/purge                              write  303
    POST    /trash/restore                            write  303
    POST    /upload/<_tag>                            upload 401
    POST    /upload/<_tag>/<_name>                    upload 401
    PUT     /upload/<_tag>/<_name>                    upload 401
    GET     /upload/<tag>                             open   -
    POST    /upload/<tag>/link/enter                  open   -
    POST    /upload/<tag>/link/files                  upload 303
    HEAD    /v1/tasks/<_id>/delete                    open   -
    HEAD    /v1/tasks/<_id>/start                     open   -
    HEAD    /v1/tasks/<_id>/stop                      open   -
    GET     /v1/tasks/<id>/delete                     write  401
    POST    /v1/tasks/<id>/delete                     write  401
    GET     /v1/tasks/<id>/detail                     read   401
    GET     /v1/tasks/<id>/download_log               read   401
    GET     /v1/tasks/<id>/log                        read   401
    GET     /v1/tasks/<id>/start                      write  401
    POST    /v1/tasks/<id>/start                      write  401
    GET     /v1/tasks/<id>/stop                       write  401
    POST    /v1/tasks/<id>/stop                       write  401
    POST    /v1/tasks/create                          write  401
    POST    /v1/tasks/list                            read   401
";

const DAY: i64 = 24 * 3600 * 1000;

/// Everybody who knocks, and the doors that are open to them.
const CALLERS: [(&str, &[&str]); 9] = [
    ("nobody", &["open"]),
    ("expired", &["open"]),
    ("revoked", &["open"]),
    // Upload tokens of another tag than that of the path, and of that one.
    ("upload:2", &["open"]),
    ("upload:1", &["open", "upload"]),
    ("read", &["open", "read"]),
    ("write", &["open", "read", "upload", "write"]),
    ("admin", &["open", "read", "upload", "write", "admin"]),
    // A person who may read, by session.
    ("person", &["open", "read", "person"]),
];

pub struct Row {
    pub method: Method,
    pub route: &'static str,
    need: &'static str,
    pub unknown: &'static str,
}

pub fn table() -> Vec<Row> {
    let row = |line: &'static str| {
        let [method, route, need, unknown] = line.split_whitespace().collect::<Vec<_>>().try_into().expect(line);
        Row { method: method.parse().expect(line), route, need, unknown }
    };
    TABLE.lines().filter(|line| !line.trim().is_empty()).map(row).collect()
}

/// A path that fits the route.
pub fn example(route: &str) -> String {
    route.split('/').map(|segment| if segment.starts_with('<') { "1" } else { segment }).collect::<Vec<_>>().join("/")
}

/// How each caller shows who they are.
enum Shown {
    Nothing,
    Token(String),
    Session(String),
}

fn callers(world: &World) -> Vec<(&'static str, &'static [&'static str], Shown)> {
    world.user("keeper", Role::Admin);
    world.user("reader", Role::Read);
    let expired = world.token("admin", Some(1)).secret.0;
    world.later(2 * DAY);
    let revoked = world.token("admin", None);
    World::wait(world.accounts().revoke_token(revoked.token.id, None)).unwrap();
    let shown = |name: &str| match name {
        "nobody" => Shown::Nothing,
        "expired" => Shown::Token(expired.clone()),
        "revoked" => Shown::Token(revoked.secret.0.clone()),
        "person" => Shown::Session(world.session("Reader")),
        scope => Shown::Token(world.token(scope, None).secret.0),
    };
    CALLERS.iter().map(|(name, doors)| (*name, *doors, shown(name))).collect()
}

fn knock<'c>(world: &'c World, row: &Row, shown: &Shown) -> LocalResponse<'c> {
    knock_at(world, row.method, example(row.route), shown)
}

fn knock_at<'c>(world: &'c World, method: Method, path: String, shown: &Shown) -> LocalResponse<'c> {
    let mut request = world.client.req(method, path);
    request.add_header(Header::new("Host", "localhost:8000"));
    match shown {
        Shown::Nothing => {}
        Shown::Token(token) => request.add_header(Header::new("Authorization", format!("Bearer {token}"))),
        Shown::Session(cookie) => request = request.cookie(Cookie::new("session", cookie.clone())),
    }
    request.dispatch()
}

#[test]
fn every_route_has_a_row() {
    let world = World::forgetful();
    let mounted: BTreeSet<String> =
        world.client.rocket().routes().map(|route| format!("{} {}", route.method, route.uri.path())).collect();
    let written: BTreeSet<String> = table().iter().map(|row| format!("{} {}", row.method, row.route)).collect();
    let lonely: Vec<_> = mounted.symmetric_difference(&written).collect();
    assert!(lonely.is_empty(), "without a row, or a row without a route: {lonely:#?}");
}

#[test]
fn every_door_is_open_to_whom_the_table_says() {
    let world = World::forgetful();
    let callers = callers(&world);
    let mut rows = table();
    // It ends the session of the person who tries it.
    rows.sort_by_key(|row| row.route == "/logout");
    for row in rows {
        for (name, doors, shown) in &callers {
            let response = knock(&world, &row, shown);
            let (status, location) = (response.status(), response.headers().get_one("Location").unwrap_or_default());
            let is_shown_out =
                status == Status::SeeOther && (location.starts_with("/login?next=%2F") || location == "/upload/1");
            let label = format!("{} {} by {name}: {status} {location}", row.method, row.route);
            if doors.contains(&row.need) {
                let is_let_in = ![Status::Unauthorized, Status::Forbidden].contains(&status);
                // To sign out, and to give a wrong code, leads to those pages too.
                assert!(is_let_in && (!is_shown_out || row.need == "open"), "{label}");
            } else if ["nobody", "expired", "revoked"].contains(name) {
                let expected = if row.unknown == "303" { Status::SeeOther } else { Status::Unauthorized };
                assert!(status == expected && (is_shown_out || row.unknown != "303"), "{label}");
            } else {
                assert_eq!(status, Status::Forbidden, "{label}");
            }
        }
    }
}

/// The same path in other words: with an empty segment, and with a letter that is encoded.
#[test]
fn other_spellings_of_a_path_open_nothing_more() {
    let world = World::forgetful();
    let callers = callers(&world);
    let strangers = callers.iter().filter(|(name, ..)| ["nobody", "upload:1", "read"].contains(name));
    for (name, doors, shown) in strangers {
        for row in table().iter().filter(|row| !doors.contains(&row.need)) {
            let path = example(row.route);
            let encoded = path.chars().nth(1).filter(char::is_ascii_alphabetic);
            let encoded = encoded.map(|letter| format!("/%{:02x}{}", u32::from(letter), &path[2..]));
            for path in [Some(format!("/{path}")), encoded].into_iter().flatten() {
                let response = knock_at(&world, row.method, path.clone(), shown);
                let location = response.headers().get_one("Location").unwrap_or_default();
                let is_shut = [401, 403, 404].contains(&response.status().code)
                    || location.starts_with("/login?next=")
                    || location == "/upload/1";
                assert!(is_shut, "{} {path} by {name}: {} {location}", row.method, response.status());
            }
        }
    }
}

#[test]
fn while_nobody_has_an_account_every_door_is_open() {
    let world = World::forgetful();
    for row in table() {
        let response = knock(&world, &row, &Shown::Nothing);
        assert!(![401, 403].contains(&response.status().code), "{} {}: {}", row.method, row.route, response.status());
        assert!(!response.headers().get_one("Location").unwrap_or_default().starts_with("/login?"), "{}", row.route);
        let header = |name: &str| response.headers().get_one(name).unwrap_or_default().to_owned();
        assert_eq!(header("X-Content-Type-Options"), "nosniff", "{}", row.route);
        assert_eq!(header("Referrer-Policy"), "same-origin", "{}", row.route);
        let policy = header("Content-Security-Policy");
        assert!(policy.contains("default-src") && !policy.contains("script-src 'unsafe"), "{}: {policy}", row.route);
    }
}

/// The log tells of every write in a sentence, in the words of its page.
#[test]
fn every_write_has_its_sentence_in_the_log() {
    let is_write =
        |row: &Row| row.method != Method::Head && (row.method != Method::Get || row.route.starts_with("/v1/"));
    for row in table() {
        if is_write(&row) && matches!(row.need, "write" | "upload" | "person") {
            let action = format!("{} {}", row.method, row.route.replace("<_", "<"));
            assert!(granary::accounts::pages::said::is_known(&action), "{action}");
        }
    }
}
