//! What every page of the house has: language, colours, notice, and the headers that keep it safe.
//!
//! What always holds: a page is sent with a strict content security policy (nothing inline, nothing
//! from elsewhere) and is never kept by a shared cache; a notice comes from a room's own words, never
//! from text that a request carried.

use askama::Template;
use ring::digest::{SHA256, digest};
use rocket::http::uri::Origin;
use rocket::http::{ContentType, Cookie, Header, Method, SameSite, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::{self, Responder, Response};
use rocket::time::Duration;

use crate::platform::error::Error;
use crate::platform::web::assets::{self, hex};
use crate::platform::web::guards::{Kind, Need, Role, Who, is_loopback, passed};
use crate::platform::web::lang::Lang;
use crate::platform::web::problem;
use crate::platform::web::query::Query;
use crate::platform::web::texts::{ErrorTexts, Texts};
use crate::platform::web::theme::Theme;
use crate::platform::web::times::Zone;

/// The policy of every page of ours.
const CSP: &str = "default-src 'none'; base-uri 'none'; connect-src 'self'; font-src 'self'; form-action 'self'; \
                   frame-ancestors 'none'; img-src 'self' blob: data:; manifest-src 'self'; media-src 'self' blob:; \
                   script-src 'self'; style-src 'self'; worker-src 'self'";

/// The cookie that carries a notice over a redirect; each room reads its own words in it.
const NOTICE_COOKIE: &str = "notice";

/// The cookie in which a script notes the reader's time zone (an IANA name).
const ZONE_COOKIE: &str = "tz";

/// Which entry of the rail a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Tags,
    Tasks,
    Ingest,
    Faces,
    Trash,
    About,
    Account,
    /// Nothing stands there, so nothing in the rail leads there.
    Nowhere,
}

/// What stands in the layout of one answer.
#[derive(Debug, Clone)]
pub struct Frame {
    pub lang: Lang,
    pub t: &'static Texts,
    pub theme: Theme,
    /// This page's own path and query: where its small forms come back to.
    pub here: String,
    /// Scheme and authority as the reader sees them: `http://host:8000`.
    pub origin: String,
    /// What the addresses of assets begin with.
    pub assets: &'static str,
    pub section: Section,
    /// The reader's time zone.
    pub zone: Zone,
    /// The address by which this page was opened leads to this machine alone.
    pub is_near: bool,
    /// Whose page it is, where a guard has asked.
    pub who: Option<Who>,
    /// What has just been done, once.
    pub notice: Option<Notice>,
    /// Query parameters that the page doesn't know, and so passes over.
    pub unknown: Vec<String>,
}

/// A line that says what has just been done, with a way back where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub undo: Option<Undo>,
    /// Where one may want to go on: a path of this server and its words.
    pub link: Option<(String, String)>,
    /// Something went wrong.
    pub bad: bool,
}

/// The form behind the one-click undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undo {
    pub action: String,
    pub fields: Vec<(&'static str, String)>,
}

impl Frame {
    /// The frame of an answer to `request`, without a notice.
    #[must_use]
    pub fn of(request: &Request<'_>) -> Self {
        let lang = Lang::of(request);
        Self {
            lang,
            t: Texts::of(lang),
            theme: Theme::of(request),
            here: here(request),
            origin: origin(request),
            assets: assets::base(),
            section: section(request.uri().path().as_str()),
            zone: zone(request),
            is_near: request.host().is_none_or(|host| is_loopback(&host.to_string())),
            who: passed(request).and_then(|passed| passed.who.clone()),
            notice: None,
            unknown: declared(request).map(|known| unknown(request.uri(), &known)).unwrap_or_default(),
        }
    }

    /// The parameters of a page whose query is read as a whole: all others are told to the reader.
    pub fn knows(&mut self, known: &[&str]) {
        self.unknown = Origin::parse(&self.here).map(|uri| unknown(&uri, known)).unwrap_or_default();
    }

    /// The person who has signed in.
    #[must_use]
    pub fn person(&self) -> Option<&Who> {
        self.who.as_ref().filter(|who| who.kind == Kind::User)
    }

    /// Whether whoever asks may change things: what would be refused isn't offered.
    #[must_use]
    pub fn may_write(&self) -> bool {
        self.who.as_ref().is_some_and(|who| who.may(&Need::Role(Role::Write)))
    }

    /// The name of the theme in force.
    #[must_use]
    pub fn theme_name(&self) -> &'static str {
        self.t.theme_name(self.theme)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Frame {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Outcome::Success(Self::of(request))
    }
}

/// The notice that the last answer left for this page: taken once, still unread words of a cookie.
#[must_use]
pub fn take_notice(request: &Request<'_>) -> Option<String> {
    let words = request.cookies().get(NOTICE_COOKIE)?.value().to_owned();
    request.cookies().remove(Cookie::build(NOTICE_COOKIE).path("/"));
    Some(words)
}

/// Leaves a notice for the next page.
#[must_use]
pub fn notice_cookie(words: String) -> Cookie<'static> {
    Cookie::build((NOTICE_COOKIE, words))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::minutes(2))
        .build()
}

/// Scheme and authority of this server as the reader's browser knows it. Rocket has parsed the
/// `Host` header, so nothing but a host and a port can stand in it.
fn origin(request: &Request<'_>) -> String {
    let scheme = if is_secure(request) { "https" } else { "http" };
    match request.host() {
        Some(host) => format!("{scheme}://{host}"),
        None => format!("{scheme}://localhost"),
    }
}

/// Whether the reader's browser speaks TLS with the proxy before us.
#[must_use]
pub fn is_secure(request: &Request<'_>) -> bool {
    request.headers().get_one("X-Forwarded-Proto") == Some("https")
}

