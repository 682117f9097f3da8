//! `GET /training/tasks/{task_id}/export?format=…` (contract §2.7).

use rocket::http::uri::Origin;
use rocket::{Route, State, get, routes};

use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::guards::Reader;
use crate::platform::web::query::Query;
use crate::platform::web::resume::{Asker, Given};
use crate::platform::web::serve::{Bytes, Facts, Headers};
use crate::training::model::Fault;
use crate::training::model::export::Format;
use crate::training::service::Training;

/// `GET /training/tasks/{task_id}/export?format`
#[get("/training/tasks/<task_id>/export")]
async fn export(
    _reader: Reader,
    training: &State<Training>,
    task_id: &str,
    uri: &Origin<'_>,
    headers: Headers<'_>,
    given: &State<Given>,
    asker: Asker,
) -> Result<Bytes, Fault> {
    let (task, format) = (Id::read("task_id", task_id)?, format(&Query::of(uri))?);
    let turn = training.archives().enter().await?;
    let export = training.export(task, format).await?;
    given.admit(asker, headers.0, export.etag(), export.len())?;
    let facts = Facts {
        content_type: format.content_type().to_owned(),
        size: export.len(),
        etag: export.etag().to_owned(),
        modified_at: Some(export.laid_out_at()),
        cache: "private, no-cache",
        name: export.download_name(),
        is_attachment: true,
    };
    Ok(Bytes::new(&headers, facts, |range| training.read_export(export, range).in_turn(turn))?)
}

fn format(query: &Query) -> Result<Format, Error> {
    let names = Format::ALL.map(Format::name).join(", ");
    let allowed = (format!("must be one of {names}"), format!("必须是 {names} 之一"));
    let format = query.parsed("format", Format::parse, allowed.clone())?;
    format.ok_or_else(|| Error::invalid("format", allowed))
}

pub fn routes() -> Vec<Route> {
    routes![export]
}
