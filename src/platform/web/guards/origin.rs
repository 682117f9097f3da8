//! Whether a browser was tricked into asking: what it tells of the page that makes it send a request.

use std::net::IpAddr;

use rocket::Request;

use crate::platform::config::Config;
use crate::platform::error::Error;

/// Whether a browser sends this for a page of another origin that nobody allowed.
#[must_use]
pub fn is_cross_site(request: &Request<'_>) -> bool {
    let headers = request.headers();
    let is_told = headers.get("Sec-Fetch-Site").any(|site| site.eq_ignore_ascii_case("cross-site"));
    let mut origins = headers.get("Origin").filter(|origin| !is_allowed(request, origin)).peekable();
    if origins.peek().is_none() {
        // No origin at all, or allowed ones alone.
        return is_told && !headers.contains("Origin");
    }
    is_told || origins.any(|origin| !is_own(request, origin))
}

/// Whether a browser tells which page makes it ask, and [`is_cross_site`] can therefore be believed. Without TLS browsers leave
/// `Sec-Fetch-Site` out, and a `GET` has no `Origin`: then the `Referer` must be a page of ours or of a site that is allowed.
#[must_use]
pub fn tells_its_page(request: &Request<'_>) -> bool {
    let headers = request.headers();
    if headers.contains("Sec-Fetch-Site") || headers.contains("Origin") {
        return true;
    }
    headers.get_one("Referer").is_some_and(|page| {
        let authority = page.find("://").map_or(page.len(), |at| at + 3);
        let end = page[authority..].find(['/', '?', '#']).map_or(page.len(), |at| authority + at);
        is_own(request, &page[..end]) || is_allowed(request, &page[..end])
    })
}

/// Whether the origin is this server under the name that the request itself uses.
fn is_own(request: &Request<'_>, origin: &str) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let host = request.headers().get_one("Host");
    let is_same = authority.zip(host).is_some_and(|(authority, host)| authority.eq_ignore_ascii_case(host));
    is_same && host.is_some_and(|host| is_name_of_ours(request, host))
}

/// A server that only its own machine can reach goes by that machine's names: under any other, a site has pointed
/// its own name there (DNS rebinding). A proxy's public origin is named in `cors.allow_origins`.
fn is_name_of_ours(request: &Request<'_>, host: &str) -> bool {
    let is_private = request.rocket().state::<Config>().is_some_and(Config::is_private);
    !is_private || is_loopback(host)
}

/// Whether a `Host` names this machine to itself.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let is_local = name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
    is_local || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Where there is no account, only this machine may come in: a site that has pointed its own name here can't read
/// (DNS rebinding), nor can the world behind a proxy on this machine.
///
/// # Errors
/// `Forbidden`, with what to do about it.
pub(super) fn check_near(request: &Request<'_>) -> Result<(), Error> {
    let Some(config) = request.rocket().state::<Config>().filter(|config| config.is_private()) else {
        return Ok(());
    };
    let headers = request.headers();
    let is_forwarded = ["X-Forwarded-For", "X-Real-IP", "Forwarded"].iter().any(|name| headers.contains(name));
    let is_named = |host: &str| {
        let mut authorities = config.cors.allow_origins.iter().filter_map(|origin| Some(origin.split_once("://")?.1));
        is_loopback(host) || authorities.any(|authority| authority.eq_ignore_ascii_case(host))
    };
    if !is_forwarded && headers.get_one("Host").is_none_or(is_named) {
        return Ok(());
    }
    let message = (
        "There is no account yet, so only this machine may come in. Add one (granary user add NAME), or set auth.open = true.",
        "尚未创建账号，只允许本机访问。请先创建账号（granary user add 名称），或设置 auth.open = true",
    );
    Err(Error::Forbidden(message.into()))
}

/// Whether `cors.allow_origins` names the origin.
#[must_use]
pub fn is_allowed(request: &Request<'_>, origin: &str) -> bool {
    let config = request.rocket().state::<Config>();
    config.is_some_and(|config| config.cors.allow_origins.iter().any(|allowed| allowed.eq_ignore_ascii_case(origin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine() {
        for host in ["localhost", "LOCALHOST:8000", "127.0.0.1:80", "127.1.2.3", "[::1]:8000", "[::1]", "a.localhost"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:80", "10.0.0.1", "[::2]:80", "127.0.0.1.nip.io"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