/// The address of this page; that of its section where a form was answered with a page, because
/// such an address can't be asked for again.
pub(super) fn here(request: &Request<'_>) -> String {
    match (request.method(), section(request.uri().path().as_str())) {
        (Method::Get | Method::Head, _) => request.uri().to_string(),
        (_, Section::Trash) => "/trash".to_owned(),
        (_, Section::Account) => "/account".to_owned(),
        (_, Section::Tasks | Section::Ingest | Section::Faces) => {
            request.uri().path().as_str().split('/').take(3).collect::<Vec<_>>().join("/")
        }
        _ => "/".to_owned(),
    }
}

fn section(path: &str) -> Section {
    match path.split('/').nth(1) {
        Some("tasks") => Section::Tasks,
        Some("ingest") => Section::Ingest,
        Some("groups") => Section::Faces,
        Some("trash") => Section::Trash,
        Some("about") => Section::About,
        Some("account" | "login" | "audit") => Section::Account,
        Some("" | "tags" | "files" | "new" | "upload") | None => Section::Tags,
        _ => Section::Nowhere,
    }
}

/// The query parameters that a page's route names; `None` where no page stands, or it reads them as a whole.
fn declared<'r>(request: &'r Request<'_>) -> Option<Vec<&'r str>> {
    let route = request.route().filter(|route| route.method == Method::Get)?;
    let query = route.uri.query().unwrap_or_default();
    let names = query.split('&').filter(|name| !name.is_empty()).map(|name| name.trim_matches(['<', '>']));
    (!query.contains("..")).then(|| names.collect())
}

/// The names of a query that are none of `known`, shortened to what a line can hold.
fn unknown(uri: &Origin<'_>, known: &[&str]) -> Vec<String> {
    let query = Query::of(uri);
    let names = query.strangers(known).take(5);
    names.map(|name| name.chars().filter(|c| !c.is_control()).take(40).collect()).collect()
}

/// The zone that the reader's browser has named, else the machine's.
fn zone(request: &Request<'_>) -> Zone {
    let named = request
        .cookies()
        .get(ZONE_COOKIE)
        .map(Cookie::value)
        .filter(|name| name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b)));
    Zone::of(named)
}

/// A page of the house: the rendered template with its headers.
#[derive(Debug)]
pub struct Html<T>(pub T);

/// Whether the answer to a request is a page of ours.
struct IsPage(bool);

/// Whether the answer to this request is a page of ours, and not, say, somebody's HTML file.
pub(super) fn is_page(request: &Request<'_>) -> bool {
    request.local_cache(|| IsPage(false)).0
}

impl<'r, T: Template> Responder<'r, 'static> for Html<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        request.local_cache(|| IsPage(true));
        let html = self.0.render().map_err(|error| {
            tracing::error!(%error, "a page could not be rendered");
            Status::InternalServerError
        })?;
        // Weak, for it is the same page in any coding. Asking again for a page that hasn't changed costs no
        // transfer; who
        // looks after it is the fairing of safe headers, for only a page that is right may be kept.
        let etag = format!("W/\"{}\"", hex(&digest(&SHA256, html.as_bytes()).as_ref()[..12]));
        Response::build()
            .header(ContentType::HTML)
            .header(Header::new("ETag", etag))
            .header(Header::new("Content-Security-Policy", CSP))
            .header(Header::new("Referrer-Policy", "same-origin"))
            .header(Header::new("X-Content-Type-Options", "nosniff"))
            .header(Header::new("Cache-Control", "private, no-cache"))
            .header(Header::new("Vary", "Accept-Language, Cookie"))
            .sized_body(html.len(), std::io::Cursor::new(html))
            .ok()
    }
}

/// A see-other answer, with a notice for the page it leads to.
#[derive(Debug)]
pub struct SeeOther {
    pub location: String,
    /// A room's notice words (see [`notice_cookie`]).
    pub notice: Option<String>,
}

impl SeeOther {
    /// Leads to `location`, a path of this server.
    #[must_use]
    pub fn to(location: impl Into<String>) -> Self {
        Self { location: location.into(), notice: None }
    }

    /// The same, with a notice.
    #[must_use]
    pub fn noting(self, words: impl Into<String>) -> Self {
        Self { notice: Some(words.into()), ..self }
    }
}

impl<'r> Responder<'r, 'static> for SeeOther {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        if let Some(words) = self.notice {
            request.cookies().add(notice_cookie(words));
        }
        Response::build().status(Status::SeeOther).header(Header::new("Location", self.location)).ok()
    }
}

/// An error as a page in the house's layout.
#[derive(Debug)]
pub struct PageError(pub Error);

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    status: u16,
    texts: &'static ErrorTexts,
    /// What exactly was wrong with the request, where the title doesn't say it already.
    detail: Option<String>,
}

impl<'r> Responder<'r, 'static> for PageError {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        Ok(error_response(request, Status::new(self.0.status()), &self.0))
    }
}

/// The page for `error` under `status`, for responders and catchers.
#[must_use]
pub fn error_response(request: &Request<'_>, status: Status, error: &Error) -> Response<'static> {
    problem::log(error);
    let frame = Frame::of(request);
    let texts = frame.t.error(status.code);
    let detail = match error {
        Error::Internal(_) | Error::NotFound(_) | Error::Gone(_) => None,
        error => Some(error.text(frame.lang)),
    };
    let page = Html(ErrorPage { frame, status: status.code, texts, detail });
    // Should the page itself fail, the status alone still answers.
    let mut response = page.respond_to(request).unwrap_or_default();
    response.set_status(status);
    problem::add_headers(&mut response, error);
    response
}
