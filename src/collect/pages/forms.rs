//! What plain forms do to files and tags: into the trash and back.
//!
//! Each answers 303 with a notice that undoes it by one click. A form says in `scope` whether it
//! means its selection or the whole filter, so an empty selection can never mean everything.

use rocket::State;
use rocket::form::FromForm;

use crate::collect::model::{Filter, Name, Tag};
use crate::collect::service::Collect;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::form::Form;
use crate::platform::web::format::escaped;
use crate::platform::web::guards::{Subject, Writer};
use crate::platform::web::lang::way_back;
use crate::platform::web::page::{Frame, PageError, SeeOther};

use super::filter::FilterQuery;
use super::notices::News;

/// Which files of a tag are meant, and the page to come back to.
#[derive(Debug, FromForm)]
pub(super) struct Meant<'r> {
    scope: &'r str,
    ids: Vec<&'r str>,
    back: Option<&'r str>,
    q: Option<&'r str>,
    #[field(name = "type")]
    media: Option<&'r str>,
    from: Option<&'r str>,
    to: Option<&'r str>,
}

impl Meant<'_> {
    /// The filter that finds them; `None` when nothing was selected.
    fn filter(&self, frame: &Frame) -> Result<Option<Filter>, Error> {
        if self.scope == "filter" {
            let query = FilterQuery::of(self.q, self.media, self.from, self.to);
            if !query.is_sound(&frame.zone) {
                return Err(Error::invalid("from", ("must be a date, as 2026-11-21", "应为日期，如 2026-11-21")));
            }
            return Ok(Some(query.read(&frame.zone).0));
        }
        let ids = Filter::selection(self.ids.iter().copied())?;
        Ok((!ids.is_empty()).then(|| Filter { ids: Some(ids), ..Filter::default() }))
    }
}

/// `POST /tags/{tag}/trash`
#[rocket::post("/tags/<tag>/trash", data = "<form>")]
pub(super) async fn trash_files(
    _writer: Writer,
    frame: Frame,
    collect: &State<Collect>,
    tag: &str,
    form: Form<Meant<'_>>,
) -> Result<SeeOther, PageError> {
    let tag = find(collect, tag).await?;
    let back = form.back.map_or_else(|| page_of(&tag.name), way_back);
    let Some(filter) = form.filter(&frame)? else {
        return Ok(SeeOther::to(back).noting(News::NothingSelected.to_string()));
    };
    let done = collect.delete_files(&tag, &filter).await?;
    let news = News::Trashed { count: done.count, batch: done.batch, tag: tag.name };
    Ok(SeeOther::to(back).noting(news.to_string()))
}

/// The form of an undo.
#[derive(Debug, FromForm)]
pub(super) struct Batch {
    batch: i64,
}

/// `POST /tags/{tag}/undo`: brings back what one form took away.
#[rocket::post("/tags/<tag>/undo", data = "<form>")]
pub(super) async fn undo(
    _writer: Writer,
    collect: &State<Collect>,
    tag: &str,
    form: Form<Batch>,
) -> Result<SeeOther, PageError> {
    let tag = Name::new(tag).map_err(|error| error.of("tag"))?;
    let news = match collect.restore_batch(tag.as_str(), form.batch).await {
        Ok(count) => News::Restored { count },
        Err(Error::NotFound(_)) => News::TooLate,
        Err(error) => return Err(error.into()),
    };
    Ok(SeeOther::to(page_of(tag.as_str())).noting(news.to_string()))
}

/// `POST /tags/{tag}/delete`: the tag with all its files.
#[rocket::post("/tags/<tag>/delete")]
pub(super) async fn delete_tag(_writer: Writer, collect: &State<Collect>, tag: &str) -> Result<SeeOther, PageError> {
    let tag = find(collect, tag).await?.name;
    let done = collect.delete_tag(&tag).await?;
    let news = News::TagTrashed { count: done.count, batch: done.batch, tag };
    Ok(SeeOther::to("/").noting(news.to_string()))
}

/// `POST /files/{id}/trash`: goes on to the next file, so that one can look through a tag and weed.
#[rocket::post("/files/<id>/trash")]
pub(super) async fn trash_file(
    _writer: Writer,
    subject: Subject,
    collect: &State<Collect>,
    id: Id,
) -> Result<SeeOther, PageError> {
    let file = collect.file(id).await?;
    subject.is(&format!("{} / {}", file.tag, file.name));
    let (newer, older) = collect.neighbours(&file).await?;
    collect.delete_file(id).await?;
    let next = older.or(newer).map_or_else(|| page_of(&file.tag), |id| format!("/files/{id}"));
    Ok(SeeOther::to(next).noting(News::FileTrashed { id }.to_string()))
}

/// `POST /files/{id}/restore`
#[rocket::post("/files/<id>/restore")]
pub(super) async fn restore_file(
    _writer: Writer,
    subject: Subject,
    collect: &State<Collect>,
    id: Id,
) -> Result<SeeOther, PageError> {
    let file = collect.file(id).await?;
    subject.is(&format!("{} / {}", file.tag, file.name));
    collect.restore_file(id).await?;
    Ok(SeeOther::to(format!("/files/{id}")).noting(News::Restored { count: 1 }.to_string()))
}

/// The tag that a path names.
async fn find(collect: &Collect, name: &str) -> Result<Tag, Error> {
    let name = Name::new(name).map_err(|error| error.of("tag"))?;
    collect.tag(name.as_str()).await
}

pub(super) fn page_of(tag: &str) -> String {
    format!("/tags/{}", escaped(tag))
}
