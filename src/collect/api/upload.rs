//! The three forms of an upload (contract §1), each streamed to its true end.

use std::io;

use futures_util::io::AsyncBufRead;
use futures_util::{StreamExt, TryStreamExt};
use rocket::data::Data;
use rocket::http::Status;
use rocket::http::uri::Origin;
use rocket::request::{FromRequest, Outcome as Guarded, Request};
use rocket::serde::json::Json;
use rocket::{Route, State, post, put, routes};

use super::responses::{SeveralResponse, UploadedResponse};
use crate::collect::form;
use crate::collect::model::{Name, OnConflict, Uploaded};
use crate::collect::service::{Collect, Outcome, Upload};
use crate::platform::error::{Error, Result};
use crate::platform::web::guards::{Need, Role, Uploader, passed};
use crate::platform::web::lang::Lang;
use crate::platform::web::multipart::{FormType, only_file, pieces};
use crate::platform::web::problem;
use crate::platform::web::query::Query;
use crate::platform::web::receive::{Body, BodyHead};

/// What an upload's head says, apart from its tag and name.
struct Head<'r> {
    uri: &'r Origin<'r>,
    kind: FormType,
    body: BodyHead,
    lang: Lang,
    /// Whether who uploads may put another file into the trash by it.
    may_replace: bool,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Head<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Guarded<Self, ()> {
        let Guarded::Success(body) = BodyHead::from_request(request).await else {
            return Guarded::Error((Status::BadRequest, ()));
        };
        let who = passed(request).and_then(|passed| passed.who.as_ref());
        let may_replace = who.is_some_and(|who| who.may(&Need::Role(Role::Write)));
        let (kind, lang) = (FormType::of(request.headers()), Lang::of(request));
        Guarded::Success(Self { uri: request.uri(), kind, body, lang, may_replace })
    }
}

impl Head<'_> {
    /// `filename`, as it was sent: in it, `+` stands for itself.
    fn filename(&self) -> Option<&str> {
        self.uri.query()?.as_str().split('&').find_map(|pair| pair.strip_prefix("filename="))
    }

    fn on_conflict(&self) -> Result<OnConflict> {
        let allowed = ("must be rename, reject or replace", "必须是 rename、reject 或 replace");
        let wish = Query::of(self.uri).parsed("on_conflict", OnConflict::parse, allowed)?.unwrap_or_default();
        // It puts another's file into the trash, which whoever may only upload may not.
        if wish == OnConflict::Replace && !self.may_replace { Err(Need::Role(Role::Write).refused()) } else { Ok(wish) }
    }

    /// Whether the body is an archive to be unpacked.
    fn is_unpacked(&self) -> Result<bool> {
        let allowed = ("must be zip", "只能是 zip");
        let zip = Query::of(self.uri).parsed("unpack", |word| (word == "zip").then_some(()), allowed)?;
        Ok(zip.is_some())
    }

    /// The segment `at` of those that stand behind `/upload`, as it was sent. It is empty unless there are as many as
    /// the route has: Rocket passes over empty ones, and a name would be taken for another.
    fn segment(&self, at: usize, of: usize) -> &str {
        let mut segments = self.uri.path().as_str().split('/').skip_while(|segment| *segment != "upload").skip(1);
        if segments.clone().count() == of { segments.nth(at).unwrap_or_default() } else { "" }
    }
}

type Answer<T> = problem::Result<(Status, Json<T>)>;

/// `POST /upload/{tag}/{filename}`: a raw body of any type, or a form with one file.
#[post("/upload/<_tag>/<_name>", data = "<data>")]
async fn post_named(
    _uploader: Uploader,
    collect: &State<Collect>,
    _tag: &str,
    _name: &str,
    head: Head<'_>,
    data: Data<'_>,
) -> Answer<UploadedResponse> {
    named(collect, &head, data).await
}

/// `PUT /upload/{tag}/{filename}`: as `curl -T` sends it.
#[put("/upload/<_tag>/<_name>", data = "<data>")]
async fn put_named(
    _uploader: Uploader,
    collect: &State<Collect>,
    _tag: &str,
    _name: &str,
    head: Head<'_>,
    data: Data<'_>,
) -> Answer<UploadedResponse> {
    named(collect, &head, data).await
}

async fn named(collect: &Collect, head: &Head<'_>, data: Data<'_>) -> Answer<UploadedResponse> {
    let tag = Name::from_percent_encoded(head.segment(0, 2)).map_err(|error| error.of("tag"))?;
    let name = Name::from_percent_encoded(head.segment(1, 2)).map_err(|error| error.of("filename"))?;
    Ok(one(store(collect, head, tag, name, data).await?))
}

