//! `/tasks/send`: files of a tag — a selection, or all that a filter finds — go to a task.
//!
//! A tag's page leads here by a link for its filter, and by a form for its selection. A form says in
//! `scope` which of them it means, so an empty selection can never mean everything.

use askama::Template;
use rocket::State;
use rocket::form::FromForm;
use rocket::http::Status;
use rocket::response::Responder;

use crate::collect::model::{Filter, Totals};
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::form::Form;
use crate::platform::web::format::escaped;
use crate::platform::web::guards::{Reader, Writer};
use crate::platform::web::page::{Frame, Html, Section, SeeOther};
use crate::platform::web::query::{self, media};
use crate::training::model::{Code, NewTask, Result, Target, Task};
use crate::training::notices::News;
use crate::training::service::Training;

use super::create::is_name;
use super::words::{self, Words};
use super::{Answer, View};

/// Tasks that are offered, the newest first.
const TASKS: u32 = 200;

/// What is sent, and where: `to` is a task's id, or [`NEW`].
#[derive(Debug, FromForm)]
pub(super) struct Wish<'r> {
    tag: Option<&'r str>,
    scope: Option<&'r str>,
    ids: Vec<&'r str>,
    q: Option<&'r str>,
    #[field(name = "type")]
    media: Option<&'r str>,
    since: Option<&'r str>,
    until: Option<&'r str>,
    to: Option<&'r str>,
    name: Option<&'r str>,
    task_type: Option<&'r str>,
}

/// What `to` says for a task that is to be made.
const NEW: &str = "new";

