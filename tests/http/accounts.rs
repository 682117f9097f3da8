//! Coming in: tokens of every form, sessions, failed logins, and what each family answers to strangers.

use granary::accounts::model::LineFilter;
use granary::platform::web::guards::Role;
use rocket::http::{ContentType, Cookie, Header, Method, Status};
use rocket::local::blocking::{LocalRequest, LocalResponse};

use crate::world::{PASSWORD, World};

fn with<'c>(request: LocalRequest<'c>, headers: &[(&'static str, &str)]) -> LocalResponse<'c> {
    let mut request = request;
    for (name, value) in headers {
        request.add_header(Header::new(*name, (*value).to_owned()));
    }
    request.dispatch()
}

fn get<'c>(world: &'c World, path: &'static str, headers: &[(&'static str, &str)]) -> LocalResponse<'c> {
    with(world.client.get(path), headers)
}

fn basic(password: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("anything:{password}")))
}

fn login<'c>(world: &'c World, name: &str, password: &str) -> LocalResponse<'c> {
    let body = format!("name={name}&password={}&next=%2Ftasks", password.replace(' ', "+"));
    world.client.post("/login").header(ContentType::Form).body(body).dispatch()
}

#[test]
fn a_token_comes_by_bearer_or_as_a_password_and_is_gone_at_once() {
    let world = World::forgetful();
    world.user("keeper", Role::Admin);
    let made = world.token("read", None);
    let token = &made.secret.0;
    assert!(token.starts_with("granary_") && token.len() == 51, "{}", token.len());
    let bearer = format!("Bearer {token}");
    for (header, status) in [
        (bearer.clone(), Status::Ok),
        (basic(token), Status::Ok),
        (format!("{bearer}x"), Status::Unauthorized),
        (basic("granary_"), Status::Unauthorized),
        (basic(PASSWORD), Status::Unauthorized),
        ("Bearer".to_owned(), Status::Unauthorized),
    ] {
        assert_eq!(get(&world, "/api/v1/tags", &[("Authorization", &header)]).status(), status);
    }
    World::wait(world.accounts().revoke_token(made.token.id, None)).unwrap();
    assert_eq!(get(&world, "/api/v1/tags", &[("Authorization", &bearer)]).status(), Status::Unauthorized);
}

#[test]
fn a_token_is_bounded_by_whom_it_belongs_to() {
    let world = World::forgetful();
    let user = world.user("keeper", Role::Write);
    let owner = (user.id, user.name, user.role);
    let wanted = granary::accounts::model::NewToken {
        kind: granary::accounts::model::TokenKind::Token,
        name: granary::platform::names::Name::new("phone").unwrap(),
        grants: vec![granary::platform::web::guards::Grant::parse("upload:dig*").unwrap()],
        days: None,
    };
    let made = World::wait(world.accounts().make_token(wanted, Some(owner))).unwrap();
    let bearer = format!("Bearer {}", made.secret.0);
    let upload = |path: &'static str| {
        let request = world.client.put(path).header(Header::new("Authorization", bearer.clone()));
        request.body("x").dispatch().status()
    };
    assert_eq!(upload("/upload/digital/a"), Status::Created);
    assert_eq!(upload("/upload/analog/a"), Status::Forbidden);
    // The tag is that which the handler takes, however it is written.
    assert_eq!(upload("/upload/%64igital/b"), Status::Created);
    assert_eq!(upload("/upload//digital/b"), Status::BadRequest);
    World::wait(world.accounts().set_disabled("KEEPER", true)).unwrap();
    assert_eq!(upload("/upload/digital/c"), Status::Unauthorized);
}

