//! From a host's name to an open connection.
//!
//! What always holds: the address that is connected to is the one that the guard let in. There is no second look-up
//! between the check and the connection, and addresses that stand in the URI take the same way.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http_body_util::Empty;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls_platform_verifier::{BuilderVerifierExt, Verifier};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig};
use url::{Host, Url};

use super::Refusal;
use super::address::{Guard, Kind};
use super::http::Fault;

/// Addresses of a name; a parameter, so that tests can lie.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The system's way.
pub fn system_lookup() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// What a connection is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    secure: bool,
    /// A name in its ASCII form, or an address without brackets.
    host: String,
    port: u16,
}

impl Origin {
    /// Of a URL that can be fetched.
    ///
    /// # Errors
    /// Another scheme, no host, or credentials in it.
    pub fn of(url: &Url) -> Result<Self, Refusal> {
        let secure = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => {
                return Err(Refusal::new(
                    "redirected to a scheme that isn't supported: http and https are allowed",
                    "重定向到了不支持的协议：只允许 http 和 https",
                ));
            }
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::credentials());
        }
        if url.port() == Some(0) {
            return Err(Refusal::new("nobody listens at port 0", "端口 0 不能连接"));
        }
        let host = match url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err(Refusal::new("the uri names no host", "uri 中没有主机名")),
        };
        let port = url.port_or_known_default().unwrap_or(if secure { 443 } else { 80 });
        Ok(Self { secure, host, port })
    }

    /// The host's name or address.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// An HTTP/1.1 connection. Dropped, it is closed.
pub struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    /// What moves its bytes.
    task: JoinHandle<()>,
}

impl Connection {
    async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> hyper::Result<Self> {
        // Heads as browsers take them: a field that is malformed is passed over, not the whole answer.
        let (sender, connection) = http1::Builder::new()
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .handshake(TokioIo::new(stream))
            .await?;
        let task = tokio::spawn(async move {
            // Whoever sends on it learns of its end.
            let _ = connection.await;
        });
        Ok(Self { sender, task })
    }

    /// As far as is known.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Whether it can be used once more; waits until the last answer is through.
    pub async fn is_reusable(&mut self) -> bool {
        self.sender.ready().await.is_ok()
    }

    /// Asks. `None` when the connection turned out to be closed before anything was sent.
    pub async fn ask(&mut self, request: Request<Empty<Bytes>>) -> Option<hyper::Result<Response<Incoming>>> {
        match self.sender.try_send_request(request).await {
            Ok(response) => Some(Ok(response)),
            Err(mut error) => error.take_message().is_none().then(|| Err(error.into_error())),
        }
    }

