//! The three forms of an upload (contract §1), each streamed to its true end.

use std::io;

use futures_util::io::AsyncBufRead;
use futures_util::{StreamExt, TryStreamExt};
use rocket::data::Data;
use rocket::http::uri::Origin;
use rocket::http::{ContentType, Status};
use rocket::request::{FromRequest, Outcome as Guarded, Request};
use rocket::serde::json::Json;
use rocket::{Route, State, post, put, routes};

use super::responses::{SeveralResponse, UploadedResponse};
use crate::collect::form;
use crate::collect::model::{Name, OnConflict, Uploaded};
use crate::collect::service::{Collect, Outcome, Upload};
use crate::platform::error::{Error, Result};
use crate::platform::web::guards::Caller;
use crate::platform::web::lang::Lang;
use crate::platform::web::multipart::pieces;
use crate::platform::web::problem;
use crate::platform::web::receive::{Body, BodyHead};

/// What an upload's head says, apart from its tag and name.
struct Head<'r> {
    uri: &'r Origin<'r>,
    media: Option<&'r ContentType>,
    body: BodyHead,
    digests: Vec<&'r str>,
    lang: Lang,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Head<'r> {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Guarded<Self, ()> {
        let Guarded::Success(body) = BodyHead::from_request(request).await else {
            return Guarded::Error((Status::BadRequest, ()));
        };
        let headers = request.headers();
        let digests = headers.get("Repr-Digest").chain(headers.get("Content-Digest")).collect();
        Guarded::Success(Self {
            uri: request.uri(),
            media: request.content_type(),
            body,
            digests,
            lang: Lang::of(request),
        })
    }
}

impl Head<'_> {
    /// A query value, percent-decoded once; `+` stands for itself.
    fn query(&self, key: &str) -> Option<&str> {
        let query = self.uri.query()?.as_str();
        query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
    }

    fn on_conflict(&self) -> Result<OnConflict> {
        let Some(word) = self.query("on_conflict") else {
            return Ok(OnConflict::default());
        };
        let allowed = ("must be rename, reject or replace", "必须是 rename、reject 或 replace");
        OnConflict::parse(word).ok_or_else(|| Error::invalid("on_conflict", allowed))
    }

    fn is_multipart(&self) -> bool {
        self.media.is_some_and(|media| media.is_form_data())
    }

    /// The last segments of the path, as they were sent.
    fn segment(&self, from_end: usize) -> &str {
        self.uri.path().as_str().rsplit('/').nth(from_end).unwrap_or_default()
    }
}

type Answer<T> = problem::Result<(Status, Json<T>)>;

/// `POST /upload/{tag}/{filename}`: a raw body of any type.
#[post("/upload/<_tag>/<_name>", data = "<data>")]
async fn post_named(
    _caller: Caller,
    collect: &State<Collect>,
    _tag: &str,
    _name: &str,
    head: Head<'_>,
    data: Data<'_>,
) -> Answer<UploadedResponse> {
    named(collect, &head, Body::open(data, head.body, collect.max_size())?).await
}

/// `PUT /upload/{tag}/{filename}`: as `curl -T` sends it.
#[put("/upload/<_tag>/<_name>", data = "<data>")]
async fn put_named(
    _caller: Caller,
    collect: &State<Collect>,
    _tag: &str,
    _name: &str,
    head: Head<'_>,
    data: Data<'_>,
) -> Answer<UploadedResponse> {
    named(collect, &head, Body::open(data, head.body, collect.max_size())?).await
}