#[test]
fn each_family_refuses_strangers_in_its_own_way() {
    let world = World::forgetful();
    world.user("keeper", Role::Admin);
    let body = |path: &'static str| get(&world, path, &[]).into_json::<serde_json::Value>().unwrap();
    assert_eq!(body("/training/tasks")["code"], 1401);
    assert_eq!(body("/v1/tasks/x/detail")["code"], "unauthorized");
    assert_eq!(body("/api/v1/tags")["status"], 401);
    let script = get(&world, "/tags/t/zip", &[]);
    assert_eq!(script.status(), Status::Unauthorized);
    assert_eq!(script.headers().get_one("WWW-Authenticate"), Some("Basic realm=\"granary\", charset=\"UTF-8\""));
    let fetch = get(&world, "/tags/t/zip", &[("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "same-origin")]);
    assert_eq!(fetch.headers().get_one("WWW-Authenticate"), Some("Bearer"));
    let page = get(&world, "/tags/t/zip?q=a%26b", &[("Sec-Fetch-Mode", "navigate")]);
    assert_eq!(page.status(), Status::SeeOther);
    assert_eq!(page.headers().get_one("Location"), Some("/login?next=%2Ftags%2Ft%2Fzip%3Fq%3Da%2526b"));
    // A form that was sent after the session had ended leads back to its page.
    let form = world.client.post("/tasks/7/delete").dispatch();
    assert_eq!(form.headers().get_one("Location"), Some("/login?next=%2Ftasks%2F7"));
}

#[test]
fn behind_tls_the_cookie_never_goes_without_it() {
    let world = World::forgetful();
    world.user("keeper", Role::Admin);
    for (proto, is_secure) in [(None, false), (Some("http"), false), (Some("https"), true)] {
        let body = format!("name=keeper&password={}", PASSWORD.replace(' ', "+"));
        let request = world.client.post("/login").header(ContentType::Form).body(body);
        let headers: Vec<_> = proto.map(|proto| ("X-Forwarded-Proto", proto)).into_iter().collect();
        let answer = with(request, &headers);
        assert_eq!(answer.status(), Status::SeeOther);
        let set = answer.headers().get_one("Set-Cookie").unwrap();
        assert_eq!(set.contains("; Secure"), is_secure, "{proto:?}: {set}");
    }
}

#[test]
fn one_signs_in_and_out_and_a_session_ends_for_good() {
    let world = World::forgetful();
    world.user("keeper", Role::Admin);
    let answer = login(&world, "Keeper", PASSWORD);
    assert_eq!(answer.status(), Status::SeeOther);
    assert_eq!(answer.headers().get_one("Location"), Some("/tasks"));
    let set = answer.headers().get_one("Set-Cookie").unwrap();
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"), "{set}");
    let cookie = answer.cookies().get("session").unwrap().value().to_owned();
    let page = |path: &'static str| world.client.get(path).cookie(Cookie::new("session", cookie.clone())).dispatch();
    assert_eq!(page("/account").status(), Status::Ok);
    assert!(page("/account").into_string().unwrap().contains("keeper"));
    world.client.post("/logout").cookie(Cookie::new("session", cookie.clone())).dispatch();
    assert_eq!(page("/account").status(), Status::SeeOther);
    assert!(page("/login?next=//evil.example/").into_string().unwrap().contains(r#"name="next" value="/""#));
}

#[test]
fn a_session_expires_and_a_new_password_ends_the_others() {
    let world = World::forgetful();
    world.user("keeper", Role::Admin);
    let (one, other) = (world.session("keeper"), world.session("keeper"));
    let page = |cookie: &str| {
        world.client.get("/account").cookie(Cookie::new("session", cookie.to_owned())).dispatch().status()
    };
    let change = |old: &str, new: &str| {
        let body = format!("old={}&new={new}", old.replace(' ', "+"));
        let request = world.client.post("/account/password").header(ContentType::Form).body(body);
        request.cookie(Cookie::new("session", one.clone())).dispatch().status()
    };
    assert_eq!(change("not this one", "wheat+and+rye"), Status::Ok);
    assert_eq!(change(PASSWORD, "short"), Status::Ok);
    assert_eq!(page(&other), Status::Ok);
    assert_eq!(change(PASSWORD, "wheat+and+rye"), Status::SeeOther);
    assert_eq!((page(&one), page(&other)), (Status::Ok, Status::SeeOther));
    world.later(31 * 24 * 3600 * 1000);
    assert_eq!(page(&one), Status::SeeOther);
}

#[test]
fn failed_logins_are_slowed_and_tell_nothing() {
    let world = World::forgetful();
    world.user("keeper", Role::Admin);
    let mut told = Vec::new();
    for name in ["keeper", "nobody"] {
        let answer = login(&world, name, "wrong password");
        assert_eq!(answer.status(), Status::Unauthorized);
        told.push(answer.into_string().unwrap().replace(name, "NAME"));
    }
    assert_eq!(told[0], told[1]);
    for name in ["keeper", "nobody"] {
        let statuses: Vec<u16> = (0..6).map(|_| login(&world, name, "wrong password").status().code).collect();
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429], "{name}");
    }
    // The right password doesn't pass either until the time is over.
    let slowed = login(&world, "keeper", PASSWORD);
    assert_eq!(slowed.status(), Status::TooManyRequests);
    assert_eq!(slowed.headers().get_one("Retry-After"), Some("1"));
    assert!(slowed.into_string().unwrap().contains("wait 1 seconds"));
    world.later(1000);
    assert_eq!(login(&world, "keeper", PASSWORD).status(), Status::SeeOther);
}

#[test]
fn an_upload_link_opens_its_tag_and_nothing_else() {
    let world = World::forgetful();
    world.user("keeper", Role::Write);
    let cookie = world.session("keeper");
    let session = || Cookie::new("session", cookie.clone());
    let form = world.client.post("/account/links").header(ContentType::Form).body("tag=a(b)&days=7");
    let page = form.cookie(session()).dispatch().into_string().unwrap();
    let from = page.find("/upload/a%28b%29#granary_").unwrap() + "/upload/a%28b%29#".len();
    let code = &page[from..from + 51];
    let enter = |code: &str, path: &'static str| {
        let body = format!("code={code}");
        let answer = world.client.post(path).header(ContentType::Form).body(body).dispatch();
        assert_eq!(answer.status(), Status::SeeOther);
        answer.headers().get("Set-Cookie").find(|text| text.starts_with("link=")).map(str::to_owned)
    };
    assert_eq!(enter("granary_wrong", "/upload/a(b)/link/enter"), None);
    assert_eq!(enter(code, "/upload/other/link/enter"), None);
    let set = enter(code, "/upload/a(b)/link/enter").unwrap();
    assert!(
        set.contains("Path=/upload/a%28b%29") && set.contains("SameSite=Strict") && set.contains("HttpOnly"),
        "{set}"
    );
    let link = || Cookie::new("link", code.to_owned());
    let put = |path: &'static str| world.client.put(path).cookie(link()).body("x").dispatch().status();
    assert_eq!(put("/upload/a%28b%29/a.txt"), Status::Created);
    assert_eq!(put("/upload/other/a.txt"), Status::Forbidden);
    assert_eq!(world.client.get("/api/v1/tags").cookie(link()).dispatch().status(), Status::Forbidden);
    let phone = world.client.get("/upload/a%28b%29").cookie(link()).dispatch().into_string().unwrap();
    assert!(phone.contains("data-choose") && !phone.contains("data-enter-form"));
    assert!(world.client.get("/upload/a%28b%29").dispatch().into_string().unwrap().contains("data-enter-form"));
    world.later(8 * 24 * 3600 * 1000);
    assert_eq!(put("/upload/a%28b%29/b.txt"), Status::Unauthorized);
}

#[test]
fn what_was_done_is_written_down() {
    let world = World::forgetful();
    world.user("keeper", Role::Admin);
    let token = format!("Bearer {}", world.token("write", None).secret.0);
    for n in 0..5 {
        let request = world.client.put(format!("/upload/t/{n}")).header(Header::new("Authorization", token.clone()));
        assert_eq!(request.body("x").dispatch().status(), Status::Created);
    }
    let made = world.client.post("/training/tasks").header(Header::new("Authorization", token.clone()));
    assert_eq!(made.body(r#"{"task_name":"t","task_type":1}"#).dispatch().status(), Status::Ok);
    for _ in 0..3 {
        assert_eq!(world.client.req(Method::Delete, "/api/v1/tags/t").dispatch().status(), Status::Unauthorized);
    }
    assert_eq!(get(&world, "/api/v1/tags", &[("Authorization", &token)]).status(), Status::Ok);
    let (lines, _) = World::wait(world.accounts().lines(&LineFilter::default(), 100)).unwrap();
    let mut told: Vec<_> = lines
        .iter()
        .map(|line| (line.kind.as_str(), line.action.as_str(), line.path.as_str(), line.status, line.times))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("nobody", "DELETE /api/v1/tags/<tag>", "/api/v1/tags/<tag>", 401, 3),
            ("token", "POST /training/tasks", "/training/tasks", 200, 1),
            ("token", "PUT /upload/<tag>/<name>", "/upload/t", 201, 5),
        ]
    );
    let filter = LineFilter { is_refused: true, ..LineFilter::default() };
    assert_eq!(World::wait(world.accounts().lines(&filter, 100)).unwrap().0.len(), 1);
    let filter = LineFilter { q: Some("/upload/t".to_owned()), ..LineFilter::default() };
    assert_eq!(World::wait(world.accounts().lines(&filter, 100)).unwrap().0.len(), 1);
}

#[test]
fn who_may_only_upload_replaces_nothing() {
    let world = World::forgetful();
    world.user("keeper", Role::Admin);
    let put = |scope: &str, body: &'static str| {
        let token = format!("Bearer {}", world.token(scope, None).secret.0);
        let request =
            world.client.put("/upload/t/a.txt?on_conflict=replace").header(Header::new("Authorization", token));
        request.body(body).dispatch().status()
    };
    assert_eq!(put("write", "first"), Status::Created);
    assert_eq!(put("upload:t", "second"), Status::Forbidden);
    assert_eq!(put("write", "third"), Status::Created);
}

#[test]
fn however_a_path_is_written_what_was_done_is_told() {
    let world = World::forgetful();
    world.user("keeper", Role::Admin);
    let token = format!("Bearer {}", world.token("write", None).secret.0);
    for (n, prefix) in ["/v1", "//v1", "/v%31"].into_iter().enumerate() {
        let form = "--b\r\nContent-Disposition: form-data; name=\"group_name\"\r\n\r\ng\r\n--b\r\nContent-Disposition: \
                    form-data; name=\"file\"; filename=\"a\"\r\n\r\nftp://a\r\n--b--\r\n";
        let kind = Header::new("Content-Type", "multipart/form-data; boundary=b");
        let authorization = || Header::new("Authorization", token.clone());
        let made = world.client.post("/v1/tasks/create").header(kind).header(authorization()).body(form).dispatch();
        let id = made.into_string().unwrap()[7..19].to_owned();
        let gone = world.client.get(format!("{prefix}/tasks/{id}/delete")).header(authorization()).dispatch();
        assert_eq!(gone.status(), Status::Ok);
        let filter = LineFilter { q: Some("/delete".to_owned()), ..LineFilter::default() };
        assert_eq!(World::wait(world.accounts().lines(&filter, 100)).unwrap().0.len(), n + 1, "{prefix}");
    }
}

#[test]
fn without_an_account_only_this_machine_comes_in() {
    let world = World::forgetful();
    let status = |header: (&'static str, &str)| get(&world, "/api/v1/tags", &[header]).status();
    assert_eq!(status(("Host", "localhost:8000")), Status::Ok);
    assert_eq!(status(("Host", "evil.example")), Status::Forbidden);
    assert_eq!(status(("X-Forwarded-For", "8.8.8.8")), Status::Forbidden);
}
