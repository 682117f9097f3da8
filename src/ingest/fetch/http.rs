//! One row over HTTP: tries, redirects, and the limits of both.
//!
//! What always holds: at most [`RETRIES`] retries and [`REDIRECTS`] redirects, all within `ingest.timeout`; each hop is
//! checked like the first, and holds one of its host's connections from before it connects until its last byte.

use std::future::Future;
use std::sync::{Arc, Once};
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, DATE, HOST, HeaderMap, LOCATION, RETRY_AFTER, TRANSFER_ENCODING,
    USER_AGENT,
};
use hyper::{Request, Response};
use ring::rand::{SecureRandom, SystemRandom};
use tokio::time::Instant;
use url::{Position, Url};

use super::Refusal;
use super::address::Guard;
use super::coding::Codings;
use super::connect::{Connection, Connector, Lookup, Origin};
use super::hosts::{Hosts, Visit};
use crate::platform::config;
use crate::platform::error::Message;

/// A row is tried this often again.
const RETRIES: usize = 2;
const REDIRECTS: usize = 3;

/// How long one address may take to accept a connection, at most.
const CONNECT: Duration = Duration::from_secs(10);

/// A name that isn't known will hardly be in ten seconds.
const SOON: Duration = Duration::from_millis(200);

/// A body that isn't wanted is read up to here, so that its connection can be used again.
const DRAIN: usize = 64 * 1024;

/// How long that, and the connection's own end of an answer, may take.
const SETTLE: Duration = Duration::from_millis(250);

/// Who asks, for the people who run the host.
const AGENT: &str =
    concat!("granary/", env!("CARGO_PKG_VERSION"), " (face ingest; +", env!("CARGO_PKG_REPOSITORY"), ")");

/// Why a try failed.
#[derive(Debug)]
pub struct Fault {
    refusal: Refusal,
    /// Whether it may pass.
    again: bool,
    /// How long to wait, where that is known: the host may have asked for it.
    after: Option<Duration>,
}

impl Fault {
    /// It may pass.
    pub fn again(en: String, zh: String) -> Self {
        Self { refusal: Refusal::new(en, zh), again: true, after: None }
    }

    /// It may pass, but hardly by waiting.
    pub fn soon(en: String, zh: String) -> Self {
        Self { after: Some(SOON), ..Self::again(en, zh) }
    }

    /// It stays.
    pub fn last(en: String, zh: String) -> Self {
        Refusal::new(en, zh).into()
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, again: false, after: None }
    }
}

/// What a hop led to.
enum Answer {
    /// What was sent, and how it is coded.
    Bytes(Vec<u8>, Codings),
    /// A `Location`.
    Elsewhere(String),
}

/// Fetches over HTTP.
pub struct Http {
    hosts: Hosts,
    connector: Connector,
    max: u64,
    timeout: Duration,
    /// Starts what closes idle connections, at the first row.
    sweeping: Once,
}

impl Http {
    /// With the limits of `config`; names are looked up by `lookup`.
    pub fn new(config: &config::Ingest, lookup: Lookup) -> Self {
        let guard = Guard::new(config.allow_networks.clone());
        Self {
            hosts: Hosts::new(config.per_host),
            connector: Connector::new(guard, lookup, CONNECT.min(config.timeout / 3), config.authorities.clone()),
            max: config.max_image.as_u64(),
            timeout: config.timeout,
            sweeping: Once::new(),
        }
    }

    /// The bytes behind an `http` or `https` URI.
    ///
    /// # Errors
    /// The message of code 101.
    pub async fn get(self: &Arc<Self>, uri: &str) -> Result<Vec<u8>, Refusal> {
        self.sweeping.call_once(|| sweep(self));
        let url = Url::parse(uri).map_err(|error| {
            Refusal::new(format!("the uri is malformed: {error}"), format!("uri 的格式不正确: {error}"))
        })?;
        let mut budget = Budget { limit: self.timeout, left: self.timeout };
        for retry in 0..=RETRIES {
            let fault = match self.follow(url.clone(), &mut budget).await {
                Ok(bytes) => return Ok(bytes),
                Err(fault) => fault,
            };
            let wait = fault.after.unwrap_or_else(|| pause(self.timeout, retry));
            if !fault.again || retry == RETRIES || wait >= budget.left {
                return Err(told(fault.refusal, retry));
            }
            budget.spend(tokio::time::sleep(wait)).await?;
        }
        Err(Refusal::new("all tries are used up", "重试次数已用完"))
    }

