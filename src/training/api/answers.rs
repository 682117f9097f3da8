//! The shapes of the room's answers (contract §2), refusals first.

use rocket::http::Status;
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::platform::clock::rfc3339;
use crate::platform::error::Error;
use crate::platform::ids::Id;
use crate::platform::web::envelope::{self, MsgLang, Nothing, Success};
use crate::platform::web::lang::Lang;
use crate::platform::web::preconditions::{Current, Preconditions};
use crate::training::model::fault::Standing;
use crate::training::model::{Code, Fault, LabelClass, Registered, Set, State, TaskView};

/// What handlers of this family return.
pub type Answer<T> = Result<Success<T>, Fault>;

impl<'r> Responder<'r, 'static> for Fault {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let lang = MsgLang::of(request);
        Ok(match self {
            Self::Rule { code, message, members } => {
                let lang = if code.is_documents_own() { Lang::Zh } else { lang.0 };
                envelope::refusal(Status::new(code.status()), code.number(), message.text(lang), members)
            }
            Self::Changed { message, standing } => changed(message.text(lang.0), standing.map(|standing| *standing))?,
            Self::Other(error) => envelope::of_error(&error, lang),
        })
    }
}

/// An image's document, as it was sent.
#[derive(Debug, Serialize)]
pub struct AnnotationResponse {
    mongo_id: Option<String>,
    annotation: Option<Box<RawValue>>,
}

impl AnnotationResponse {
    fn of(mongo_id: String, annotation: String) -> Result<Self, Error> {
        let annotation = RawValue::from_string(annotation).map_err(Error::internal)?;
        Ok(Self { mongo_id: Some(mongo_id), annotation: Some(annotation) })
    }
}

/// 1017, with what stands there.
fn changed(msg: &str, standing: Option<Standing>) -> Result<Response<'static>, Status> {
    #[derive(Serialize)]
    struct Refusal<'a> {
        code: u16,
        msg: &'a str,
        #[serde(flatten)]
        standing: AnnotationResponse,
    }
    let failed = |_| Status::InternalServerError;
    let (etag, standing) = match standing {
        None => (None, AnnotationResponse { mongo_id: None, annotation: None }),
        Some(Standing { mongo_id, annotation, etag }) => {
            (Some(etag), AnnotationResponse::of(mongo_id, annotation).map_err(|error| failed(error.to_string()))?)
        }
    };
    let body = serde_json::to_string(&Refusal { code: Code::Changed.number(), msg, standing });
    let body = body.map_err(|error| failed(error.to_string()))?;
    let mut response = envelope::json(body);
    response.set_status(Status::new(Code::Changed.status()));
    if let Some(etag) = etag {
        response.set_raw_header("ETag", etag);
    }
    Ok(response)
}

/// An annotation, unless the client has it already; or what became of one, without a word about its contents.
pub struct Tagged<T> {
    /// Strong, in its quotes.
    etag: String,
    /// `None`: 304.
    answer: Option<Success<T>>,
    cache: &'static str,
}

impl Tagged<AnnotationResponse> {
    /// What stands there, where the conditions of a read hold.
    pub fn read(lang: MsgLang, standing: Standing, conditions: &Preconditions) -> Result<Self, Fault> {
        let is_known = match conditions.is_unchanged(Current { etag: &standing.etag, modified_at: None }) {
            Ok(is_known) => is_known,
            Err(error) => {
                let message = (error.text(Lang::En), error.text(Lang::Zh)).into();
                return Err(Fault::Changed { message, standing: Some(Box::new(standing)) });
            }
        };
        let Standing { mongo_id, annotation, etag } = standing;
        let answer = if is_known { None } else { Some(AnnotationResponse::of(mongo_id, annotation)?) };
        let msg = ("Annotation found.", "标注查询成功");
        let answer = answer.map(|answer| Success::new(lang, msg, answer));
        Ok(Self { etag, answer, cache: "private, no-cache" })
    }
}

