//! Bodies that are too long, too slow, or not what they say.

use std::sync::Arc;
use std::time::Duration;

use super::server::{Reply, Server, ok, status};
use super::{Http, Ingest, assert_says, get, http, settings, system_lookup};

/// Gives up after half a second.
fn hasty() -> Arc<Http> {
    Arc::new(Http::new(&Ingest { timeout: Duration::from_millis(500), ..settings() }, system_lookup()))
}

#[tokio::test]
async fn the_limit_is_met_exactly() {
    let server = Server::start(|_, head| {
        let size = head.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
        ok(&"x".repeat(size))
    })
    .await;
    let http = http();
    assert_eq!(get(&http, &server.url("/1000")).await.unwrap().len(), 1000);
    assert_eq!(get(&http, &server.url("/0")).await.unwrap().len(), 0);
    assert_says(&get(&http, &server.url("/1001")).await, "1001 字节，上限 1000 字节");
    assert_eq!(server.requests(), 3, "a picture that is too large is not asked for again");
}

#[tokio::test]
async fn a_body_without_end_is_left() {
    for head in ["", "Transfer-Encoding: chunked\r\n", "Content-Length: 99999999999999999999999\r\n"] {
        let server = Server::start(move |_, _| Reply::Endless(format!("HTTP/1.1 200 OK\r\n{head}\r\nfff\r\n"))).await;
        assert!(get(&hasty(), &server.url("/")).await.is_err(), "{head}");
    }
    let server = Server::start(|_, _| Reply::Endless("HTTP/1.1 200 OK\r\n\r\n".to_owned())).await;
    assert_says(&get(&http(), &server.url("/")).await, "超过上限 1000 字节");
}

#[tokio::test]
async fn a_length_that_lies_brings_no_more_than_it_says() {
    let long = Server::start(|_, _| Reply::Endless("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n".to_owned())).await;
    assert_eq!(get(&http(), &long.url("/")).await.unwrap(), b"xxxxx");
    let short =
        Server::start(|_, _| Reply::Close("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nabc".to_owned())).await;
    assert_says(&get(&http(), &short.url("/")).await, "传输中断，只收到 3 字节（已重试 2 次）");
    assert_eq!(short.requests(), 3);
}

#[tokio::test]
async fn slowness_ends_at_the_time_limit() {
    let drip = Server::start(|_, _| Reply::Drip("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n".to_owned())).await;
    assert_says(&get(&hasty(), &drip.url("/")).await, "超时：0.5 秒");
    let head = Server::start(|_, _| Reply::Drip("HTTP/1.1 200 OK\r\nX-Slow: ".to_owned())).await;
    assert_says(&get(&hasty(), &head.url("/")).await, "超时：0.5 秒");
    let silent = Server::start(|_, _| Reply::Late(Duration::from_secs(60), String::new())).await;
    assert_says(&get(&hasty(), &silent.url("/")).await, "超时：0.5 秒");
}

#[tokio::test]
async fn answers_that_are_no_http_are_refused() {
    let server = Server::start(|_, _| Reply::Close("SSH-2.0-OpenSSH_9.6\r\n".to_owned())).await;
    assert_says(&get(&http(), &server.url("/")).await, "没有给出有效的应答");
}

#[tokio::test]
async fn statuses_are_told() {
    let server = Server::start(|_, head| {
        let code = head.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
        status(code, "")
    })
    .await;
    let http = http();
    for code in [304, 400, 401, 403, 404, 410, 500, 501] {
        assert_says(&get(&http, &server.url(&format!("/{code}"))).await, &format!("状态码 {code}"));
    }
    assert_eq!(server.requests(), 8, "none of them is asked for again");
    assert_eq!(server.connections(), 1, "their connection is used again");
}

#[tokio::test]
async fn a_server_that_does_not_listen_is_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let result = get(&http(), &format!("http://{address}/")).await;
    assert_says(&result, &format!("{address} 拒绝连接（已重试 2 次）"));
}

#[tokio::test]
async fn a_server_without_tls_is_told() {
    let server = Server::start(|_, _| ok("picture")).await;
    let result = get(&http(), &format!("https://{}/", server.address)).await;
    assert!(result.is_err());
    assert_eq!(server.requests(), 0);
}
