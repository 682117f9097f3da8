//! A server that does as it is told, and counts.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// What it does with one request.
pub enum Reply {
    /// These bytes; the connection stays.
    Keep(String),
    /// These bytes, whatever they are; the connection stays.
    Raw(Vec<u8>),
    /// These bytes, then the end.
    Close(String),
    /// These bytes, then a byte every 20 ms.
    Drip(String),
    /// These bytes, then more without end.
    Endless(String),
    /// These bytes after a time; the connection stays.
    Late(Duration, String),
}

/// What it saw.
#[derive(Default)]
pub struct Seen {
    pub connections: AtomicUsize,
    pub requests: AtomicUsize,
    /// Connections that are open now, and the most that ever were.
    pub open: AtomicUsize,
    pub most_open: AtomicUsize,
}

pub struct Server {
    pub address: SocketAddr,
    pub seen: Arc<Seen>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// `200` with `body`.
pub fn ok(body: &str) -> Reply {
    Reply::Keep(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

/// A status without a body, and further header lines.
pub fn status(code: u16, headers: &str) -> Reply {
    Reply::Keep(format!("HTTP/1.1 {code} X\r\nContent-Length: 0\r\n{headers}\r\n"))
}

pub fn redirect(to: &str) -> Reply {
    status(302, &format!("Location: {to}\r\n"))
}

impl Server {
    /// Answers the request number `n` (from 0) with this head by `reply(n, head)`.
    pub async fn start(reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", reply).await
    }

    pub async fn at(address: &str, reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        Self::open(address, None, reply).await
    }

    /// The same over TLS.
    pub async fn secure(tls: TlsAcceptor, reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        Self::open("127.0.0.1:0", Some(tls), reply).await
    }

    async fn open(
        address: &str,
        tls: Option<TlsAcceptor>,
        reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, reply) = (Arc::new(Seen::default()), Arc::new(reply));
        let counting = seen.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, reply, tls) = (counting.clone(), reply.clone(), tls.clone());
                seen.connections.fetch_add(1, Ordering::SeqCst);
                let open = seen.open.fetch_add(1, Ordering::SeqCst) + 1;
                seen.most_open.fetch_max(open, Ordering::SeqCst);
                tokio::spawn(async move {
                    let _ = match tls {
                        None => talk(stream, &seen, &*reply).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => talk(stream, &seen, &*reply).await,
                            Err(error) => Err(error),
                        },
                    };
                    seen.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, seen, task }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }

    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }
}

async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: &Seen,
    reply: &(dyn Fn(usize, &str) -> Reply + Sync),
) -> std::io::Result<()> {
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(char::from(stream.read_u8().await?));
        }
        match reply(seen.requests.fetch_add(1, Ordering::SeqCst), &head) {
            Reply::Keep(bytes) => stream.write_all(bytes.as_bytes()).await?,
            Reply::Raw(bytes) => stream.write_all(&bytes).await?,
            Reply::Late(time, bytes) => {
                tokio::time::sleep(time).await;
                stream.write_all(bytes.as_bytes()).await?;
            }
            Reply::Close(bytes) => {
                stream.write_all(bytes.as_bytes()).await?;
                return stream.shutdown().await;
            }
            Reply::Drip(bytes) => {
                stream.write_all(bytes.as_bytes()).await?;
                loop {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    stream.write_all(b"x").await?;
                }
            }
            Reply::Endless(bytes) => {
                stream.write_all(bytes.as_bytes()).await?;
                loop {
                    stream.write_all(&[b'x'; 4096]).await?;
                }
            }
        }
    }
}
