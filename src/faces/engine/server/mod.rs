//! What the engines that ask a server over HTTP have in common: one client, time-outs, tries, and a breaker.
//!
//! What always holds: keys travel in headers marked as sensitive and appear in no message; an answer is read up to a limit; a server that
//! keeps failing is left alone for a while, and then tried with one request.

mod breaker;
mod picture;

use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, Url};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::faces::model::Detected;
use crate::platform::config;

use super::Unanswered;
use breaker::Breaker;
pub(super) use picture::{Cut, Found, open};

/// Bytes of an answer that are read; a picture with a thousand faces gives less.
const MOST: usize = 8 << 20;

/// How long a server is waited for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For an answer.
    pub(super) answer: Duration,
    /// Before the second try; it doubles with each.
    pub(super) pause: Duration,
    /// Tries, the first included.
    pub(super) tries: u32,
    /// Failures in a row after which the server is left alone.
    pub(super) failures: u32,
    /// For how long.
    pub(super) rest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { answer: seconds(30), pause: Duration::from_millis(250), tries: 4, failures: 5, rest: seconds(5) }
    }
}

/// A server, and how it did lately.
pub(super) struct Server {
    client: Client,
    base: Url,
    patience: Patience,
    breaker: Breaker,
    /// Pictures that are decoded or encoded at a time.
    processors: Semaphore,
}

/// An answer that settles something: neither 429 nor 5xx.
pub(super) struct Reply {
    pub(super) status: u16,
    /// `null` where the answer isn't JSON.
    pub(super) json: Value,
}

impl Reply {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// An answer that none of the requests expects.
    pub(super) fn refused(&self) -> Unanswered {
        Unanswered(format!("the face server answered {}: {}", self.status, said(&self.json)))
    }
}

/// It's not known whether the request was carried out: it failed on its way, or the server did (429, 5xx). Worth another try.
pub(super) struct Unclear(String);

impl Server {
    /// The server at `faces.url`.
    ///
    /// # Errors
    /// One line that names the key.
    pub(super) fn new(config: &config::Faces, patience: Patience) -> Result<Self, String> {
        let expected = "faces.url must be the base URL of the face server, such as \"http://127.0.0.1:8000\"";
        let text = config.url.as_deref().ok_or(expected)?;
        let mut base: Url = text.parse().map_err(|_| expected)?;
        if !matches!(base.scheme(), "http" | "https") || base.query().is_some() || base.fragment().is_some() {
            return Err(expected.to_owned());
        }
        let folder = base.path().trim_end_matches('/').to_owned();
        base.set_path(&folder);
        // Fails only where there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(patience.answer.min(Duration::from_secs(5)))
            .timeout(patience.answer)
            .user_agent("granary")
            .build()
            .map_err(|error| format!("the client for faces.url: {error}"))?;
        let processors = Semaphore::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
        Ok(Self { client, base, patience, breaker: Breaker::new(patience.failures, patience.rest), processors })
    }

    /// The URL of `path` below the base, each segment encoded.
    pub(super) fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        // An http URL has segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request that may be repeated, until there is an answer.
    pub(super) async fn ask(&self, request: impl Fn() -> RequestBuilder + Send + Sync) -> Result<Reply, Unanswered> {
        let mut tries = self.tries();
        loop {
            match self.once(request()).await {
                Ok(reply) => return Ok(reply),
                Err(why) => tries.again(why).await?,
            }
        }
    }

    pub(super) fn tries(&self) -> Tries {
        Tries { patience: self.patience, used: 0 }
    }

    /// Sends a request once, unless the server is to be left alone: then that is waited for, and the try is spent.
    pub(super) async fn once(&self, request: RequestBuilder) -> Result<Reply, Unclear> {
        if let Err(rest) = self.breaker.leave(Instant::now()) {
            tokio::time::sleep(rest).await;
            return Err(Unclear(
                "the face server failed several times in a row and is left alone for a while".to_owned(),
            ));
        }
        let outcome = exchange(request).await;
        match &outcome {
            Ok(_) => self.breaker.succeeded(),
            Err(_) => self.breaker.failed(Instant::now()),
        }
        outcome
    }

    /// Works on a picture's pixels on the blocking pool, no more at a time than there are processors. A panic in it goes on
    /// here: that is no silence of a server.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unanswered> {
        let _permit = self.processors.acquire().await.map_err(|error| Unanswered(error.to_string()))?;
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => Ok(done),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(error) => Err(Unanswered(format!("the face engine broke off: {error}"))),
        }
    }

    /// What a server found in the picture sent, as faces of the picture it was made of, with what can be measured here.
    pub(super) async fn measured(
        &self,
        picture: &super::Picture,
        found: Vec<Found>,
    ) -> Result<Vec<Detected>, Unanswered> {
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let (bytes, size) = (picture.bytes.clone(), (picture.width, picture.height));
        self.work(move || picture::measured(&bytes, size, found)).await
    }
}

/// The tries that one call has.
pub(super) struct Tries {
    patience: Patience,
    used: u32,
}

impl Tries {
    /// Waits until the next try; after the last one, what went wrong is the answer.
    pub(super) async fn again(&mut self, Unclear(why): Unclear) -> Result<(), Unanswered> {
        self.used += 1;
        if self.used >= self.patience.tries {
            return Err(Unanswered(why));
        }
        tokio::time::sleep(jittered(self.patience.pause * 2_u32.pow(self.used - 1))).await;
        Ok(())
    }
}

async fn exchange(request: RequestBuilder) -> Result<Reply, Unclear> {
    let broken = |error: reqwest::Error| Unclear(format!("the face server doesn't answer: {}", reason(error)));
    let mut response = request.send().await.map_err(broken)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MOST {
            return Err(Unclear(format!("the face server's answer has more than {MOST} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    let json = serde_json::from_slice(&body).unwrap_or_default();
    if status == 429 || status >= 500 {
        return Err(Unclear(format!("the face server answered {status}: {}", said(&json))));
    }
    Ok(Reply { status, json })
}

/// The innermost reason, without the URL: it may hold a password.
fn reason(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "it takes too long".to_owned();
    }
    let error = error.without_url();
    let mut inner: &dyn std::error::Error = &error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// What an error's JSON says, in either server's way, cut to a line.
fn said(json: &Value) -> String {
    let message = json["message"].as_str().or_else(|| json["error"]["message"].as_str()).unwrap_or("no message");
    message.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Between half and one and a half times as long.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [128];
    // Without randomness all wait equally long.
    let _ = SystemRandom::new().fill(&mut byte);
    pause.mul_f64(0.5 + f64::from(byte[0]) / 255.0)
}

/// A form with the JPEG under this name.
pub(super) fn form(field: &'static str, jpeg: &[u8]) -> Form {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"))]);
    Form::new().part(field, Part::bytes(jpeg.to_vec()).file_name("picture.jpg").headers(headers))
}

/// The key that `faces.keys` has under this name, as a header that no log shows.
pub(super) fn key(config: &config::Faces, name: &str, prefix: &str) -> Result<Option<HeaderValue>, String> {
    let Some(secret) = config.keys.get(name) else {
        return Ok(None);
    };
    let mut value = HeaderValue::from_str(&format!("{prefix}{}", secret.0))
        .map_err(|_| format!("faces.keys.{name} has characters that no HTTP header can hold"))?;
    value.set_sensitive(true);
    Ok(Some(value))
}

#[cfg(test)]
pub(super) mod double;
