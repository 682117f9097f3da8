//! The doors that ask who one is.
//!
//! The platform reads what a request shows (a token, the cookie of a session or of an upload link); whom that stands for
//! is known to the [`Gatekeeper`], which a room brings. Without one, every such door is shut.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rocket::Request;
use rocket::request::{FromRequest, Outcome};

use super::origin::check_near;
use super::rights::{Need, Role};
use super::who::{Kind, Who};
use super::{check, refuse};
use crate::platform::config::Secret;
use crate::platform::error::{Error, Result};
use crate::platform::names::Name;

/// The cookie of a session.
pub const SESSION_COOKIE: &str = "session";

/// The cookie of an upload link; browsers send it below `/upload/<tag>` alone.
pub const LINK_COOKIE: &str = "link";

/// What a request shows. A token is the only word where there is one; the cookie of a link comes before that of a session.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    pub token: Option<Secret>,
    pub link: Option<Secret>,
    pub session: Option<Secret>,
}

impl Credentials {
    /// What the request's headers show.
    #[must_use]
    pub fn of(request: &Request<'_>) -> Self {
        let cookie = |name: &str| request.cookies().get(name).map(|cookie| Secret(cookie.value().to_owned()));
        let token = request.headers().get_one("Authorization").and_then(token);
        Self { token, link: cookie(LINK_COOKIE), session: cookie(SESSION_COOKIE) }
    }
}

