//! `/login`: one form. What was wrong is never told apart; who tries too often is told how long to wait.

use std::net::IpAddr;

use askama::Template;
use rocket::State;
use rocket::form::FromForm;
use rocket::http::{Cookie, CookieJar, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::{self, Responder};

use crate::accounts::model::{Entry, SESSION_MS};
use crate::accounts::service::{Accounts, Attempt, SignedIn};
use crate::platform::config::Secret;
use crate::platform::error::Error;
use crate::platform::web::form::Form;
use crate::platform::web::guards::{Caller, Credentials, SESSION_COOKIE};
use crate::platform::web::lang::way_back;
use crate::platform::web::page::{Frame, Html, PageError, Section, SeeOther};
use crate::platform::web::problem;

use super::news::News;
use super::words::Words;
use super::{Answer, Secure, View, cookie};

#[derive(Template)]
#[template(path = "accounts/login.html")]
pub(super) struct LoginPage {
    frame: Frame,
    w: &'static Words,
    name: String,
    next: String,
    wrong: Option<String>,
    /// There are no accounts: nobody has to sign in.
    is_open: bool,
}

/// `GET /login`
#[rocket::get("/login?<next>")]
pub(super) async fn show(
    _caller: Caller,
    view: View,
    accounts: &State<Accounts>,
    next: Option<&str>,
) -> Answer<LoginPage> {
    let is_open = !accounts.are_shut().await?;
    let next = way_back(next.unwrap_or("/"));
    Ok(Html(LoginPage { frame: view.frame, w: view.w, name: String::new(), next, wrong: None, is_open }))
}

/// Where somebody comes from.
pub(super) struct From<'r> {
    address: Option<IpAddr>,
    agent: &'r str,
    secure: Secure,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for From<'r> {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        let agent = request.headers().get_one("User-Agent").unwrap_or_default();
        let secure = Secure(crate::platform::web::page::is_secure(request));
        Outcome::Success(Self { address: request.client_ip(), agent, secure })
    }
}

/// The form. It has no `Debug`: the password stands in it.
#[derive(FromForm)]
pub(super) struct Sent<'r> {
    name: &'r str,
    password: &'r str,
    #[field(default = "/")]
    next: &'r str,
}

/// The page again, with what is wrong.
pub(super) struct Refused(Box<LoginPage>, Error);

impl<'r> Responder<'r, 'static> for Refused {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let Self(page, error) = self;
        let mut response = Html(*page).respond_to(request)?;
        response.set_status(Status::new(error.status()));
        problem::add_headers(&mut response, &error);
        Ok(response)
    }
}

/// `POST /login`
#[rocket::post("/login", data = "<form>")]
pub(super) async fn enter(
    _caller: Caller,
    view: View,
    accounts: &State<Accounts>,
    from: From<'_>,
    jar: &CookieJar<'_>,
    form: Form<Sent<'_>>,
) -> Result<SeeOther, Result<Refused, PageError>> {
    let next = way_back(form.next);
    let name = form.name.trim();
    let password = Secret(form.password.to_owned());
    let attempt = Attempt { name: name.to_owned(), password, address: from.address, agent: from.agent.to_owned() };
    let done = accounts.sign_in(attempt).await;
    note(accounts, &from, done.as_ref()).await;
    match done {
        Ok(signed_in) => {
            jar.add(cookie(SESSION_COOKIE, &signed_in.secret, "/".to_owned(), from.secure, SESSION_MS));
            Ok(SeeOther::to(next))
        }
        Err(error @ Error::Internal(_)) => Err(Err(error.into())),
        Err(error) => {
            let wrong = Some(error.text(view.frame.lang));
            let page = LoginPage { frame: view.frame, w: view.w, name: name.to_owned(), next, wrong, is_open: false };
            Err(Ok(Refused(Box::new(page), error)))
        }
    }
}

/// A line in the log: who came in at once; who failed is gathered, because strangers can fail at will.
async fn note(accounts: &Accounts, from: &From<'_>, done: Result<&SignedIn, &Error>) {
    let failed = done.err();
    let entry = Entry {
        kind: if failed.is_some() { "nobody" } else { "user" },
        // What stands in the field for the name may be a password, by a slip.
        who: done.map(|signed_in| signed_in.user.name.clone()).unwrap_or_default(),
        who_id: done.ok().map(|signed_in| signed_in.user.id),
        address: from.address.map(|address| address.to_string()).unwrap_or_default(),
        action: "POST /login".to_owned(),
        path: "/login".to_owned(),
        status: failed.map_or(303, Error::status),
        is_refused: failed.is_some(),
    };
    if failed.is_some() {
        accounts.gather(entry);
    } else if let Err(error) = accounts.record(&entry).await {
        tracing::error!(%error, "a line of the audit log was not written");
    }
}

/// `POST /logout`
#[rocket::post("/logout")]
pub(super) async fn leave(
    _caller: Caller,
    accounts: &State<Accounts>,
    jar: &CookieJar<'_>,
) -> Result<SeeOther, PageError> {
    let session = jar.get(SESSION_COOKIE).map(|cookie| Secret(cookie.value().to_owned()));
    let who = accounts.who(&Credentials { session, ..Credentials::default() }, None).await?;
    if let Some((user, session)) = who.and_then(|who| who.id.zip(who.session)) {
        accounts.end_session(user, session).await?;
    }
    jar.remove(Cookie::build(SESSION_COOKIE).path("/"));
    Ok(SeeOther::to("/login").noting(News::SignedOut.to_string()))
}
