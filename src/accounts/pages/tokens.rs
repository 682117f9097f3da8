//! Tokens from the page of one's account: made, shown once, revoked.

use askama::Template;
use rocket::State;
use rocket::form::FromForm;
use rocket::http::Status;
use rocket::response::Responder;

use crate::accounts::model::{NewToken, TokenKind, scope};
use crate::accounts::service::Accounts;
use crate::platform::error::{Error, Result, Thing};
use crate::platform::ids::Id;
use crate::platform::names::Name;
use crate::platform::web::form::Form;
use crate::platform::web::guards::{Grant, Role, Subject, User, Who};
use crate::platform::web::lang::Lang;
use crate::platform::web::page::{Frame, Html, PageError, Section, SeeOther};

use super::View;
use super::account::{AccountPage, Slips, TokenForm, WrongPassword, page};
use super::news::News;
use super::words::Words;

#[derive(Template)]
#[template(path = "accounts/token.html")]
pub(super) struct TokenPage {
    frame: Frame,
    w: &'static Words,
    name: String,
    scopes: Vec<String>,
    secret: String,
    command: String,
}

#[derive(Debug, FromForm)]
pub(super) struct Wanted<'r> {
    name: &'r str,
    scope: &'r str,
    tag: &'r str,
    days: Option<u32>,
}

impl Wanted<'_> {
    fn read(&self) -> Result<NewToken> {
        let name = Name::new(self.name.trim()).map_err(|error| error.of("name"))?;
        let text = if self.scope == "upload" { format!("upload:{}", self.tag.trim()) } else { self.scope.to_owned() };
        Ok(NewToken {
            kind: TokenKind::Token,
            name,
            grants: vec![scope(&text)?],
            days: self.days.filter(|days| *days > 0),
        })
    }

    /// The form as it was sent, with what is wrong beside the field that it is about.
    fn filled_in(&self, error: &Error, w: &Words, lang: Lang) -> TokenForm {
        let mut wrong = Slips::default();
        match error {
            Error::Invalid { field: "name", .. } => wrong.name = Some(w.name_rule.to_owned()),
            Error::Invalid { field: "days", .. } => wrong.days = Some(w.days_rule.to_owned()),
            Error::Invalid { .. } if self.scope == "upload" => wrong.tag = Some(w.tag_rule.to_owned()),
            Error::Invalid { .. } => wrong.scope = Some(w.scope_rule.to_owned()),
            error => wrong.scope = Some(error.text(lang)),
        }
        let text = |text: &str| text.to_owned();
        let (name, scope, tag) = (text(self.name), text(self.scope), text(self.tag));
        TokenForm { name, scope, tag, days: self.days.unwrap_or_default(), wrong }
    }
}

/// The token, this once, or the form again.
#[derive(Responder)]
pub(super) enum Created {
    Made(Box<Html<TokenPage>>),
    Again(Box<(Status, Html<AccountPage>)>),
}

/// `POST /account/tokens`
#[rocket::post("/account/tokens", data = "<form>")]
pub(super) async fn create(
    user: User,
    subject: Subject,
    view: View,
    accounts: &State<Accounts>,
    form: Form<Wanted<'_>>,
) -> Result<Created, PageError> {
    let owner = owner(&user.0)?;
    let made = match form.read() {
        Ok(wanted) => accounts.make_token(wanted, Some(owner)).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => {
            subject.is(&made.token.name);
            let View { frame, w } = view;
            let command = example(&frame, &made.token.grants);
            let scopes = made.token.grants.iter().map(ToString::to_string).collect();
            let page = TokenPage { frame, w, name: made.token.name, scopes, secret: made.secret.0, command };
            Ok(Created::Made(Box::new(Html(page))))
        }
        Err(error @ (Error::Invalid { .. } | Error::Forbidden(_))) => {
            let status = Status::new(error.status());
            let form = form.filled_in(&error, view.w, view.frame.lang);
            let page = page(accounts, view, &user.0, form, WrongPassword::default()).await?;
            Ok(Created::Again(Box::new((status, Html(page)))))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whose token it will be.
pub(super) fn owner(who: &Who) -> Result<(Id, String, Role)> {
    let nobody = ("There are no accounts yet.", "尚未创建账号");
    who.id.zip(who.role()).map(|(id, role)| (id, who.name.clone(), role)).ok_or(Error::Conflict(nobody.into()))
}

/// What one can do with it at once. The token itself stands in a variable: commands are kept by shells.
fn example(frame: &Frame, grants: &[Grant]) -> String {
    let origin = &frame.origin;
    match grants.first() {
        Some(Grant::Tag(tag) | Grant::Tags(tag)) => {
            let tag = crate::platform::web::format::escaped(tag);
            format!("curl -H \"Authorization: Bearer $TOKEN\" -T photo.jpg {origin}/upload/{tag}/")
        }
        _ => format!("curl -H \"Authorization: Bearer $TOKEN\" {origin}/api/v1/tags"),
    }
}

/// `POST /account/tokens/{id}/revoke`: one's own; an admin any.
#[rocket::post("/account/tokens/<id>/revoke")]
pub(super) async fn revoke(
    user: User,
    subject: Subject,
    accounts: &State<Accounts>,
    id: Id,
) -> Result<SeeOther, PageError> {
    let own = user.0.id.ok_or(Error::NotFound(Thing::Token))?;
    let owner = (user.0.role() != Some(Role::Admin)).then_some(own);
    if let Some(token) = accounts.tokens(owner).await?.into_iter().find(|token| token.id == id) {
        subject.is(&token.name);
    }
    accounts.revoke_token(id, owner).await?;
    Ok(SeeOther::to("/account").noting(News::TokenRevoked.to_string()))
}