/// The token of an `Authorization`: by `Bearer`, or the password of `Basic`, whatever the name.
fn token(header: &str) -> Option<Secret> {
    let (scheme, rest) = header.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("Bearer") {
        return Some(Secret(rest.to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    let (_, password) = decoded.split_once(':')?;
    Some(Secret(password.to_owned()))
}

/// Knows whom credentials stand for.
#[rocket::async_trait]
pub trait Gatekeeper: Send + Sync {
    /// Who it is, by the state of things right now; `None` when nobody is known by it (wrong, expired, revoked).
    /// While there are no accounts, everybody is.
    ///
    /// # Errors
    /// When the database doesn't answer: then nobody passes.
    async fn admit(&self, shown: &Credentials, address: Option<IpAddr>) -> Result<Option<Who>>;
}

/// Managed by Rocket: the one gatekeeper.
#[derive(Clone)]
pub struct Gate(pub Arc<dyn Gatekeeper>);

/// Who it is, asked once a request.
struct Known(Result<Option<Who>>);

/// What a request asked for and who asked, once a guard has seen it: for the layout, and for the log of what was done.
#[derive(Debug, Clone)]
pub struct Passed {
    /// Nobody known, so the door stayed shut.
    pub who: Option<Who>,
    /// Whether the door was open to them.
    pub is_let_in: bool,
    /// Whether it asks for no more than to read.
    pub is_read: bool,
    /// The tag, where the door is one for uploads.
    pub tag: Option<String>,
}

#[derive(Default)]
struct Pass(OnceLock<Passed>);

/// Who passed a door of this request, if one has been asked.
#[must_use]
pub fn passed<'r>(request: &'r Request<'_>) -> Option<&'r Passed> {
    request.local_cache(Pass::default).0.get()
}

/// Whoever the request's credentials stand for.
async fn known<'r>(request: &'r Request<'_>) -> Result<Option<&'r Who>> {
    let known = request.local_cache_async(async {
        let Some(Gate(keeper)) = request.rocket().state::<Gate>() else {
            return Known(Err(Error::internal("there is no gatekeeper")));
        };
        Known(keeper.admit(&Credentials::of(request), request.client_ip()).await)
    });
    match &known.await.0 {
        Ok(who) => Ok(who.as_ref()),
        Err(Error::Internal(source)) => Err(Error::internal(source.to_string())),
        Err(_) => Err(Error::Unavailable(("The database is busy; try again.", "数据库繁忙，请稍后重试").into())),
    }
}

/// Checks a request against what the door asks for.
async fn pass(request: &Request<'_>, need: Need<'_>) -> Result<Who> {
    check(request)?;
    let who = known(request).await?;
    if who.is_some_and(|who| who.kind == Kind::Open) {
        check_near(request)?;
    }
    let is_let_in = who.is_some_and(|who| who.may(&need));
    let is_read = need == Need::Role(Role::Read);
    let tag = if let Need::Upload(tag) = need { Some(tag.to_owned()) } else { None };
    // A handler of a higher rank may have been asked first; the last one counts least.
    let _ = request.local_cache(Pass::default).0.set(Passed { who: who.cloned(), is_let_in, is_read, tag });
    match who {
        Some(who) if is_let_in => Ok(who.clone()),
        Some(who) => Err(need.refused_to(who)),
        None => Err(unknown()),
    }
}

/// The same words for a token that never was, one that has expired, and none at all.
fn unknown() -> Error {
    let message = (
        "Sign in, or send a valid token: Authorization: Bearer <token>.",
        "请先登录，或发送有效的令牌：Authorization: Bearer <令牌>",
    );
    Error::Unauthorized(message.into())
}

/// A guard for each fixed need.
macro_rules! guards {
    ($($(#[$doc:meta])* $name:ident: $need:expr;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone)]
            pub struct $name(pub Who);

            #[rocket::async_trait]
            impl<'r> FromRequest<'r> for $name {
                type Error = ();

                async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
                    match pass(request, $need).await {
                        Ok(who) => Outcome::Success(Self(who)),
                        Err(error) => refuse(request, error),
                    }
                }
            }
        )+
    };
}

guards! {
    /// Whoever may look at things.
    Reader: Need::Role(Role::Read);
    /// Whoever may change things.
    Writer: Need::Role(Role::Write);
    /// Whoever may look after accounts.
    Admin: Need::Role(Role::Admin);
    /// A person who has signed in, at what is their own.
    User: Need::Person;
}

/// Whoever may put files into the tag that the path names behind its first segment.
#[derive(Debug, Clone)]
pub struct Uploader(pub Who);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Uploader {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        match pass(request, Need::Upload(&tag(request))).await {
            Ok(who) => Outcome::Success(Self(who)),
            Err(error) => refuse(request, error),
        }
    }
}

/// The tag of a path such as `/upload/<tag>/…`. One that is no name is empty, which no upload token fits; the handler tells
/// what is wrong with it.
fn tag(request: &Request<'_>) -> String {
    let segment = request.param::<&str>(1).and_then(std::result::Result::ok);
    segment.and_then(|text| Name::new(text).ok()).map(Name::into_string).unwrap_or_default()
}

/// Whether this caller may upload to the tag of the path. Never refuses.
#[derive(Debug, Clone, Copy)]
pub struct MayUpload(pub bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for MayUpload {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let tag = tag(request);
        let who = known(request).await.ok().flatten();
        Outcome::Success(Self(who.is_some_and(|who| who.may(&Need::Upload(&tag)))))
    }
}

/// Whether this caller may look at things. Never refuses.
#[derive(Debug, Clone, Copy)]
pub struct MayRead(pub bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for MayRead {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let who = known(request).await.ok().flatten();
        Outcome::Success(Self(who.is_some_and(|who| who.may(&Need::Role(Role::Read)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_by_bearer_or_as_a_password() {
        let read = |header: &str| token(header).map(|Secret(text)| text);
        assert_eq!(read("Bearer granary_x").as_deref(), Some("granary_x"));
        assert_eq!(read("bearer  granary_x ").as_deref(), Some("granary_x"));
        let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert_eq!(read(&basic("me:granary_x")).as_deref(), Some("granary_x"));
        assert_eq!(read(&basic(":a:b")).as_deref(), Some("a:b"));
        for bad in ["", "Bearer", "Basic !", "Digest x", &basic("no colon")] {
            assert!(read(bad).is_none(), "{bad:?}");
        }
        let shown = Credentials { token: token("Bearer granary_x"), ..Credentials::default() };
        assert!(!format!("{shown:?}").contains("granary_x"));
    }
}
