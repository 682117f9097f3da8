//! `POST /training/tasks/duplication` (seed 002, contract §2.5).

use std::io::{self, Cursor};

use futures_util::stream::{self, Stream};
use rocket::data::Data;
use rocket::http::ContentType;
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use rocket::{Route, State, post, routes};
use serde::Serialize;
use tokio_util::io::StreamReader;

use crate::duplication::model::{Copied, CopiedClass, CopiedImage};
use crate::duplication::service::Duplication;
use crate::platform::ids::Id;
use crate::platform::web::guards::Writer;
use crate::platform::web::json::{self, Fields};
use crate::platform::web::receive::BodyHead;
use crate::training::model::Fault;

/// Most bytes of a request.
const LIMIT: u64 = 1 << 20;

/// How much is handed to the connection at a time.
const CHUNK: usize = 64 * 1024;

/// The answer about a copy: written page by page, a million images need no memory.
struct CopyResponse {
    duplication: Duplication,
    copied: Copied,
}

/// One image (seed 002 §2).
#[derive(Serialize)]
struct ImageResponse<'a> {
    set_type: i64,
    img_name: &'a str,
    img_id: Id,
    width: i64,
    height: i64,
    state: &'a str,
    order_id: i64,
    mongo_id: Option<&'a str>,
}

/// One label class.
#[derive(Serialize)]
struct ClassResponse<'a> {
    id: i64,
    name: &'a str,
    color: &'a str,
    order_id: i64,
}

/// `POST /training/tasks/duplication` `{"task_id_old", "task_id"}`
#[post("/training/tasks/duplication", data = "<data>")]
async fn duplicate(
    _writer: Writer,
    duplication: &State<Duplication>,
    head: BodyHead,
    data: Data<'_>,
) -> Result<CopyResponse, Fault> {
    let body = json::object(data, head, LIMIT).await?;
    let fields = Fields::of(&body);
    let copied = duplication.duplicate(fields.id("task_id_old")?, fields.id("task_id")?).await?;
    Ok(CopyResponse { duplication: duplication.inner().clone(), copied })
}

impl<'r> Responder<'r, 'static> for CopyResponse {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::new();
        response.set_header(ContentType::JSON);
        response.set_raw_header("Cache-Control", "no-store");
        response.set_streamed_body(StreamReader::new(Box::pin(self.pages())));
        response.set_max_chunk_size(CHUNK);
        Ok(response)
    }
}

/// What is to be written next.
enum Next {
    Images { after: i64 },
    Classes,
    Nothing,
}

impl CopyResponse {
    fn pages(self) -> impl Stream<Item = io::Result<Cursor<Vec<u8>>>> {
        stream::try_unfold((self, Next::Images { after: 0 }), |(own, next)| async move {
            let mut out = Vec::new();
            let next = match next {
                Next::Images { after } => own.write_images(after, &mut out).await.map_err(cut_off)?,
                Next::Classes => own.write_classes(&mut out).await.map_err(cut_off)?,
                Next::Nothing => return Ok(None),
            };
            Ok(Some((Cursor::new(out), (own, next))))
        })
    }

    async fn write_images(&self, after: i64, out: &mut Vec<u8>) -> Result<Next, Fault> {
        if after == 0 {
            let task_type = self.copied.task_type;
            let head = format!(r#"{{"code":0,"msg":"复制任务成功","task_type":{task_type},"image_list":["#);
            out.extend_from_slice(head.as_bytes());
        }
        let images = self.duplication.images(&self.copied, after).await?;
        for (place, image) in images.iter().enumerate() {
            if after > 0 || place > 0 {
                out.push(b',');
            }
            write(&ImageResponse::from(image), out)?;
        }
        Ok(images.last().map_or(Next::Classes, |last| Next::Images { after: last.order_id }))
    }

    async fn write_classes(&self, out: &mut Vec<u8>) -> Result<Next, Fault> {
        let classes = self.duplication.classes(&self.copied).await?;
        let classes: Vec<ClassResponse<'_>> = classes.iter().map(ClassResponse::from).collect();
        out.extend_from_slice(br#"],"lab_class_list":"#);
        write(&classes, out)?;
        out.push(b'}');
        Ok(Next::Nothing)
    }
}

impl<'a> From<&'a CopiedImage> for ImageResponse<'a> {
    fn from(image: &'a CopiedImage) -> Self {
        Self {
            set_type: image.set_type,
            img_name: &image.name,
            img_id: image.id,
            width: image.width,
            height: image.height,
            state: image.state,
            order_id: image.order_id,
            mongo_id: image.mongo_id.as_deref(),
        }
    }
}

impl<'a> From<&'a CopiedClass> for ClassResponse<'a> {
    fn from(class: &'a CopiedClass) -> Self {
        Self { id: class.id, name: &class.name, color: &class.color, order_id: class.order_id }
    }
}

fn write<T: Serialize>(value: &T, out: &mut Vec<u8>) -> Result<(), Fault> {
    Ok(serde_json::to_writer(out, value).map_err(crate::platform::error::Error::internal)?)
}

/// The copy stands; its answer ends in the middle, which no reader of JSON takes for the whole.
fn cut_off(fault: Fault) -> io::Error {
    tracing::error!(error = %fault, "the answer about a copy is broken off");
    io::Error::other(fault)
}

pub fn routes() -> Vec<Route> {
    routes![duplicate]
}