    /// One try, along its redirects.
    async fn follow(&self, mut url: Url, budget: &mut Budget) -> Result<Vec<u8>, Fault> {
        for _ in 0..=REDIRECTS {
            match self.hop(&url, budget).await? {
                Answer::Bytes(bytes, codings) => return Ok(codings.decode(bytes, self.max).await?),
                Answer::Elsewhere(location) => {
                    url = url.join(location.trim()).map_err(|_| {
                        Refusal::new("the address that it redirects to is malformed", "重定向的地址不正确")
                    })?;
                }
            }
        }
        Err(Fault::last(format!("more than {REDIRECTS} redirects"), format!("重定向超过 {REDIRECTS} 次")))
    }

    async fn hop(&self, url: &Url, budget: &mut Budget) -> Result<Answer, Fault> {
        let origin = Origin::of(url)?;
        // Not from the budget: the row is not to blame for those before it.
        let visit = self.hosts.enter(origin.host()).await;
        let answer = budget.spend(self.exchange(&visit, &origin, url)).await?;
        match &answer {
            Err(fault) if fault.again => {
                let given_up = visit.failed(patience(self.timeout));
                visit.leave();
                return answer.map_err(|fault| Fault { again: !given_up, ..fault });
            }
            _ => visit.answered(),
        }
        answer
    }

    async fn exchange(&self, visit: &Visit, origin: &Origin, url: &Url) -> Result<Answer, Fault> {
        let (connection, response) = self.ask(visit, origin, url).await?;
        let (parts, body) = response.into_parts();
        let location = parts.headers.get(LOCATION).map(|value| address(value.as_bytes()));
        match (parts.status.as_u16(), location) {
            (200..=299, _) => {
                let read = match Codings::of(&parts.headers) {
                    Ok(codings) => self.read(&parts.headers, body, &codings).await.map(|bytes| (bytes, codings)),
                    Err(refusal) => Err(refusal.into()),
                };
                let (bytes, codings) = match read {
                    Ok(read) => read,
                    Err(fault) => {
                        connection.close().await;
                        return Err(fault);
                    }
                };
                settle(visit, origin, connection, None).await;
                Ok(Answer::Bytes(bytes, codings))
            }
            (301 | 302 | 303 | 307 | 308, Some(location)) => {
                settle(visit, origin, connection, Some(body)).await;
                Ok(Answer::Elsewhere(location))
            }
            (code, _) => {
                let refusal = Refusal::new(format!("the server answers {code}"), format!("服务器返回状态码 {code}"));
                settle(visit, origin, connection, Some(body)).await;
                let again = matches!(code, 429 | 502 | 503 | 504);
                Err(Fault { refusal, again, after: retry_after(&parts.headers) })
            }
        }
    }

    /// Asks over a connection that is there already, or over a new one.
    async fn ask(&self, visit: &Visit, origin: &Origin, url: &Url) -> Result<(Connection, Response<Incoming>), Fault> {
        while let Some(mut connection) = visit.reuse(origin) {
            // The host may close it at any time; then the next one is taken, and this was no try.
            match connection.ask(request(url)?).await {
                Some(Ok(response)) => return Ok((connection, response)),
                _ => connection.close().await,
            }
        }
        let mut connection = self.connector.connect(origin).await?;
        if let Some(Ok(response)) = connection.ask(request(url)?).await {
            return Ok((connection, response));
        }
        connection.close().await;
        Err(Fault::again(
            format!("{origin} closed the connection without a valid answer"),
            format!("{origin} 没有给出有效的应答就断开了连接"),
        ))
    }

    /// The body, as long as it is not too long.
    async fn read(&self, headers: &HeaderMap, mut body: Incoming, codings: &Codings) -> Result<Vec<u8>, Fault> {
        let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let most = codings.most(self.max);
        if let Some(size) = announced.filter(|size| *size > most) {
            return Err(Refusal::too_large(Some(size), self.max).into());
        }
        // hyper reads on to the end of the connection; who announces a length beside `Transfer-Encoding: identity` keeps it.
        let end = announced.filter(|_| headers.contains_key(TRANSFER_ENCODING) && !is_chunked(headers));
        let mut bytes =
            Vec::with_capacity(usize::try_from(announced.unwrap_or_default().min(1 << 20)).unwrap_or_default());
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| cut_off(bytes.len()))?;
            let Ok(part) = frame.into_data() else { continue };
            if (bytes.len() + part.len()) as u64 > most {
                return Err(Refusal::too_large(None, self.max).into());
            }
            bytes.extend_from_slice(&part);
            if end.is_some_and(|end| bytes.len() as u64 >= end) {
                break;
            }
        }
        Ok(bytes)
    }

    #[cfg(test)]
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }
}

