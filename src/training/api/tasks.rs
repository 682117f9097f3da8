//! `/training/tasks`: made, told, listed, deleted; and the import of a tag.

use rocket::data::Data;
use rocket::http::uri::Origin;
use rocket::{Route, State, delete, get, post, routes};

use super::answers::{Answer, ImgDatas, OneTask, TaskId, TaskPage, TaskResponse};
use super::bodies;
use crate::platform::ids::Id;
use crate::platform::web::envelope::{MsgLang, Nothing, Success};
use crate::platform::web::guards::{Reader, Subject, Writer};
use crate::platform::web::json;
use crate::platform::web::query::Query;
use crate::platform::web::receive::BodyHead;
use crate::training::service::Training;

/// `POST /training/tasks` (contract §2.1)
#[post("/training/tasks", data = "<data>")]
async fn create(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<TaskId> {
    let body = json::object(data, head, bodies::SMALL).await?;
    let task_id = training.create_task(bodies::new_task(&body)?).await?;
    Ok(Success::new(lang, ("Task created.", "任务创建成功"), TaskId { task_id }))
}

/// `GET /training/tasks?limit&cursor&q`
#[get("/training/tasks")]
async fn list(_reader: Reader, training: &State<Training>, lang: MsgLang, uri: &Origin<'_>) -> Answer<TaskPage> {
    let query = Query::of(uri);
    let page = training.tasks(query.get("q"), query.cursor(), query.limit()?).await?;
    let items = page.items.into_iter().map(TaskResponse::from).collect();
    Ok(Success::new(lang, ("Tasks found.", "任务查询成功"), TaskPage { items, next: page.next }))
}

/// `GET /training/tasks/{task_id}`
#[get("/training/tasks/<task_id>")]
async fn one(_reader: Reader, training: &State<Training>, lang: MsgLang, task_id: &str) -> Answer<OneTask> {
    let task = training.task(Id::read("task_id", task_id)?).await?.into();
    Ok(Success::new(lang, ("Task found.", "任务查询成功"), OneTask { task }))
}

/// `DELETE /training/tasks/{task_id}`: logically.
#[delete("/training/tasks/<task_id>")]
async fn remove(
    _writer: Writer,
    subject: Subject,
    training: &State<Training>,
    lang: MsgLang,
    task_id: &str,
) -> Answer<Nothing> {
    let id = Id::read("task_id", task_id)?;
    // A task that isn't there is refused below.
    if let Ok(task) = training.find_task(id).await {
        subject.is(&task.name);
    }
    training.delete_task(id).await?;
    Ok(Success::new(lang, ("Task deleted.", "任务删除成功"), Nothing {}))
}

/// `POST /training/tasks/{task_id}/import` (contract §2.2)
#[post("/training/tasks/<task_id>/import", data = "<data>")]
async fn import(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    task_id: &str,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<ImgDatas> {
    let task = Id::read("task_id", task_id)?;
    let (tag, filter) = bodies::import(&json::object(data, head, bodies::SMALL).await?)?;
    let registered = training.import(task, tag.as_str(), &filter).await?;
    let (count, skipped) = (registered.images.len(), registered.skipped);
    let msg = (
        format!("{count} images imported, {skipped} other files passed over."),
        format!("导入 {count} 张图像成功，跳过 {skipped} 个其他文件"),
    );
    Ok(Success::new(lang, msg, ImgDatas::of_import(registered)))
}

pub fn routes() -> Vec<Route> {
    routes![create, list, one, remove, import]
}