/// An answer of either shape.
#[derive(rocket::Responder)]
enum Either {
    One((Status, Json<UploadedResponse>)),
    Several((Status, Json<SeveralResponse>)),
}

/// `POST /upload/{tag}`: a raw body with `?filename=`, a form, or an archive with `?unpack=zip`.
#[post("/upload/<_tag>", data = "<data>", rank = 1)]
async fn post_tag(
    _uploader: Uploader,
    collect: &State<Collect>,
    _tag: &str,
    head: Head<'_>,
    data: Data<'_>,
) -> problem::Result<Either> {
    let tag = Name::from_percent_encoded(head.segment(0, 1)).map_err(|error| error.of("tag"))?;
    if head.is_unpacked()? {
        return Ok(Either::Several(several(unpack(collect, &head, &tag, data).await?, head.lang)));
    }
    // An empty one beside a form is none: the form tells the names.
    let Some(raw_name) = head.filename().filter(|name| !(name.is_empty() && head.kind.is_form())) else {
        if !head.kind.is_form() {
            return Err(no_filename().into());
        }
        return Ok(Either::Several(several(form(collect, &head, &tag, data).await?, head.lang)));
    };
    let name = Name::from_percent_encoded(raw_name).map_err(|error| error.of("filename"))?;
    Ok(Either::One(one(store(collect, &head, tag, name, data).await?)))
}

fn no_filename() -> Error {
    let message = (
        "is missing: send ?filename=…, /upload/{tag}/{filename} or a multipart form",
        "缺少：请使用 ?filename=…、/upload/{tag}/{filename} 或 multipart 表单",
    );
    Error::invalid("filename", message)
}

fn one(uploaded: Uploaded) -> (Status, Json<UploadedResponse>) {
    let status = if uploaded.duplicate { Status::Ok } else { Status::Created };
    (status, Json(uploaded.into()))
}

fn several(outcomes: Vec<Outcome<Uploaded>>, lang: Lang) -> (Status, Json<SeveralResponse>) {
    let (status, response) = SeveralResponse::new(outcomes, lang);
    (Status::new(status), Json(response))
}

/// One file under the name that its address tells: the body, or the one file of a form.
async fn store(collect: &Collect, head: &Head<'_>, tag: Name, name: Name, data: Data<'_>) -> Result<Uploaded> {
    if head.kind.is_form() {
        // The digest that a head may announce is that of the form, which is held against it as it is read.
        let upload = Upload { tag, name, on_conflict: head.on_conflict()?, expected: None };
        return form::receive_one(collect, upload, &head.kind, head.body, data).await;
    }
    let body = Body::open(data, head.body, collect.max_size())?;
    raw(collect, head, tag, name, body).await
}

async fn raw(collect: &Collect, head: &Head<'_>, tag: Name, name: Name, body: Body<'_>) -> Result<Uploaded> {
    // All that can be refused before the body is read.
    let begun: Result<_> = async {
        let on_conflict = head.on_conflict()?;
        let expected = head.body.announced.sha256()?;
        collect.foresee(&tag, &name, head.body.length).await?;
        let incoming = collect.begin(head.body.length)?;
        Ok((Upload { tag, name, on_conflict, expected }, incoming))
    }
    .await;
    let (upload, mut incoming) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            Box::pin(body.forget()).await;
            return Err(error);
        }
    };
    body.read_into(&mut incoming).await?;
    collect.store(upload, incoming).await
}

async fn form(collect: &Collect, head: &Head<'_>, tag: &Name, data: Data<'_>) -> Result<Vec<Outcome<Uploaded>>> {
    let on_conflict = head.on_conflict()?;
    form::receive(collect, tag, on_conflict, &head.kind, head.body, data).await
}

async fn unpack(collect: &Collect, head: &Head<'_>, tag: &Name, data: Data<'_>) -> Result<Vec<Outcome<Uploaded>>> {
    let on_conflict = head.on_conflict()?;
    collect.check_room(head.body.length)?;
    let body = Body::open(data, head.body, collect.max_size())?;
    collect.unpack(tag, on_conflict, reader(&head.kind, body)?).await
}

/// An archive as it streams in: the body, or the one file of a form.
fn reader<'r>(kind: &FormType, body: Body<'r>) -> Result<impl AsyncBufRead + Unpin + Send + use<'r>> {
    let pieces = if kind.is_form() { only_file(kind, body)? } else { pieces(body)? };
    Ok(pieces.map(|piece| piece.map_err(io::Error::other)).boxed().into_async_read())
}

pub fn routes() -> Vec<Route> {
    routes![post_named, put_named, post_tag]
}