async fn named(collect: &Collect, head: &Head<'_>, body: Body<'_>) -> Answer<UploadedResponse> {
    let tag = Name::from_percent_encoded(head.segment(1)).map_err(|error| error.of("tag"))?;
    let name = Name::from_percent_encoded(head.segment(0)).map_err(|error| error.of("filename"))?;
    Ok(one(raw(collect, head, tag, name, body).await?))
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
    _caller: Caller,
    collect: &State<Collect>,
    _tag: &str,
    head: Head<'_>,
    data: Data<'_>,
) -> problem::Result<Either> {
    let tag = Name::from_percent_encoded(head.segment(0)).map_err(|error| error.of("tag"))?;
    match head.query("unpack") {
        Some("zip") => Ok(Either::Several(several(unpack(collect, &head, &tag, data).await?, head.lang))),
        Some(_) => Err(Error::invalid("unpack", ("must be zip", "只能是 zip")).into()),
        None if head.is_multipart() => Ok(Either::Several(several(form(collect, &head, &tag, data).await?, head.lang))),
        None => {
            let raw_name = head.query("filename").ok_or_else(|| {
                let message = (
                    "is missing: send ?filename=…, /upload/{tag}/{filename} or a multipart form",
                    "缺少：请使用 ?filename=…、/upload/{tag}/{filename} 或 multipart 表单",
                );
                Error::invalid("filename", message)
            })?;
            let name = Name::from_percent_encoded(raw_name).map_err(|error| error.of("filename"))?;
            let body = Body::open(data, head.body, collect.max_size())?;
            Ok(Either::One(one(raw(collect, &head, tag, name, body).await?)))
        }
    }
}

fn one(uploaded: Uploaded) -> (Status, Json<UploadedResponse>) {
    let status = if uploaded.duplicate { Status::Ok } else { Status::Created };
    (status, Json(uploaded.into()))
}

fn several(outcomes: Vec<Outcome<Uploaded>>, lang: Lang) -> (Status, Json<SeveralResponse>) {
    let (status, response) = SeveralResponse::new(outcomes, lang);
    (Status::new(status), Json(response))
}

async fn raw(collect: &Collect, head: &Head<'_>, tag: Name, name: Name, body: Body<'_>) -> Result<Uploaded> {
    let on_conflict = head.on_conflict()?;
    let expected = expected_digest(&head.digests)?;
    let mut incoming = collect.begin(head.body.length)?;
    body.read_into(&mut incoming).await?;
    collect.store(Upload { tag, name, on_conflict, expected }, incoming).await
}

async fn form(collect: &Collect, head: &Head<'_>, tag: &Name, data: Data<'_>) -> Result<Vec<Outcome<Uploaded>>> {
    let on_conflict = head.on_conflict()?;
    form::receive(collect, tag, on_conflict, head.media, head.body, data).await
}

async fn unpack(collect: &Collect, head: &Head<'_>, tag: &Name, data: Data<'_>) -> Result<Vec<Outcome<Uploaded>>> {
    let on_conflict = head.on_conflict()?;
    collect.check_room(head.body.length)?;
    let body = Body::open(data, head.body, collect.max_size())?;
    collect.unpack(tag, on_conflict, reader(body)).await
}

fn reader(body: Body<'_>) -> impl AsyncBufRead + Unpin + Send {
    pieces(body).map(|piece| piece.map_err(io::Error::other)).boxed().into_async_read()
}

/// The SHA-256 of `Repr-Digest` or `Content-Digest` (RFC 9530 §2 and §3), where one is given.
fn expected_digest(headers: &[&str]) -> Result<Option<[u8; 32]>> {
    let mut expected: Option<[u8; 32]> = None;
    for member in headers.iter().flat_map(|header| header.split(',')).map(str::trim) {
        let Some(value) = member.strip_prefix("sha-256=") else {
            continue;
        };
        let shape = ("must be sha-256=:<base64 of 32 bytes>:", "必须是 sha-256=:<32 字节的 base64>:");
        let bad = || Error::invalid("Repr-Digest", shape);
        let encoded = value.split(';').next().unwrap_or_default().trim();
        let encoded = encoded.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')).ok_or_else(bad)?;
        let digest: [u8; 32] = base64(encoded).and_then(|bytes| bytes.try_into().ok()).ok_or_else(bad)?;
        if expected.is_some_and(|other| other != digest) {
            let message = ("The announced digests differ from each other.", "声明的多个摘要互相矛盾");
            return Err(Error::Unprocessable(message.into()));
        }
        expected = Some(digest);
    }
    Ok(expected)
}

fn base64(text: &str) -> Option<Vec<u8>> {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD.decode(text).ok()
}

pub fn routes() -> Vec<Route> {
    routes![post_named, put_named, post_tag]
}
