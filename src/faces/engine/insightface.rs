//! `insightface`: an InsightFace Server, by its REST API below `/v1`.
//!
//! A group is a collection there, made when it is first needed; each face is a person of its own in it, with the id
//! `t<task>.<row>` that is chosen here. What always holds: the server refuses a second person with the same id, and an unclear answer is
//! asked about before the add is repeated, so a face is there once.
//!
//! Source: server/docs/api.md of deepinsight/insightface.

use std::sync::Arc;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder, Url};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::json;

use crate::faces::model::pose::Landmarks;
use crate::faces::model::{Ability, Detected};
use crate::platform::config;

use super::server::{self, Cut, Found, Patience, Reply, Server, Unclear};
use super::{Addition, Engine, Picture, Unanswered, Unreadable};

/// The adapter.
pub struct Insightface {
    server: Server,
    /// Servers may be open.
    key: Option<HeaderValue>,
}

#[derive(Deserialize)]
struct Answer {
    faces: Vec<Face>,
}

#[derive(Deserialize)]
struct Face {
    bbox: Boxes,
    #[serde(default)]
    landmarks: Vec<[f64; 2]>,
    detection_score: f64,
}

#[derive(Deserialize)]
struct Boxes {
    pixels: Place,
}

#[derive(Deserialize)]
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Insightface {
    /// The server at `faces.url`, with the key `api` where it wants one.
    ///
    /// # Errors
    /// One line that names the key of the configuration.
    pub fn new(config: &config::Faces) -> Result<Self, String> {
        Self::with(config, Patience::default())
    }

    fn with(config: &config::Faces, patience: Patience) -> Result<Self, String> {
        Ok(Self { key: server::key(config, "api", "Bearer ")?, server: Server::new(config, patience)? })
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.server.client().request(method, url);
        match &self.key {
            Some(key) => request.header(AUTHORIZATION, key),
            None => request,
        }
    }

    /// Puts the face in, until it is clear how it went.
    async fn put_surely(&self, addition: &Addition, jpeg: &[u8]) -> Result<Result<(), Reply>, Unanswered> {
        let (mut tries, mut is_unclear) = (self.server.tries(), false);
        loop {
            let outcome = if is_unclear {
                self.has(addition).await.map(|there| there.then_some(Ok(())))
            } else {
                self.put(addition, jpeg).await.map(Some)
            };
            match outcome {
                Ok(Some(outcome)) => return Ok(outcome),
                Ok(None) => is_unclear = false,
                Err(why) => {
                    is_unclear = true;
                    tries.again(why).await?;
                }
            }
        }
    }

    /// Puts the face in; the collection is made where it is missing.
    async fn put(&self, addition: &Addition, jpeg: &[u8]) -> Result<Result<(), Reply>, Unclear> {
        let (collection, person) = (collection(&addition.group), person(addition));
        let url = self.server.url(&["v1", "collections", &collection, "persons"], &[]);
        let request = || {
            let form = server::form("images", jpeg).text("id", person.clone()).text("review_mode", "off");
            self.request(Method::POST, url.clone()).multipart(form)
        };
        let mut reply = self.server.once(request()).await?;
        if reply.status == 404 {
            let made = self.make(&collection, &addition.group).await?;
            if made.is_err() {
                return Ok(made);
            }
            reply = self.server.once(request()).await?;
        }
        let there = reply.status == 201 || reply.json["error"]["code"] == "person_exists";
        Ok(if there { Ok(()) } else { Err(reply) })
    }

    /// Makes the collection of a group, unless it is there.
    async fn make(&self, collection: &str, group: &str) -> Result<Result<(), Reply>, Unclear> {
        let url = self.server.url(&["v1", "collections"], &[]);
        let body = json!({"id": collection, "name": group});
        let reply = self.server.once(self.request(Method::POST, url).json(&body)).await?;
        let there = reply.is_success() || reply.json["error"]["code"] == "collection_exists";
        Ok(if there { Ok(()) } else { Err(reply) })
    }

    /// Is the face there?
    async fn has(&self, addition: &Addition) -> Result<bool, Unclear> {
        let (collection, person) = (collection(&addition.group), person(addition));
        let url = self.server.url(&["v1", "collections", &collection, "persons", &person], &[]);
        Ok(self.server.once(self.request(Method::GET, url)).await?.is_success())
    }
}

/// A collection's id for a group: its name where that can be one, else made from its digest.
fn collection(group: &str) -> String {
    let plain = group.len() <= 64
        && group.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !group.starts_with("granary-")
        && group.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-".contains(&c));
    if plain {
        return group.to_owned();
    }
    let hash = digest(&SHA256, group.as_bytes());
    hash.as_ref().iter().take(20).fold("granary-".to_owned(), |id, byte| format!("{id}{byte:02x}"))
}

fn person(addition: &Addition) -> String {
    format!("t{}.{}", addition.task, addition.row)
}

fn found(face: Face) -> Found {
    let Place { x, y, width, height } = face.bbox.pixels;
    Found {
        place: [x, y, x + width, y + height],
        score: face.detection_score,
        points: Landmarks::try_from(face.landmarks).ok(),
        pose: None,
    }
}

#[rocket::async_trait]
impl Engine for Insightface {
    fn ability(&self) -> Ability {
        Ability { name: "insightface", pose: true, blur: true, embedded: false }
    }

    fn open(&self, bytes: Arc<Vec<u8>>) -> Result<Picture, Unreadable> {
        server::open(bytes)
    }

    async fn detect(&self, picture: &Picture) -> Result<Vec<Detected>, Unanswered> {
        let url = self.server.url(&["v1", "detect"], &[]);
        let request = || self.request(Method::POST, url.clone()).multipart(server::form("image", &picture.bytes));
        let reply = self.server.ask(request).await?;
        if !reply.is_success() {
            return Err(reply.refused());
        }
        let answer = Answer::deserialize(&reply.json);
        let answer = answer.map_err(|error| Unanswered(format!("the face server's answer can't be read: {error}")))?;
        self.server.measured(picture, answer.faces.into_iter().map(found).collect()).await
    }

    async fn add(&self, addition: &Addition) -> Result<Option<String>, Unanswered> {
        let mut refused = None;
        for cut in Cut::ALL {
            let (picture, place) = (addition.picture.clone(), addition.place);
            let jpeg = self.server.work(move || cut.of(&picture, place)).await??;
            match self.put_surely(addition, &jpeg).await? {
                Ok(()) => return Ok(Some(person(addition))),
                Err(reply) if reply.status == 422 => refused = Some(reply.refused()),
                Err(reply) => return Err(reply.refused()),
            }
        }
        Err(refused.unwrap_or_else(|| Unanswered("the face server took no part of the picture".to_owned())))
    }

    async fn remove(&self, group: &str, remote_id: &str) -> Result<(), Unanswered> {
        let url = self.server.url(&["v1", "collections", &collection(group), "persons", remote_id], &[]);
        let reply = self.server.ask(|| self.request(Method::DELETE, url.clone())).await?;
        if reply.is_success() || reply.status == 404 { Ok(()) } else { Err(reply.refused()) }
    }
}

#[cfg(test)]
mod tests;