fn request(url: &Url) -> Result<Request<Empty<Bytes>>, Refusal> {
    Request::get(&url[Position::BeforePath..Position::AfterQuery])
        .header(HOST, &url[Position::BeforeHost..Position::AfterPort])
        .header(USER_AGENT, AGENT)
        .header(ACCEPT, "image/*, */*;q=0.5")
        .header(ACCEPT_ENCODING, "identity")
        .body(Empty::new())
        .map_err(|_| Refusal::new("the uri holds characters that can't be sent", "uri 中有不能发送的字符"))
}

/// A `Location` as people write it: what is no UTF-8 is percent-encoded, byte by byte; the rest is for the URL parser.
fn address(value: &[u8]) -> String {
    let mut text = String::new();
    for chunk in value.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    text
}

fn is_chunked(headers: &HeaderMap) -> bool {
    let last = headers.get_all(TRANSFER_ENCODING).iter().next_back().and_then(|value| value.to_str().ok());
    last.and_then(|value| value.rsplit(',').next()).is_some_and(|word| word.trim().eq_ignore_ascii_case("chunked"))
}

fn cut_off(count: usize) -> Fault {
    Fault::again(format!("the transfer broke off after {count} bytes"), format!("传输中断，只收到 {count} 字节"))
}

/// Reads to the end what is left of an answer, and keeps the connection; closes it where that would take long.
async fn settle(visit: &Visit, origin: &Origin, mut connection: Connection, body: Option<Incoming>) {
    let settled = tokio::time::timeout(SETTLE, async {
        let mut drained = 0;
        if let Some(mut body) = body {
            while let Some(frame) = body.frame().await {
                let Ok(frame) = frame else { return false };
                drained += frame.data_ref().map_or(0, Bytes::len);
                if drained > DRAIN {
                    return false;
                }
            }
        }
        connection.is_reusable().await
    });
    if settled.await.unwrap_or(false) {
        visit.keep(origin, connection);
    } else {
        connection.close().await;
    }
}

/// `Retry-After` in seconds, or as a date, which counts from the answer's own.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp());
    let span = date(text)?.duration_since(date(headers.get(DATE)?.to_str().ok()?)?);
    Some(span.try_into().unwrap_or_default())
}

/// The wait before the next try. Two of them bridge a source that is away for a third of the time limit: ten seconds
/// of the usual thirty, which is what a restart takes.
fn pause(timeout: Duration, retry: usize) -> Duration {
    match retry {
        0 => timeout.mul_f64(0.035 + 0.015 * chance()),
        _ => timeout.mul_f64(0.35 + 0.035 * chance()),
    }
}

/// A host that has been ill for longer than any row would wait for it.
fn patience(timeout: Duration) -> Duration {
    timeout.mul_f64(0.45)
}

/// From 0 to 1, so that rows that failed together don't come back together.
fn chance() -> f64 {
    let mut byte = [0];
    // Without randomness they do come back together, no worse.
    let _ = SystemRandom::new().fill(&mut byte);
    f64::from(byte[0]) / 255.0
}

/// Says how often it was tried.
fn told(refusal: Refusal, retries: usize) -> Refusal {
    let Refusal(Message { en, zh }) = refusal;
    match retries {
        0 => Refusal::new(en, zh),
        1 => Refusal::new(format!("{en} (tried once more)"), format!("{zh}（已重试 1 次）")),
        _ => Refusal::new(format!("{en} (tried {retries} more times)"), format!("{zh}（已重试 {retries} 次）")),
    }
}

/// What is left of a row's time.
struct Budget {
    limit: Duration,
    left: Duration,
}

impl Budget {
    async fn spend<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Refusal> {
        let begun = Instant::now();
        let done = tokio::time::timeout(self.left, work).await;
        self.left = self.left.saturating_sub(begun.elapsed());
        done.map_err(|_| {
            let seconds = self.limit.as_secs_f64();
            Refusal::new(
                format!("out of time: not fetched within {seconds} s (ingest.timeout)"),
                format!("超时：{seconds} 秒内没有取完（ingest.timeout）"),
            )
        })
    }
}

/// Closes idle connections for as long as there is a fetcher.
fn sweep(http: &Arc<Http>) {
    let http = Arc::downgrade(http);
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let Some(http) = http.upgrade() else { return };
            http.hosts.sweep(Instant::now());
        }
    });
}
