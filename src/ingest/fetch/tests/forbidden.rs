//! Addresses that must not be reached, by whatever way they are named.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::server::{Server, ok, redirect};
use super::{Http, assert_says, get, http, lookup, settings};
use crate::platform::config::Ingest;

/// Nothing but the public internet.
fn strict() -> Ingest {
    Ingest { allow_networks: Vec::new(), ..settings() }
}

#[tokio::test]
async fn addresses_in_the_uri_are_checked_however_they_are_spelled() {
    let server = Server::start(|_, _| ok("secret")).await;
    let port = server.address.port();
    let http = Arc::new(Http::new(&strict(), super::system_lookup()));
    for host in [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "0x7f000001",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "127.0.0.1.",
        "１２７.0.0.1",
        "localhost",
        "LOCALHOST",
    ] {
        assert_says(&get(&http, &format!("http://{host}:{port}/")).await, "ingest.allow_networks");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_is_judged_by_its_addresses() {
    let server = Server::start(|_, _| ok("picture")).await;
    let uri = format!("http://pictures.example:{}/", server.address.port());
    let refused = Arc::new(Http::new(&strict(), lookup(&["127.0.0.1", "10.0.0.1", "::1"])));
    let result = get(&refused, &uri).await;
    assert_says(&result, "域名 pictures.example");
    assert_says(&result, "ingest.allow_networks");
    assert_eq!(server.connections(), 0);

    // A bad address beside a good one is left out: 127.0.0.2 would refuse, and is never asked.
    let mixed = Arc::new(Http::new(&settings(), lookup(&["169.254.169.254", "127.0.0.1", "::ffff:127.0.0.1"])));
    assert_eq!(get(&mixed, &uri).await.unwrap(), b"picture");

    let nowhere = Arc::new(Http::new(&settings(), lookup(&[])));
    assert_says(&get(&nowhere, &uri).await, "解析失败");
}

#[tokio::test]
async fn a_name_that_changes_its_address_gains_nothing() {
    let server = Server::start(|_, _| ok("picture")).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    // Allowed at the first look-up, forbidden ever after: a second look-up would be seen.
    let changing: super::Lookup = Arc::new(move |_| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        let address = if first { "127.0.0.1" } else { "127.0.0.2" };
        Box::pin(async move { Ok(vec![address.parse().unwrap()]) })
    });
    let http = Arc::new(Http::new(&settings(), changing));
    let uri = format!("http://pictures.example:{}/", server.address.port());
    assert_eq!(get(&http, &uri).await.unwrap(), b"picture");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn every_redirect_is_checked() {
    // Not on the list of the tests, though it would answer.
    let inner = Server::at("127.0.0.2:0", |_, _| ok("secret")).await;
    let target = inner.url("/");
    let outer =
        Server::start(move |_, head| if head.contains("/twice") { redirect("/once") } else { redirect(&target) }).await;
    for path in ["/once", "/twice"] {
        assert_says(&get(&http(), &outer.url(path)).await, "127.0.0.2 是本机地址");
    }
    assert_eq!(inner.connections(), 0);
}

#[tokio::test]
async fn redirects_lead_to_http_only_and_end() {
    let server = Server::start(|_, head| {
        let path = head.split(' ').nth(1).unwrap();
        match path {
            "/loop" => redirect("/loop"),
            "/3" => redirect("2"),
            "/2" => redirect("/1"),
            "/1" => redirect("/picture"),
            "/4" => redirect("/3"),
            "/file" => redirect("file:///etc/passwd"),
            "/data" => redirect("data:,x"),
            "/granary" => redirect("granary:tag/a/b"),
            "/named" => redirect("http://me:secret@127.0.0.1/"),
            "/chinese" => redirect("/图片"),
            _ => ok("picture"),
        }
    })
    .await;
    let http = http();
    for path in ["/1", "/2", "/3", "/chinese"] {
        assert_eq!(get(&http, &server.url(path)).await.unwrap(), b"picture", "{path}");
    }
    for path in ["/4", "/loop"] {
        assert_says(&get(&http, &server.url(path)).await, "重定向超过 3 次");
    }
    for path in ["/file", "/data", "/granary"] {
        assert_says(&get(&http, &server.url(path)).await, "只允许 http 和 https");
    }
    let named = get(&http, &server.url("/named")).await;
    assert_says(&named, "用户名或密码");
    assert!(!named.unwrap_err().0.zh.contains("secret"));
}

#[tokio::test]
async fn credentials_are_refused_and_never_told() {
    let server = Server::start(|_, _| ok("picture")).await;
    let result = get(&http(), &format!("http://me:secret@{}/", server.address)).await;
    assert_says(&result, "用户名或密码");
    assert!(!result.unwrap_err().0.zh.contains("secret"));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn what_is_no_uri_is_said() {
    for uri in ["http://", "http://[::1", "http://a b/", "https:///"] {
        assert!(get(&http(), uri).await.is_err(), "{uri}");
    }
}