impl Tagged<Nothing> {
    /// What is stored now.
    pub fn stored(lang: MsgLang, etag: String) -> Self {
        let answer = Some(Success::new(lang, ("Annotation stored.", "标注保存成功"), Nothing {}));
        Self { etag, answer, cache: "no-store" }
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Tagged<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = match self.answer {
            Some(answer) => answer.respond_to(request)?,
            None => Response::build().status(Status::NotModified).finalize(),
        };
        response.set_raw_header("ETag", self.etag);
        response.set_raw_header("Cache-Control", self.cache);
        // `msg` is in the reader's language.
        response.adjoin_raw_header("Vary", "Accept-Language");
        Ok(response)
    }
}

/// The id of what was made.
#[derive(Debug, Serialize)]
pub struct TaskId {
    pub task_id: Id,
}

/// The id of a new label class, a number.
#[derive(Debug, Serialize)]
pub struct ClassId {
    pub id: i64,
}

/// One label class.
#[derive(Debug, Serialize)]
pub struct ClassResponse {
    id: i64,
    name: String,
    color: String,
    order_id: i64,
}

impl From<LabelClass> for ClassResponse {
    fn from(class: LabelClass) -> Self {
        Self { id: class.id, name: class.name, color: class.color, order_id: class.order_id }
    }
}

/// One task.
#[derive(Debug, Serialize)]
pub struct TaskResponse {
    task_id: Id,
    task_name: String,
    task_type: i64,
    created_at: String,
    counts: CountsResponse,
    lab_class_list: Vec<ClassResponse>,
    copied_from: Vec<Id>,
    split: Option<Value>,
    lock: Vec<&'static str>,
}

/// Living images by set and state.
#[derive(Debug, Serialize)]
struct CountsResponse {
    sets: ByName<3>,
    states: ByName<6>,
}

/// Numbers under their names.
#[derive(Debug)]
struct ByName<const N: usize>([(String, i64); N]);

impl<const N: usize> Serialize for ByName<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, count)| (name, count)))
    }
}

impl From<TaskView> for TaskResponse {
    fn from(TaskView { task, counts, classes, copied_from }: TaskView) -> Self {
        let mut sets = counts.sets.into_iter();
        let mut states = counts.states.into_iter();
        let counts = CountsResponse {
            sets: ByName(Set::ALL.map(|set| (set.name().to_owned(), sets.next().unwrap_or_default()))),
            states: ByName(State::ALL.map(|state| (state.number().to_string(), states.next().unwrap_or_default()))),
        };
        Self {
            task_id: task.id,
            task_name: task.name,
            task_type: task.task_type,
            created_at: rfc3339(task.created_at),
            counts,
            lab_class_list: classes.into_iter().map(ClassResponse::from).collect(),
            copied_from,
            split: task.split,
            lock: Set::of_bits(task.locked_sets).into_iter().map(Set::name).collect(),
        }
    }
}

/// A task as `task`.
#[derive(Debug, Serialize)]
pub struct OneTask {
    pub task: TaskResponse,
}

/// A page of tasks.
#[derive(Debug, Serialize)]
pub struct TaskPage {
    pub items: Vec<TaskResponse>,
    pub next: Option<String>,
}

/// Names and ids of registered images, in the request's order.
#[derive(Debug, Serialize)]
pub struct ImgDatas {
    img_datas: Names,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u64>,
}

#[derive(Debug)]
struct Names(Vec<(String, Id)>);

impl Serialize for Names {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, id) in &self.0 {
            map.serialize_entry(name, id)?;
        }
        map.end()
    }
}

impl ImgDatas {
    /// Of a registration.
    pub fn of(registered: Registered) -> Self {
        Self { img_datas: Names(registered.images), skipped: None }
    }

    /// Of an import, which may have passed files over.
    pub fn of_import(registered: Registered) -> Self {
        let skipped = Some(registered.skipped);
        Self { img_datas: Names(registered.images), skipped }
    }
}
