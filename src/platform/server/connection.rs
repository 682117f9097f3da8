//! One connection: its requests one after another, and its end.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1::{Builder, Parts};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rocket::Shutdown;
use rocket::local::asynchronous::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::wire::Wire;
use super::{exchange, target};

/// How long the head of a request may take, the wait for it on an idle connection included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);

/// Most bytes that hyper keeps of a connection: a head, or what a fast sender is ahead.
const BUFFER: usize = 64 * 1024;

/// After a head that can't be read, the client has this long and this many bytes to finish sending.
const LAST_READ: Duration = Duration::from_secs(2);
const LAST_BYTES: u64 = 1 << 20;

/// Serves one client to the end of its connection.
pub(super) async fn serve(
    stream: TcpStream,
    client: SocketAddr,
    router: &'static Client,
    handlers: TaskTracker,
    shutdown: Shutdown,
) {
    let mut wire = Wire::new(stream);
    let leftover = Arc::new(AtomicBool::new(false));
    loop {
        let service = service_fn(|request| exchange::answer(router, &handlers, client, request, &leftover));
        match requests(wire, service, shutdown.clone()).await {
            End::Proper => return,
            End::Unreadable(mut parts) => {
                // hyper keeps a head that it couldn't split, and drops one whose target it couldn't read.
                let remembered = parts.io.inner_mut().take_recent();
                // Behind a body that was not read to its end, what was remembered may begin with the rest of it.
                let head =
                    if remembered.is_empty() || leftover.load(Relaxed) { &parts.read_buf[..] } else { &remembered };
                match encoded(head) {
                    Some(encoded) => {
                        wire = parts.io.into_inner();
                        wire.put_in_front(encoded);
                    }
                    None => return refuse(parts.io.inner_mut(), head).await,
                }
            }
        }
    }
}

/// How the requests of a connection ended.
enum End<S> {
    Proper,
    /// By a head that isn't HTTP/1.1.
    Unreadable(Parts<TokioIo<Wire>, S>),
}

async fn requests<S>(wire: Wire, service: S, mut shutdown: Shutdown) -> End<S>
where
    S: hyper::service::HttpService<Incoming, ResBody = super::outgoing::Outgoing, Error = Infallible>,
    S: Unpin,
    S::Future: Unpin,
{
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(BUFFER);
    let mut connection = builder.serve_connection(TokioIo::new(wire), service);
    let mut is_ending = false;
    let ended = loop {
        tokio::select! {
            biased;
            () = &mut shutdown, if !is_ending => {
                is_ending = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
            ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break ended,
        }
    };
    let mut parts = connection.into_parts();
    match ended {
        Err(error) if error.is_parse() => return End::Unreadable(parts),
        Err(error) => tracing::debug!(%error, "a connection ended"),
        Ok(()) => {
            let _ = parts.io.inner_mut().shutdown().await;
        }
    }
    End::Proper
}

/// The head with the odd bytes of its request line percent-encoded, as a client that follows the RFC would have sent it:
/// then the guards say what is wrong with it. `None` where that changes nothing.
fn encoded(head: &[u8]) -> Option<Bytes> {
    let end = memchr::memchr(b'\n', head)?;
    let (line, rest) = head.split_at(end);
    let mut encoded = target::encoded(line, target::is_odd)?.into_bytes();
    encoded.extend_from_slice(rest);
    Some(encoded.into())
}

/// Says that a head can't be read, and ends the connection so that the client sees it.
async fn refuse(wire: &mut Wire, head: &[u8]) {
    let is_long = head.len() >= BUFFER / 2;
    let (status, title, detail) = if is_long {
        (431, "Request Header Fields Too Large", "The head of the request is too long: at most 64 KiB.")
    } else {
        (400, "Bad Request", "The head of the request is not HTTP/1.1 (RFC 9112).")
    };
    let body = format!(r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}"}}"#);
    let answer = format!(
        "HTTP/1.1 {status} {title}\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let farewell = async {
        wire.write_all(answer.as_bytes()).await?;
        wire.shutdown().await?;
        // Closed with bytes unread, the connection would be reset, and the answer lost.
        tokio::io::copy(&mut wire.take(LAST_BYTES), &mut tokio::io::sink()).await
    };
    let _ = timeout(LAST_READ, farewell).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_lines_are_percent_encoded_where_they_are_not_ascii() {
        let mended = encoded(b"GET /tags/\xb2`\xe2 HTTP/1.1\r\nHost: x\xff\r\n\r\n").unwrap();
        assert_eq!(&mended[..], b"GET /tags/%B2%60%E2 HTTP/1.1\r\nHost: x\xff\r\n\r\n");
        assert!(encoded(b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n").is_none());
        assert!(encoded(b"GET /\xff").is_none());
    }
}
