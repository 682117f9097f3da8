//! Every mounted route at once: none is open to a write that another site makes a browser send.

use rocket::http::{Cookie, Header, Method, Status};
use rocket::local::blocking::LocalResponse;

use granary::platform::web::guards::Role;

use crate::world::World;

/// A path that fits the route: every `<…>` becomes a harmless segment.
fn example(route: &str) -> String {
    let segments = route.split('/').map(|segment| if segment.starts_with('<') { "1" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn send<'c>(
    world: &'c World,
    method: Method,
    path: &str,
    headers: &[(&'static str, &'static str)],
) -> LocalResponse<'c> {
    let mut request = world.client.req(method, path.to_owned());
    for (name, value) in headers {
        request.add_header(Header::new(*name, *value));
    }
    request.add_header(Header::new("Host", "localhost:8000"));
    request.dispatch()
}

#[test]
fn no_write_is_open_to_another_site() {
    let world = World::new();
    let mut writes = 0;
    let routes: Vec<_> =
        world.client.rocket().routes().map(|route| (route.method, route.uri.path().to_owned())).collect();
    for (method, route) in routes {
        if matches!(method, Method::Get | Method::Head | Method::Options) {
            continue;
        }
        writes += 1;
        for headers in [
            vec![("Sec-Fetch-Site", "cross-site")],
            vec![("Origin", "https://evil.example")],
            vec![("Origin", "null")],
            vec![("Origin", "http://localhost:8000"), ("Sec-Fetch-Site", "cross-site")],
            vec![("Origin", "http://localhost:8000"), ("Origin", "https://evil.example")],
            vec![("Origin", "https://label.example.org"), ("Origin", "https://evil.example")],
            vec![("Origin", "https://label.example.org.evil.example")],
        ] {
            let response = send(&world, method, &example(&route), &headers);
            assert_eq!(response.status(), Status::Forbidden, "{method} {route} {headers:?}");
        }
        for headers in [
            vec![],
            vec![("Origin", "http://localhost:8000")],
            vec![("Origin", "https://label.example.org"), ("Sec-Fetch-Site", "cross-site")],
        ] {
            let response = send(&world, method, &example(&route), &headers);
            assert_ne!(response.status(), Status::Forbidden, "{method} {route} {headers:?}");
        }
    }
    assert!(writes >= 30, "only {writes} routes were found");
}

/// Without TLS browsers don't say that another site makes them ask, and send the cookie along with its links.
#[test]
fn a_get_that_changes_something_by_a_session_tells_its_page() {
    let world = World::new();
    let get = |cookie: Option<&str>, headers: &[(&'static str, &str)]| {
        let mut request = world.client.get("/v1/tasks/AAAAAAAAAAAA/delete");
        request.add_header(Header::new("Host", "localhost:8000"));
        if let Some(cookie) = cookie {
            request = request.cookie(Cookie::new("session", cookie.to_owned()));
        }
        for (name, value) in headers {
            request.add_header(Header::new(*name, (*value).to_owned()));
        }
        request.dispatch().status()
    };
    assert_ne!(get(None, &[]), Status::Forbidden, "curl on an open server");
    world.user("keeper", Role::Admin);
    let session = world.session("keeper");
    let forbidden: [&[(&str, &str)]; 4] = [
        &[],
        &[("Referer", "http://evil.example/page?localhost:8000/")],
        &[("Referer", "http://localhost:8000.evil.example/")],
        &[("Sec-Fetch-Site", "cross-site")],
    ];
    for headers in forbidden {
        assert_eq!(get(Some(&session), headers), Status::Forbidden, "{headers:?}");
    }
    let allowed: [&[(&str, &str)]; 4] = [
        &[("Referer", "http://localhost:8000/ingest?group=a")],
        &[("Referer", "https://label.example.org")],
        &[("Sec-Fetch-Site", "same-origin")],
        &[("Sec-Fetch-Site", "none")],
    ];
    for headers in allowed {
        assert_ne!(get(Some(&session), headers), Status::Forbidden, "{headers:?}");
    }
    let token = world.token("write", None);
    let bearer = format!("Bearer {}", token.secret.0);
    assert_ne!(get(None, &[("Authorization", &bearer)]), Status::Forbidden, "a script with a token");
}

#[test]
fn an_allowed_origin_gets_its_preflight() {
    let world = World::new();
    let ask = [
        ("Origin", "https://label.example.org"),
        ("Access-Control-Request-Method", "PUT"),
        ("Access-Control-Request-Headers", "content-type"),
    ];
    let response = send(&world, Method::Options, "/upload/t/a.jpg", &ask);
    assert_eq!(response.status(), Status::NoContent);
    let header = |name: &str| response.headers().get_one(name).map(str::to_owned);
    assert_eq!(header("Access-Control-Allow-Origin").as_deref(), Some("https://label.example.org"));
    assert!(header("Access-Control-Allow-Methods").unwrap().contains("PUT"));
    assert_eq!(header("Access-Control-Allow-Headers").as_deref(), Some("content-type"));
    let ask = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "PUT")];
    let refused = send(&world, Method::Options, "/upload/t/a.jpg", &ask);
    assert_eq!(refused.headers().get_one("Access-Control-Allow-Origin"), None);
}

#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let world = World::new();
    for (method, path, allow) in [
        (Method::Patch, "/api/v1/tags", "GET, HEAD"),
        (Method::Post, "/api/v1/files/7", "DELETE, GET, HEAD"),
        (Method::Delete, "/upload/t/a", "POST, PUT"),
        (Method::Delete, "/training/files/files", "GET, HEAD, POST, PUT"),
        (Method::Patch, "/training/tasks/7", "DELETE, GET, HEAD"),
    ] {
        let response = send(&world, method, path, &[]);
        assert_eq!(response.status(), Status::MethodNotAllowed, "{method} {path}");
        assert_eq!(response.headers().get_one("Allow"), Some(allow), "{method} {path}");
    }
    assert_eq!(send(&world, Method::Get, "/no/such/place", &[]).status(), Status::NotFound);
}

#[test]
fn what_is_not_utf8_is_refused() {
    let world = World::new();
    for path in ["/api/v1/tags/%ff", "/api/v1/tags?q=%ff", "/upload/t/%c3%28"] {
        let method = if path.starts_with("/upload") { Method::Post } else { Method::Get };
        assert_eq!(send(&world, method, path, &[]).status(), Status::BadRequest, "{path}");
    }
}

#[test]
fn a_name_that_a_site_points_here_is_not_ours() {
    let world = World::new();
    for (host, origin, is_ours) in [
        ("evil.example", "http://evil.example", false),
        ("evil.example:8000", "http://evil.example:8000", false),
        ("127.0.0.1:8000", "http://127.0.0.1:8000", true),
        ("[::1]:8000", "http://[::1]:8000", true),
        ("label.example.org", "https://label.example.org", true),
    ] {
        let request = world.client.put("/upload/t/a").header(Header::new("Host", host));
        let response = request.header(Header::new("Origin", origin)).body("x").dispatch();
        assert_eq!(response.status() != Status::Forbidden, is_ours, "{host}: {}", response.status());
    }
}
