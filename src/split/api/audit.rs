//! `/training/tasks/{task_id}/audit`: what leaks across sets.

use rocket::http::uri::Origin;
use rocket::{Route, State, get, routes};

use super::answers::LeaksResponse;
use super::forms;
use crate::platform::ids::Id;
use crate::platform::web::envelope::{MsgLang, Success};
use crate::platform::web::guards::Reader;
use crate::platform::web::query::Query;
use crate::split::service::Split;
use crate::training::model::Result;

/// `GET /training/tasks/{task_id}/audit?against&limit&cursor` (contract §2.4)
#[get("/training/tasks/<task_id>/audit")]
async fn audit(
    _reader: Reader,
    split: &State<Split>,
    lang: MsgLang,
    task_id: &str,
    uri: &Origin<'_>,
) -> Result<Success<LeaksResponse>> {
    let query = Query::of(uri);
    let (task, against) = (Id::read("task_id", task_id)?, forms::against(&query)?);
    let page = split.audit(task, &against, query.cursor(), query.limit()?).await?;
    Ok(Success::new(lang, ("Audit done.", "检查完成"), page.into()))
}

pub fn routes() -> Vec<Route> {
    routes![audit]
}
