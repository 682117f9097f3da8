//! `/training/tasks/sets`: divide a task, list a set (seed 001).

use rocket::data::Data;
use rocket::http::uri::Origin;
use rocket::{Route, State, get, put, routes};

use super::{answers, forms};
use crate::platform::web::guards::{Reader, Writer};
use crate::platform::web::json;
use crate::platform::web::query::Query;
use crate::platform::web::receive::BodyHead;
use crate::platform::web::stream::JsonStream;
use crate::split::service::Split;
use crate::training::model::Result;

/// `PUT /training/tasks/sets` (seed 001 §1)
#[put("/training/tasks/sets", data = "<data>")]
async fn split(_writer: Writer, split: &State<Split>, head: BodyHead, data: Data<'_>) -> Result<JsonStream> {
    let wish = forms::wish(&json::object(data, head, forms::BODY).await?)?;
    let done = split.split(wish).await?;
    let tail = answers::split_tail(&done)?;
    let (body, length) = split.lists(done, answers::split_head(), tail);
    Ok(JsonStream::of(body, Some(length)))
}

/// `GET /training/tasks/sets?task_id&set_type_id&limit&cursor` (seed 001 §2)
#[get("/training/tasks/sets")]
async fn list(_reader: Reader, split: &State<Split>, uri: &Origin<'_>) -> Result<JsonStream> {
    let query = Query::of(uri);
    let (task, code) = (forms::task(&query)?, forms::set_code(&query)?);
    let set = split.set_of(code)?;
    let head = answers::list_head(task, code);
    if query.get("limit").is_some() || query.cursor().is_some() {
        let page = split.list_page(task, set, query.cursor(), query.limit()?, head).await?;
        return Ok(JsonStream::whole(page));
    }
    let listing = split.list(task, set, head).await?;
    Ok(JsonStream::of(listing.body, listing.length))
}

pub fn routes() -> Vec<Route> {
    routes![split, list]
}
