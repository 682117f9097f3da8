//! `/training/tasks/{task_id}/classes`: label classes (contract §2.1).

use rocket::data::Data;
use rocket::{Route, State, delete, post, put, routes};

use super::answers::{Answer, ClassId};
use super::bodies;
use crate::platform::ids::Id;
use crate::platform::web::envelope::{MsgLang, Nothing, Success};
use crate::platform::web::guards::Writer;
use crate::platform::web::json;
use crate::platform::web::receive::BodyHead;
use crate::training::service::Training;

/// `POST …/classes`
#[post("/training/tasks/<task_id>/classes", data = "<data>")]
async fn add(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    task_id: &str,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<ClassId> {
    let task = Id::read("task_id", task_id)?;
    let class = bodies::new_class(&json::object(data, head, bodies::SMALL).await?)?;
    let id = training.add_class(task, class).await?;
    Ok(Success::new(lang, ("Label class added.", "标签类添加成功"), ClassId { id }))
}

/// `PUT …/classes/{id}`
#[put("/training/tasks/<task_id>/classes/<class>", data = "<data>")]
async fn change(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    task_id: &str,
    class: &str,
    head: BodyHead,
    data: Data<'_>,
) -> Answer<Nothing> {
    let (task, class) = (Id::read("task_id", task_id)?, Id::read("id", class)?);
    let (name, color) = bodies::class_change(&json::object(data, head, bodies::SMALL).await?)?;
    training.change_class(task, class.0, name.as_deref(), color.as_deref()).await?;
    Ok(Success::new(lang, ("Label class changed.", "标签类修改成功"), Nothing {}))
}

/// `DELETE …/classes/{id}`
#[delete("/training/tasks/<task_id>/classes/<class>")]
async fn remove(
    _writer: Writer,
    training: &State<Training>,
    lang: MsgLang,
    task_id: &str,
    class: &str,
) -> Answer<Nothing> {
    let (task, class) = (Id::read("task_id", task_id)?, Id::read("id", class)?);
    training.delete_class(task, class.0).await?;
    Ok(Success::new(lang, ("Label class deleted.", "标签类删除成功"), Nothing {}))
}

pub fn routes() -> Vec<Route> {
    routes![add, change, remove]
}
