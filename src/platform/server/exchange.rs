//! One request on its way to Rocket's routes, and its answer on the way back.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, ETAG, HeaderName, HeaderValue, VARY};
use hyper::http::request::Parts;
use hyper::{HeaderMap, StatusCode};
use rocket::http::uri::{Host, Origin};
use rocket::http::{Cookie, Header, Method};
use rocket::local::asynchronous::{Client, LocalRequest, LocalResponse};
use tokio_util::task::TaskTracker;

use super::compression::{accepts_gzip, is_text_of_ours};
use super::outgoing::Outgoing;
use super::target;
use crate::platform::error::Error;
use crate::platform::web::guards::Refusal;
use crate::platform::web::receive::Arriving;

type Answer = hyper::Response<Outgoing>;

/// Answers one request. The handler runs to its end whatever the client does meanwhile; `leftover` is set where it didn't
/// read the whole body.
pub(super) fn answer(
    router: &'static Client,
    handlers: &TaskTracker,
    client: SocketAddr,
    request: hyper::Request<Incoming>,
    leftover: &Arc<AtomicBool>,
) -> Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>> {
    let (head, body) = request.into_parts();
    let arriving = Arc::new(Arriving::new(body));
    let wishes = Wishes::of(&head);
    let handled = handlers.spawn(handle(router, client, head, arriving.clone()));
    let leftover = leftover.clone();
    Box::pin(async move {
        let mut answer = match handled.await {
            Ok(response) => rendered(response, &wishes),
            Err(_) => failed(),
        };
        if arriving.discard_rest() {
            leftover.store(true, Relaxed);
            if wishes.expects_continue {
                // Whoever was not told to send the body can't tell where the next request would begin.
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
        }
        Ok(answer)
    })
}

/// What the head asks of the answer's form.
struct Wishes {
    gzip: bool,
    is_head: bool,
    expects_continue: bool,
}

impl Wishes {
    fn of(head: &Parts) -> Self {
        let values = head.headers.get_all("Accept-Encoding");
        Self {
            gzip: accepts_gzip(values.iter().filter_map(|value| value.to_str().ok())),
            is_head: head.method == hyper::Method::HEAD,
            expects_continue: head.headers.contains_key("Expect"),
        }
    }
}

/// The request as Rocket routes it.
async fn handle(
    router: &'static Client,
    client: SocketAddr,
    head: Parts,
    arriving: Arc<Arriving>,
) -> LocalResponse<'static> {
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    // Methods are case-sensitive (RFC 9110 §9.1); Rocket's reading of them is not.
    let method = head.method.as_str().parse::<Method>().ok().filter(|method| method.as_str() == head.method.as_str());
    let mut request = match (method, Origin::parse_owned(routable(target).into_owned())) {
        (Some(method), Ok(origin)) => router.req(method, origin),
        (method, _) => {
            let request = router.req(Method::Get, Unroutable(target.to_owned()));
            request.inner().local_cache(|| Refusal(Some(unroutable(method.is_none()))));
            request
        }
    };
    request.set_remote(client);
    let request = dressed(request, &head.headers);
    request.inner().local_cache(|| Some(arriving));
    request.dispatch().await
}

/// With its headers, cookies and host. A value that is not UTF-8 counts as not sent: Rocket knows text only.
fn dressed(mut request: LocalRequest<'static>, headers: &HeaderMap) -> LocalRequest<'static> {
    let host = headers.get("host").and_then(|host| host.to_str().ok());
    if let Some(host) = host.and_then(|host| Host::parse_owned(host.to_owned()).ok()) {
        request.set_host(host);
    }
    for (name, value) in headers {
        let Ok(value) = std::str::from_utf8(value.as_bytes()) else {
            continue;
        };
        request.add_header(Header::new(name.as_str().to_owned(), value.to_owned()));
    }
    let cookies = headers.get_all("cookie").iter().filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
    let pairs = cookies.flat_map(|value| value.split(';'));
    request.cookies(pairs.filter_map(|pair| Cookie::parse_encoded(pair.trim().to_owned()).ok()))
}

/// A target in the characters that Rocket's parser takes.
fn routable(uri: &str) -> Cow<'_, str> {
    let is_odd = |byte: u8| !byte.is_ascii_graphic() || byte == b'#' || target::is_odd(byte);
    target::encoded(uri.as_bytes(), is_odd).map_or(Cow::Borrowed(uri), Cow::Owned)
}

