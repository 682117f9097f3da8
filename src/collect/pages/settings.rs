//! The settings of a tag: a form on its page, and one of its own where something in it is wrong.

use std::ops::RangeInclusive;

use askama::Template;
use rocket::State;
use rocket::form::FromForm;
use rocket::http::Status;
use rocket::response::Responder;

use crate::collect::model::quota::{MAX_KEEP_DAYS, MAX_QUOTA, NewSettings, Settings};
use crate::collect::model::{Name, Tag, written};
use crate::collect::service::Collect;
use crate::platform::web::form::Form;
use crate::platform::web::guards::Writer;
use crate::platform::web::lang::Lang;
use crate::platform::web::page::{Frame, Html, PageError, Section, SeeOther};

use super::View;
use super::forms::page_of;
use super::notices::News;
use super::words::{self, Words};

/// The form as it was sent.
#[derive(Debug, FromForm)]
pub(super) struct Sent<'r> {
    quota: &'r str,
    keep_days: &'r str,
}

/// The form as it is shown.
pub(super) struct SettingsForm {
    pub quota: String,
    pub keep_days: String,
    pub wrong_quota: bool,
    pub wrong_keep: bool,
    /// How much of the quota is used, where there is one.
    pub bar: Option<Bar>,
    /// What becomes of old files, where there are days.
    pub kept: Option<String>,
}

/// Use against quota, in bytes.
pub(super) struct Bar {
    pub used: i64,
    pub allowed: i64,
    pub text: String,
}

impl SettingsForm {
    /// What is set for the tag.
    pub(super) fn of(tag: &Tag, lang: Lang) -> Self {
        let Settings { quota, keep_days } = tag.settings;
        let bar = |allowed| Bar { used: tag.bytes, allowed, text: words::used_of(tag.bytes, allowed, lang) };
        Self {
            quota: quota.map(written::exact).unwrap_or_default(),
            keep_days: keep_days.map(|days| days.to_string()).unwrap_or_default(),
            wrong_quota: false,
            wrong_keep: false,
            bar: quota.map(bar),
            kept: keep_days.map(|days| words::kept_days(days, lang)),
        }
    }

    /// The same, filled in as it was sent.
    fn filled_in(self, sent: &Sent<'_>, wrong_quota: bool, wrong_keep: bool) -> Self {
        Self { quota: sent.quota.to_owned(), keep_days: sent.keep_days.to_owned(), wrong_quota, wrong_keep, ..self }
    }
}

/// A number, or none for an empty field; an error when it is neither.
fn field(text: &str, parse: impl Fn(&str) -> Option<i64>, range: RangeInclusive<i64>) -> Result<Option<i64>, ()> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    parse(text.trim()).filter(|number| range.contains(number)).map(Some).ok_or(())
}

#[derive(Template)]
#[template(path = "collect/settings.html")]
pub(super) struct SettingsPage {
    frame: Frame,
    w: &'static Words,
    name: String,
    href: String,
    settings: SettingsForm,
}

/// The form once more, or the way back to the tag.
#[derive(Responder)]
pub(super) enum Saved {
    Form(Box<(Status, Html<SettingsPage>)>),
    Go(SeeOther),
}

/// `POST /tags/{tag}/settings`
#[rocket::post("/tags/<tag>/settings", data = "<form>")]
pub(super) async fn save(
    _writer: Writer,
    view: View,
    collect: &State<Collect>,
    tag: &str,
    form: Form<Sent<'_>>,
) -> Result<Saved, PageError> {
    let tag = collect.tag(Name::new(tag).map_err(|error| error.of("tag"))?.as_str()).await?;
    let quota = field(form.quota, written::parse, 0..=MAX_QUOTA);
    let keep_days = field(form.keep_days, |text| text.parse().ok(), 1..=MAX_KEEP_DAYS);
    if let (Ok(quota), Ok(keep_days)) = (quota, keep_days) {
        let new = NewSettings { quota: Some(quota), keep_days: Some(keep_days) };
        let tag = collect.change_settings(&tag.name, new).await?;
        return Ok(Saved::Go(SeeOther::to(page_of(&tag.name)).noting(News::Settings.to_string())));
    }
    let settings = SettingsForm::of(&tag, view.frame.lang).filled_in(&form, quota.is_err(), keep_days.is_err());
    let (href, View { frame, w }) = (page_of(&tag.name), view);
    let page = SettingsPage { frame, w, name: tag.name, href, settings };
    Ok(Saved::Form(Box::new((Status::BadRequest, Html(page)))))
}
