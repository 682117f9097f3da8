//! Retries, connections that are used again, and how many of them a host gets.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::server::{Reply, Server, ok, status};
use super::{Http, Ingest, assert_says, get, http, settings, system_lookup};

#[tokio::test]
async fn what_may_pass_is_tried_twice_again() {
    for code in [429, 502, 503, 504] {
        let server = Server::start(move |n, _| if n < 2 { status(code, "") } else { ok("picture") }).await;
        assert_eq!(get(&http(), &server.url("/")).await.unwrap(), b"picture", "{code}");
        assert_eq!(server.requests(), 3);
        assert_eq!(server.connections(), 1);
    }
    let server = Server::start(|_, _| status(503, "")).await;
    assert_says(&get(&http(), &server.url("/")).await, "状态码 503（已重试 2 次）");
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn a_cut_connection_is_tried_again() {
    let server = Server::start(|n, _| if n < 2 { Reply::Close("HTTP/1.1 2".to_owned()) } else { ok("picture") }).await;
    assert_eq!(get(&http(), &server.url("/")).await.unwrap(), b"picture");
}

#[tokio::test]
async fn a_row_outlasts_a_source_that_is_away_for_a_third_of_its_time() {
    let away = settings().timeout / 3;
    let begun = Instant::now();
    let server =
        Server::start(move |_, _| if begun.elapsed() < away { Reply::Close(String::new()) } else { ok("picture") })
            .await;
    assert_eq!(get(&http(), &server.url("/")).await.unwrap(), b"picture");
}

#[tokio::test]
async fn the_host_says_when_to_come_back() {
    let soon = Server::start(|n, _| if n == 0 { status(503, "Retry-After: 0\r\n") } else { ok("picture") }).await;
    assert_eq!(get(&http(), &soon.url("/")).await.unwrap(), b"picture");
    // Dates count from the answer's own, whatever clock it was.
    let dated = "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\nRetry-After: Tue, 15 Nov 1994 08:12:32 GMT\r\n";
    let dated = Server::start(move |n, _| if n == 0 { status(429, dated) } else { ok("picture") }).await;
    assert_eq!(get(&http(), &dated.url("/")).await.unwrap(), b"picture");
    let late = Server::start(|_, _| status(503, "Retry-After: 120\r\n")).await;
    assert_says(&get(&http(), &late.url("/")).await, "状态码 503");
    assert_eq!(late.requests(), 1, "past the time limit there is nothing to wait for");
}

#[tokio::test]
async fn a_host_that_stays_away_is_not_waited_for_row_by_row() {
    let server = Server::start(|_, _| Reply::Close(String::new())).await;
    let http = Arc::new(Http::new(&Ingest { timeout: Duration::from_millis(500), ..settings() }, system_lookup()));
    assert_says(&get(&http, &server.url("/")).await, "已重试 2 次");
    assert_eq!(server.requests(), 3);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(get(&http, &server.url("/")).await.is_err());
    assert_eq!(server.requests(), 4, "one try is enough by now");
}

#[tokio::test]
async fn rows_share_connections() {
    let server = Server::start(|_, _| ok("picture")).await;
    let http = http();
    for _ in 0..50 {
        assert_eq!(get(&http, &server.url("/")).await.unwrap(), b"picture");
    }
    assert_eq!((server.requests(), server.connections()), (50, 1));
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_costs_no_try() {
    let server = Server::start(|_, _| Reply::Close("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx".to_owned())).await;
    let http = http();
    for _ in 0..20 {
        assert_eq!(get(&http, &server.url("/")).await.unwrap(), b"x");
    }
    assert_eq!(server.requests(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_gets_no_more_connections_than_its_share() {
    let picture = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
    let server = Server::start(move |_, _| Reply::Late(Duration::from_millis(2), picture.to_owned())).await;
    let http = Arc::new(Http::new(&Ingest { per_host: 3, ..settings() }, system_lookup()));
    let row = || {
        let (http, url) = (http.clone(), server.url("/"));
        tokio::spawn(async move { get(&http, &url).await })
    };
    for row in (0..300).map(|_| row()).collect::<Vec<_>>() {
        assert_eq!(row.await.unwrap().unwrap(), b"x");
    }
    assert_eq!(server.seen.most_open.load(Ordering::SeqCst), 3);
    assert_eq!(server.connections(), 3);
    assert_eq!(server.requests(), 300);
}

#[tokio::test]
async fn hosts_are_forgotten_and_their_connections_closed() {
    let server = Server::start(|_, _| ok("picture")).await;
    let http = http();
    assert!(get(&http, &server.url("/")).await.is_ok());
    assert_eq!(http.hosts().count(), 1);
    http.hosts().sweep(Instant::now());
    assert_eq!(http.hosts().count(), 1);
    http.hosts().sweep(Instant::now() + Duration::from_secs(15));
    assert_eq!(http.hosts().count(), 0);
    while server.seen.open.load(Ordering::SeqCst) > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn it_says_who_it_is_and_asks_for_plain_bytes() {
    let server = Server::start(|_, head| ok(head)).await;
    let head = String::from_utf8(get(&http(), &server.url("/a%20b?c=d#e")).await.unwrap()).unwrap();
    assert!(head.starts_with("GET /a%20b?c=d HTTP/1.1\r\n"), "{head}");
    let head = head.to_lowercase();
    for line in [&format!("host: {}", server.address), "user-agent: granary/", "accept-encoding: identity"] {
        assert!(head.contains(line), "{head}");
    }
}