    /// Closes it, and waits until it is closed.
    pub async fn close(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Opens connections.
pub struct Connector {
    guard: Guard,
    lookup: Lookup,
    /// How long one address may take to accept.
    patience: Duration,
    /// Trusted beside what the system trusts.
    authorities: Vec<CertificateDer<'static>>,
    tls: OnceLock<Result<TlsConnector, String>>,
}

impl Connector {
    pub fn new(guard: Guard, lookup: Lookup, patience: Duration, authorities: Vec<CertificateDer<'static>>) -> Self {
        Self { guard, lookup, patience, authorities, tls: OnceLock::new() }
    }

    /// A new connection to one of the host's addresses, the first that accepts.
    ///
    /// # Errors
    /// Final for forbidden addresses and certificates that don't fit; what may pass can be tried again.
    pub async fn connect(&self, origin: &Origin) -> Result<Connection, Fault> {
        let addresses = self.addresses(origin).await?;
        let stream = self.open(origin, addresses).await?;
        // Small requests are to leave at once; a system that refuses that is merely slower.
        let _ = stream.set_nodelay(true);
        let connection = if origin.secure {
            Connection::over(self.secure(origin, stream).await?).await
        } else {
            Connection::over(stream).await
        };
        connection.map_err(|_| {
            Fault::again(format!("no HTTP connection with {origin}"), format!("无法与 {origin} 建立 HTTP 连接"))
        })
    }

    /// Those of the host's addresses that may be connected to.
    async fn addresses(&self, origin: &Origin) -> Result<Vec<IpAddr>, Fault> {
        let host = &origin.host;
        if let Ok(address) = host.parse::<IpAddr>() {
            return match self.guard.check(address) {
                Ok(()) => Ok(vec![address]),
                Err(kind) => Err(forbidden(&format!("the address {address}"), &format!("地址 {address}"), kind)),
            };
        }
        let found = (self.lookup)(host.clone()).await.unwrap_or_default();
        let mut refused = None;
        let mut addresses = Vec::new();
        for address in found {
            match self.guard.check(address) {
                Ok(()) => addresses.push(address),
                Err(kind) => {
                    let (en, zh) =
                        (format!("{address}, where {host} leads,"), format!("域名 {host} 指向的地址 {address}"));
                    refused = Some(forbidden(&en, &zh, kind));
                }
            }
        }
        match refused {
            _ if !addresses.is_empty() => Ok(addresses),
            Some(fault) => Err(fault),
            None => Err(Fault::soon(format!("the name {host} leads to no address"), format!("域名 {host} 解析失败"))),
        }
    }

    async fn open(&self, origin: &Origin, addresses: Vec<IpAddr>) -> Result<TcpStream, Fault> {
        let mut fault = None;
        for address in addresses {
            let tried = TcpStream::connect(SocketAddr::new(address, origin.port));
            fault = Some(match tokio::time::timeout(self.patience, tried).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    (format!("{origin} refuses the connection"), format!("{origin} 拒绝连接"))
                }
                Ok(Err(error)) => {
                    let kind = error.kind();
                    (format!("no connection to {origin}: {kind}"), format!("无法连接 {origin}：{kind}"))
                }
                Err(_) => (format!("{origin} doesn't accept the connection in time"), format!("连接 {origin} 超时")),
            });
        }
        let (en, zh) = fault.unwrap_or_else(|| (format!("no connection to {origin}"), format!("无法连接 {origin}")));
        Err(Fault::again(en, zh))
    }

    async fn secure(
        &self,
        origin: &Origin,
        stream: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Fault> {
        let tls = self.tls.get_or_init(|| tls(&self.authorities).map_err(|error| error.to_string()));
        let tls = tls.as_ref().map_err(|why| {
            Fault::last(format!("this server can't use https: {why}"), format!("本服务器不能使用 https：{why}"))
        })?;
        let name = ServerName::try_from(origin.host.clone());
        let name = name.map_err(|_| {
            let host = &origin.host;
            Fault::last(format!("{host} is no host name of https"), format!("{host} 不是有效的 https 主机名"))
        })?;
        tls.connect(name, stream).await.map_err(|error| {
            let (en, zh) = (format!("no TLS with {origin}: {error}"), format!("与 {origin} 的 TLS 握手失败：{error}"));
            // A certificate doesn't get better by asking again; a cut connection may.
            if error.kind() == io::ErrorKind::InvalidData { Fault::last(en, zh) } else { Fault::again(en, zh) }
        })
    }
}

fn forbidden(en: &str, zh: &str, (kind, kind_zh): Kind) -> Fault {
    Fault::last(
        format!("{en} is {kind}, which isn't allowed; ingest.allow_networks names the networks that are"),
        format!("{zh} 是{kind_zh}，不允许访问；如需允许，请在配置项 ingest.allow_networks 中写入它所在的网段"),
    )
}

/// What the system trusts, these beside it, and HTTP/1.1 alone.
fn tls(authorities: &[CertificateDer<'static>]) -> Result<TlsConnector, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let builder = if authorities.is_empty() {
        builder.with_platform_verifier()?
    } else {
        let verifier = Verifier::new_with_extra_roots(authorities.iter().cloned(), provider)?;
        builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
