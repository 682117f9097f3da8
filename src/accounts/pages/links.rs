//! Upload links: a QR code whose address carries an upload-only token behind a `#`, and the form that takes it.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rocket::State;
use rocket::form::FromForm;
use rocket::http::{CookieJar, SameSite};

use crate::accounts::model::{DAY_MS, NewToken, TokenKind};
use crate::accounts::service::Accounts;
use crate::platform::config::Secret;
use crate::platform::names::Name;
use crate::platform::web::form::Form;
use crate::platform::web::format::escaped;
use crate::platform::web::guards::{Caller, Credentials, Grant, LINK_COOKIE, Need, Subject, User};
use crate::platform::web::page::{Frame, Html, PageError, Section, SeeOther};
use crate::platform::web::{qr, times};

use super::tokens::owner;
use super::words::{self, Words};
use super::{Answer, Secure, View, cookie};

/// How long a phone keeps a code: the token ends earlier or is asked anew.
const COOKIE_MS: i64 = 30 * DAY_MS;

/// The word of a notice that the page of uploads tells, which stands in another room.
const WRONG_CODE: &str = "code";

#[derive(Template)]
#[template(path = "accounts/link.html")]
pub(super) struct LinkPage {
    frame: Frame,
    w: &'static Words,
    tag: String,
    tag_href: String,
    address: String,
    secret: String,
    /// The QR code as a `data:` address.
    picture: String,
    /// As HTML.
    until: String,
}

#[derive(Debug, FromForm)]
pub(super) struct Wanted<'r> {
    tag: &'r str,
    days: u32,
}

/// `POST /account/links`: makes one and shows it, this once.
#[rocket::post("/account/links", data = "<form>")]
pub(super) async fn create(
    user: User,
    subject: Subject,
    view: View,
    accounts: &State<Accounts>,
    form: Form<Wanted<'_>>,
) -> Answer<LinkPage> {
    let tag = Name::new(form.tag).map_err(|error| error.of("tag"))?;
    subject.is(tag.as_str());
    let grants = vec![Grant::Tag(tag.as_str().to_owned())];
    let wanted = NewToken { kind: TokenKind::Link, name: tag.clone(), grants, days: Some(form.days) };
    let made = accounts.make_token(wanted, Some(owner(&user.0)?)).await?;
    let View { frame, w } = view;
    let address = format!("{}/upload/{}#{}", frame.origin, escaped(tag.as_str()), made.secret.0);
    let picture = format!("data:image/svg+xml;base64,{}", STANDARD.encode(qr::svg(address.clone())?));
    let end = made.token.expires_at.unwrap_or_default();
    Ok(Html(LinkPage {
        until: words::until(&times::minute(end, &frame.zone, frame.lang), frame.lang),
        tag_href: format!("/tags/{}?new=yes", escaped(tag.as_str())),
        tag: tag.into_string(),
        secret: made.secret.0,
        frame,
        w,
        address,
        picture,
    }))
}

/// The form of the phone's page. It has no `Debug`.
#[derive(FromForm)]
pub(super) struct Code<'r> {
    code: &'r str,
}

/// `POST /upload/{tag}/link/enter`: takes the code of a link, and leaves it in a cookie that goes no further than below
/// `/upload/{tag}`.
#[rocket::post("/upload/<tag>/link/enter", data = "<form>")]
pub(super) async fn enter(
    _caller: Caller,
    accounts: &State<Accounts>,
    secure: Secure,
    jar: &CookieJar<'_>,
    tag: &str,
    form: Form<Code<'_>>,
) -> Result<SeeOther, PageError> {
    let tag = Name::new(tag).map_err(|error| error.of("tag"))?;
    let path = format!("/upload/{}", escaped(tag.as_str()));
    // Who has pasted the whole link means what stands behind the #.
    let code = Secret(form.code.trim().rsplit('#').next().unwrap_or_default().to_owned());
    let shown = Credentials { token: Some(code.clone()), ..Credentials::default() };
    let who = accounts.who(&shown, None).await?;
    if !who.is_some_and(|who| who.may(&Need::Upload(tag.as_str()))) {
        return Ok(SeeOther::to(path).noting(WRONG_CODE));
    }
    let mut cookie = cookie(LINK_COOKIE, &code, path.clone(), secure, COOKIE_MS);
    cookie.set_same_site(SameSite::Strict);
    jar.add(cookie);
    Ok(SeeOther::to(path))
}