#[derive(Template)]
#[template(path = "training/send.html")]
pub(super) struct SendPage {
    frame: Frame,
    w: &'static Words,
    tag: String,
    tag_href: String,
    has_files: bool,
    meta: String,
    /// What is sent, as hidden fields.
    fields: Vec<(&'static str, String)>,
    tasks: Vec<Choice>,
    types: [(i64, &'static str); 3],
    to: String,
    name: String,
    task_type: i64,
    slips: Slips,
}

/// One task to choose.
struct Choice {
    id: String,
    label: String,
}

/// What is wrong with the form.
#[derive(Default)]
struct Slips {
    to: Option<&'static str>,
    name: Option<&'static str>,
    task_type: Option<&'static str>,
}

/// The form, or the way to the task.
#[derive(Responder)]
pub(super) enum Sent {
    Form(Box<(Status, Html<SendPage>)>),
    Go(SeeOther),
}

/// `GET /tasks/send?tag&scope=filter&q&type&since&until`: the form.
#[rocket::get("/tasks/send?<wish..>")]
pub(super) async fn choose(
    _reader: Reader,
    mut view: View,
    training: &State<Training>,
    wish: Wish<'_>,
) -> Answer<Sent> {
    let fields = ["tag", "scope", "ids", "q", "type", "since", "until", "to", "name", "task_type"];
    view.frame.knows(&fields);
    Ok(answer(view, training, &wish).await?)
}

/// `POST /tasks/send`: the form for a selection; with `to`, the files go there.
#[rocket::post("/tasks/send", data = "<form>")]
pub(super) async fn send(
    _writer: Writer,
    view: View,
    training: &State<Training>,
    form: Form<Wish<'_>>,
) -> Answer<Sent> {
    let (filter, slips) = (form.filter()?, form.slips(view.w));
    let (Some(tag), Some(target), true) = (form.tag(), form.target(), slips.is_empty()) else {
        return Ok(answer(view, training, &form).await?);
    };
    let (tag, totals) = training.files_of(tag, &filter).await?;
    if totals.file_count == 0 {
        return Ok(answer(view, training, &form).await?);
    }
    match training.send(target, &tag, &filter).await {
        Ok((id, done)) => {
            let news = News::imported(&done, tag);
            Ok(Sent::Go(SeeOther::to(format!("/tasks/{id}")).noting(news.to_string())))
        }
        Err(fault) if fault.code() == Some(Code::NoTask) => {
            let slips = Slips { to: Some(view.w.gone_choice), ..Slips::default() };
            Ok(Sent::form(Status::NotFound, page(view, training, &form, (tag, totals), slips).await?))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// The form as it was sent, with what is wrong; the list of tasks where no tag is named.
async fn answer(view: View, training: &Training, wish: &Wish<'_>) -> Result<Sent> {
    let Some(tag) = wish.tag() else {
        return Ok(Sent::Go(SeeOther::to("/tasks")));
    };
    let found = training.files_of(tag, &wish.filter()?).await?;
    let slips = wish.slips(view.w);
    let status = if found.1.file_count == 0 || !slips.is_empty() { Status::BadRequest } else { Status::Ok };
    Ok(Sent::form(status, page(view, training, wish, found, slips).await?))
}

async fn page(
    view: View,
    training: &Training,
    wish: &Wish<'_>,
    (tag, totals): (String, Totals),
    slips: Slips,
) -> Result<SendPage> {
    let View { frame, w, .. } = view;
    let tasks: Vec<Choice> = training.newest_tasks(TASKS).await?.iter().map(|task| Choice::of(task, w)).collect();
    let newest = tasks.first().map_or(NEW, |task| &task.id).to_owned();
    Ok(SendPage {
        meta: words::files_and_bytes(totals.file_count, totals.bytes, frame.lang),
        has_files: totals.file_count > 0,
        tag_href: format!("/tags/{}", escaped(&tag)),
        fields: wish.fields(&tag),
        to: wish.to.map_or(newest, str::to_owned),
        name: wish.name.map_or_else(|| tag.clone(), str::to_owned),
        task_type: wish.task_type().unwrap_or(1),
        types: words::types(w),
        frame,
        w,
        tag,
        tasks,
        slips,
    })
}

impl Sent {
    fn form(status: Status, page: SendPage) -> Self {
        Self::Form(Box::new((status, Html(page))))
    }
}

impl Choice {
    fn of(task: &Task, w: &Words) -> Self {
        Self { id: task.id.to_string(), label: format!("{} · {}", task.name, words::type_label(task.task_type, w)) }
    }
}

impl Slips {
    fn is_empty(&self) -> bool {
        self.to.is_none() && self.name.is_none() && self.task_type.is_none()
    }
}

impl<'r> Wish<'r> {
    fn tag(&self) -> Option<&'r str> {
        self.tag.map(str::trim).filter(|tag| !tag.is_empty())
    }

    /// Which files are meant; what can't be read is an error, never passed over.
    fn filter(&self) -> Result<Filter, Error> {
        if self.scope != Some("filter") {
            let wrong = || Error::invalid("ids", ("must be ids of files", "必须是文件 id"));
            let ids = self.ids.iter().map(|id| Id::parse(id).ok_or_else(wrong));
            let mut ids = ids.collect::<Result<Vec<_>, _>>()?;
            ids.sort_unstable();
            ids.dedup();
            return Ok(Filter { ids: Some(ids), ..Filter::default() });
        }
        let given = |field: Option<&'r str>| field.map(str::trim).filter(|text| !text.is_empty());
        let times = || ("must be a time such as 2026-01-31T08:00:00Z", "必须是时间，如 2026-01-31T08:00:00Z");
        let time = |name: &'static str, field: Option<&'r str>| {
            given(field).map(|text| query::time(text).ok_or_else(|| Error::invalid(name, times()))).transpose()
        };
        let types = ("must be a type such as image/png, or its first half", "必须是 MIME 类型或其前半部分");
        let media =
            given(self.media).map(|text| media(text).ok_or_else(|| Error::invalid("type", types))).transpose()?;
        let (since, until) = (time("since", self.since)?, time("until", self.until)?);
        Ok(Filter { q: given(self.q).map(str::to_owned), media, since, until, ids: None })
    }

    /// The fields that say what is sent, to be sent once more.
    fn fields(&self, tag: &str) -> Vec<(&'static str, String)> {
        let mut fields = vec![("tag", tag.to_owned())];
        let texts =
            [("scope", self.scope), ("q", self.q), ("type", self.media), ("since", self.since), ("until", self.until)];
        fields.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text?.to_owned()))));
        fields.extend(self.ids.iter().map(|id| ("ids", (*id).to_owned())));
        fields
    }

    fn task_type(&self) -> Option<i64> {
        self.task_type?.parse().ok().filter(|number| (1..=3).contains(number))
    }

    /// Where the files go; `None` while nothing is chosen, or a new task isn't described.
    fn target(&self) -> Option<Target> {
        let to = self.to?;
        if to != NEW {
            return Id::parse(to).map(Target::Task);
        }
        let (name, task_type) = (self.name?.trim().to_owned(), self.task_type()?);
        Some(Target::New(NewTask { id: None, name, task_type, classes: Vec::new() }))
    }

    /// What is wrong with the choice, once there is one.
    fn slips(&self, w: &'static Words) -> Slips {
        let Some(to) = self.to else {
            return Slips::default();
        };
        let is_new = to == NEW;
        Slips {
            to: (!is_new && Id::parse(to).is_none()).then_some(w.gone_choice),
            name: (is_new && !is_name(self.name.unwrap_or_default().trim())).then_some(w.name_rule),
            task_type: (is_new && self.task_type().is_none()).then_some(w.type_rule),
        }
    }
}
