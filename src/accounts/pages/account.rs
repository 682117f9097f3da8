//! `/account`: password, sessions and tokens of whoever has signed in.

use askama::Template;
use rocket::State;
use rocket::form::FromForm;

use crate::accounts::model::{Session, Token, TokenKind};
use crate::accounts::service::Accounts;
use crate::platform::config::Secret;
use crate::platform::error::{Error, Thing};
use crate::platform::ids::Id;
use crate::platform::web::form::Form;
use crate::platform::web::guards::{Kind, Role, User, Who};
use crate::platform::web::lang::Lang;
use crate::platform::web::page::{Frame, Html, PageError, Section, SeeOther};
use crate::platform::web::times;

use super::news::News;
use super::words::{self, Words};
use super::{Answer, View};

#[derive(Template)]
#[template(path = "accounts/account.html")]
pub(super) struct AccountPage {
    frame: Frame,
    w: &'static Words,
    /// None: there are no accounts, the doors are open.
    person: Option<Person>,
    sessions: Vec<SessionRow>,
    tokens: Vec<TokenRow>,
    form: TokenForm,
    lives: [(u32, &'static str); 5],
    wrong_password: WrongPassword,
}

struct Person {
    name: String,
    role: String,
    is_admin: bool,
    /// Which tokens they may make.
    scopes: Vec<(&'static str, &'static str)>,
}

struct SessionRow {
    id: Id,
    agent: String,
    /// As HTML.
    facts: String,
    is_this: bool,
}

struct TokenRow {
    id: Id,
    name: String,
    scopes: Vec<String>,
    /// As HTML.
    facts: String,
    state: Option<&'static str>,
    is_alive: bool,
}

/// The form of a new token, filled in as it was sent.
#[derive(Debug, Default)]
pub(super) struct TokenForm {
    pub name: String,
    pub scope: String,
    pub tag: String,
    pub days: u32,
    pub wrong: Slips,
}

/// What is wrong with it, by field.
#[derive(Debug, Default)]
pub(super) struct Slips {
    pub name: Option<String>,
    pub scope: Option<String>,
    pub tag: Option<String>,
    pub days: Option<String>,
}

/// What is wrong with a new password, by field.
#[derive(Debug, Default)]
pub(super) struct WrongPassword {
    pub old: Option<String>,
    pub new: Option<String>,
    /// With none in particular.
    pub other: Option<String>,
}

impl WrongPassword {
    fn of(error: &Error, w: &Words, lang: Lang) -> Self {
        match error {
            Error::Invalid { field: "old", .. } => Self { old: Some(w.wrong_old.to_owned()), ..Self::default() },
            Error::Invalid { .. } => Self { new: Some(w.short_password.to_owned()), ..Self::default() },
            error => Self { other: Some(error.text(lang)), ..Self::default() },
        }
    }
}

/// `GET /account`
#[rocket::get("/account")]
pub(super) async fn show(user: User, view: View, accounts: &State<Accounts>) -> Answer<AccountPage> {
    page(accounts, view, &user.0, TokenForm::fresh(), WrongPassword::default()).await.map(Html)
}

/// The page, with what a form got wrong.
pub(super) async fn page(
    accounts: &Accounts,
    view: View,
    who: &Who,
    form: TokenForm,
    wrong_password: WrongPassword,
) -> Result<AccountPage, PageError> {
    let View { frame, w } = view;
    let (mut sessions, mut tokens) = (Vec::new(), Vec::new());
    if who.kind == Kind::User
        && let Some(id) = who.id
    {
        sessions = accounts.sessions(id).await?;
        // Those from the command line belong to nobody: an admin looks after them, and after all others.
        let owner = (who.role() != Some(Role::Admin)).then_some(id);
        tokens = accounts.tokens(owner).await?;
    }
    let now = accounts.now();
    Ok(AccountPage {
        person: person(who, &frame, w),
        sessions: sessions.into_iter().map(|session| session_row(session, who.session, &frame)).collect(),
        tokens: tokens.into_iter().map(|token| token_row(token, now, &frame, w)).collect(),
        form,
        lives: lives(w),
        wrong_password,
        frame,
        w,
    })
}

impl TokenForm {
    /// An empty one; its token ends after a month.
    pub(super) fn fresh() -> Self {
        Self { days: 30, ..Self::default() }
    }
}

/// How long a token may last, in days; 0: for ever.
fn lives(w: &Words) -> [(u32, &'static str); 5] {
    [(30, w.days_30), (1, w.days_1), (7, w.days_7), (365, w.days_365), (0, w.days_never)]
}

fn person(who: &Who, frame: &Frame, w: &'static Words) -> Option<Person> {
    let role = who.role()?;
    let all = [(Role::Read, w.may_read), (Role::Write, w.may_write), (Role::Admin, w.may_admin)];
    let mut scopes: Vec<_> =
        all.into_iter().filter(|(needed, _)| role >= *needed).map(|(role, label)| (role.word(), label)).collect();
    if role >= Role::Write {
        scopes.insert(0, ("upload", w.may_upload));
    }
    let is_admin = role == Role::Admin;
    Some(Person { name: who.name.clone(), role: words::role(role, frame.lang).to_owned(), is_admin, scopes })
}

fn session_row(session: Session, this: Option<Id>, frame: &Frame) -> SessionRow {
    let at = |ms| times::minute(ms, &frame.zone, frame.lang);
    SessionRow {
        id: session.id,
        is_this: this == Some(session.id),
        facts: words::session(
            &at(session.created_at),
            &at(session.last_used_at),
            &times::text(&session.address),
            frame.lang,
        ),
        agent: session.agent,
    }
}

fn token_row(token: Token, now: i64, frame: &Frame, w: &'static Words) -> TokenRow {
    let at = |ms| times::minute(ms, &frame.zone, frame.lang);
    let is_alive = token.is_alive(now);
    let state = match token.revoked_at {
        Some(_) => Some(w.revoked),
        None if !is_alive => Some(w.expired),
        None if token.kind == TokenKind::Link => Some(w.of_link),
        None => None,
    };
    TokenRow {
        id: token.id,
        facts: words::token(
            token.owner.as_deref().map(times::text).as_deref(),
            &at(token.created_at),
            token.expires_at.map(at).as_deref(),
            token.last_used_at.map(at).as_deref(),
            frame.lang,
        ),
        scopes: token.grants.iter().map(ToString::to_string).collect(),
        name: token.name,
        state,
        is_alive,
    }
}

/// The form of a new password. It has no `Debug`.
#[derive(FromForm)]
pub(super) struct Passwords<'r> {
    old: &'r str,
    new: &'r str,
}

/// `POST /account/password`: every other session ends.
#[rocket::post("/account/password", data = "<form>")]
pub(super) async fn password(
    user: User,
    view: View,
    accounts: &State<Accounts>,
    form: Form<Passwords<'_>>,
) -> Result<SeeOther, Result<Html<AccountPage>, PageError>> {
    let who = user.0;
    let secret = |text: &str| Secret(text.to_owned());
    let changed = accounts.change_password(&who, secret(form.old), secret(form.new)).await;
    match changed {
        Ok(()) => Ok(SeeOther::to("/account").noting(News::PasswordChanged.to_string())),
        Err(error @ (Error::Invalid { .. } | Error::TooOften { .. } | Error::Unavailable(_))) => {
            let wrong = WrongPassword::of(&error, view.w, view.frame.lang);
            Err(page(accounts, view, &who, TokenForm::fresh(), wrong).await.map(Html))
        }
        Err(error) => Err(Err(error.into())),
    }
}

/// `POST /account/sessions/{id}/end`
#[rocket::post("/account/sessions/<id>/end")]
pub(super) async fn end_session(user: User, accounts: &State<Accounts>, id: Id) -> Result<SeeOther, PageError> {
    let owner = user.0.id.ok_or(Error::NotFound(Thing::Session))?;
    accounts.end_session(owner, id).await?;
    Ok(SeeOther::to("/account").noting(News::SessionEnded.to_string()))
}