/// A target that Rocket refuses, so that its catchers answer with the reason that was left for them.
struct Unroutable(String);

impl fmt::Display for Unroutable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<Unroutable> for Origin<'static> {
    type Error = ();

    fn try_from(_: Unroutable) -> Result<Self, ()> {
        Err(())
    }
}

fn unroutable(is_method: bool) -> Error {
    if is_method {
        let message =
            ("must be GET, HEAD, POST, PUT, DELETE or OPTIONS", "必须是 GET、HEAD、POST、PUT、DELETE 或 OPTIONS");
        return Error::invalid("method", message);
    }
    Error::invalid("uri", ("is not a path that a server can have", "不是有效的路径"))
}

/// Rocket's response in hyper's form, compressed where that is wanted.
fn rendered(response: LocalResponse<'static>, wishes: &Wishes) -> Answer {
    let length = response.body().preset_size().map(|length| length as u64);
    let mut answer = hyper::Response::new(Outgoing::nothing());
    *answer.status_mut() = StatusCode::from_u16(response.status().code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for header in response.headers().iter() {
        let name = HeaderName::try_from(header.name.as_str());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(header.value.as_bytes())) {
            answer.headers_mut().append(name, value);
        }
    }
    let is_text = is_text_of_ours(response.headers(), length) && !response.body().is_none();
    if is_text || is_unchanged_text(&answer) {
        answer.headers_mut().append(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if is_text && wishes.gzip {
        answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        weaken(answer.headers_mut());
        if !wishes.is_head {
            *answer.body_mut() = Outgoing::gzip(response);
        }
        return answer;
    }
    // Of a 304 the length would have to be that of the 200 (RFC 9110 §8.6), which isn't known here.
    let has_length = ![StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&answer.status());
    if let Some(length) = length.filter(|_| has_length) {
        answer.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if !wishes.is_head && answer.status() != StatusCode::NOT_MODIFIED {
        *answer.body_mut() = Outgoing::plain(response, length);
    }
    answer
}

/// Whether this is the 304 of what would be compressed, or of something small: it has the `Vary` of the 200
/// (RFC 9110 §15.4.5), where only what has no ranges can be a text of ours.
fn is_unchanged_text(answer: &Answer) -> bool {
    answer.status() == StatusCode::NOT_MODIFIED && !answer.headers().contains_key("Accept-Ranges")
}

/// The entity tag of a compressed answer is weak: other bytes, the same meaning (RFC 9110 §8.8.1).
fn weaken(headers: &mut HeaderMap) {
    let weak = headers.get(ETAG).and_then(|tag| tag.to_str().ok()).filter(|tag| tag.starts_with('"'));
    if let Some(weak) = weak.and_then(|tag| HeaderValue::try_from(format!("W/{tag}")).ok()) {
        headers.insert(ETAG, weak);
    }
}

/// Where the handler's task itself was lost; the log has its panic.
fn failed() -> Answer {
    let mut answer = hyper::Response::new(Outgoing::nothing());
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_become_routable() {
        for (target, wanted) in [
            ("/a/b?c=d&e", "/a/b?c=d&e"),
            ("/a%20b", "/a%20b"),
            ("/tags/测", "/tags/%E6%B5%8B"),
            ("/a|b?q={x}^`", "/a%7Cb?q=%7Bx%7D%5E%60"),
        ] {
            assert_eq!(routable(target), wanted);
            assert!(Origin::parse_owned(routable(target).into_owned()).is_ok(), "{target}");
        }
    }
}
