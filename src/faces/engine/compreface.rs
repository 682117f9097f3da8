//! `compreface`: an Exadel CompreFace server, by its REST API of version 1.
//!
//! Two of its services are used: a detection service finds faces, a recognition service keeps them. Each face becomes a subject of its
//! own, `<group>:<task>:<row>`, so that it can be asked whether an add went through. What always holds: before a face is added, the
//! server is asked whether it has it, so neither an unclear answer nor a crash doubles it.
//!
//! Source: docs/Rest-API-description.md of exadel-inc/CompreFace.

use std::sync::Arc;

use reqwest::header::HeaderValue;
use serde::Deserialize;

use crate::faces::model::pose::Landmarks;
use crate::faces::model::{Ability, Detected, Pose};
use crate::platform::config;

use super::server::{self, Cut, Found, Patience, Reply, Server, Unclear};
use super::{Addition, Engine, Picture, Unanswered, Unreadable};

/// The error codes for a picture without a face, and one with several.
const NO_FACE: i64 = 28;
const TOO_MANY_FACES: i64 = 31;

/// Characters of a group's name in a subject: the whole must have no more than 50.
const GROUP: usize = 20;

/// The header that keys travel in.
const KEY: &str = "x-api-key";

/// The adapter.
pub struct Compreface {
    server: Server,
    detection: HeaderValue,
    recognition: HeaderValue,
}

#[derive(Deserialize)]
struct Answer {
    result: Vec<Face>,
}

#[derive(Deserialize)]
struct Face {
    #[serde(rename = "box")]
    place: Place,
    landmarks: Option<Vec<[f64; 2]>>,
    pose: Option<Turn>,
}

#[derive(Deserialize)]
struct Place {
    probability: f64,
    x_min: f64,
    y_min: f64,
    x_max: f64,
    y_max: f64,
}

#[derive(Deserialize)]
struct Turn {
    pitch: f64,
    yaw: f64,
    roll: f64,
}

impl Compreface {
    /// The server at `faces.url`, with the keys `detection` and `recognition`.
    ///
    /// # Errors
    /// One line that names the key of the configuration.
    pub fn new(config: &config::Faces) -> Result<Self, String> {
        Self::with(config, Patience::default())
    }

    fn with(config: &config::Faces, patience: Patience) -> Result<Self, String> {
        let key = |name: &str| {
            let missing = || format!("faces.keys.{name} must hold the API key of CompreFace's {name} service");
            server::key(config, name, "")?.ok_or_else(missing)
        };
        Ok(Self {
            detection: key("detection")?,
            recognition: key("recognition")?,
            server: Server::new(config, patience)?,
        })
    }

    /// The id of the face that the server keeps for this subject.
    async fn kept(&self, subject: &str) -> Result<Option<String>, Unclear> {
        let url = self
            .server
            .url(&["api", "v1", "recognition", "faces"], &[("subject", subject), ("page", "0"), ("size", "1")]);
        let reply = self.server.once(self.server.client().get(url).header(KEY, &self.recognition)).await?;
        let faces = reply.json["faces"].as_array().map(Vec::as_slice).unwrap_or_default();
        // Older servers don't know the filter and answer with faces of others.
        let own = faces.iter().find(|face| face["subject"] == subject);
        Ok(own.and_then(|face| face["image_id"].as_str()).map(str::to_owned))
    }

    /// Puts the face in, unless it is there: what was added before an unclear answer, or before a crash, is.
    async fn put(&self, subject: &str, jpeg: &[u8]) -> Result<Result<String, Reply>, Unclear> {
        if let Some(id) = self.kept(subject).await? {
            return Ok(Ok(id));
        }
        let url = self.server.url(&["api", "v1", "recognition", "faces"], &[("subject", subject)]);
        let request = self.server.client().post(url).header(KEY, &self.recognition);
        let reply = self.server.once(request.multipart(server::form("file", jpeg))).await?;
        let id = reply.json["image_id"].as_str().filter(|_| reply.is_success()).map(str::to_owned);
        Ok(id.ok_or(reply))
    }

    /// [`Self::put`], until it is clear how it went.
    async fn put_surely(&self, subject: &str, jpeg: &[u8]) -> Result<Result<String, Reply>, Unanswered> {
        let mut tries = self.server.tries();
        loop {
            match self.put(subject, jpeg).await {
                Ok(outcome) => return Ok(outcome),
                Err(why) => tries.again(why).await?,
            }
        }
    }
}

fn subject(addition: &Addition) -> String {
    let group: String =
        addition.group.chars().take(GROUP).map(|c| if matches!(c, '/' | '\\' | ';') { '_' } else { c }).collect();
    format!("{group}:{}:{}", addition.task, addition.row)
}

fn found(face: Face) -> Found {
    let Place { probability, x_min, y_min, x_max, y_max } = face.place;
    Found {
        place: [x_min, y_min, x_max, y_max],
        score: probability,
        points: face.landmarks.and_then(|points| Landmarks::try_from(points).ok()),
        pose: face.pose.map(|Turn { pitch, yaw, roll }| Pose { pitch, yaw, roll }),
    }
}

#[rocket::async_trait]
impl Engine for Compreface {
    fn ability(&self) -> Ability {
        Ability { name: "compreface", pose: true, blur: true, embedded: false }
    }

    fn open(&self, bytes: Arc<Vec<u8>>) -> Result<Picture, Unreadable> {
        server::open(bytes)
    }

    async fn detect(&self, picture: &Picture) -> Result<Vec<Detected>, Unanswered> {
        let url = self.server.url(&["api", "v1", "detection", "detect"], &[("face_plugins", "landmarks,pose")]);
        let request = || {
            let request = self.server.client().post(url.clone()).header(KEY, &self.detection);
            request.multipart(server::form("file", &picture.bytes))
        };
        let reply = self.server.ask(request).await?;
        if reply.json["code"] == NO_FACE {
            return Ok(Vec::new());
        }
        if !reply.is_success() {
            return Err(reply.refused());
        }
        let answer = Answer::deserialize(&reply.json);
        let answer = answer.map_err(|error| Unanswered(format!("the face server's answer can't be read: {error}")))?;
        self.server.measured(picture, answer.result.into_iter().map(found).collect()).await
    }

    async fn add(&self, addition: &Addition) -> Result<Option<String>, Unanswered> {
        let subject = subject(addition);
        let mut refused = None;
        for cut in Cut::ALL {
            let (picture, place) = (addition.picture.clone(), addition.place);
            let jpeg = self.server.work(move || cut.of(&picture, place)).await??;
            match self.put_surely(&subject, &jpeg).await? {
                Ok(id) => return Ok(Some(id)),
                Err(reply) if [NO_FACE, TOO_MANY_FACES].iter().any(|code| reply.json["code"] == *code) => {
                    refused = Some(reply.refused());
                }
                Err(reply) => return Err(reply.refused()),
            }
        }
        Err(refused.unwrap_or_else(|| Unanswered("the face server took no part of the picture".to_owned())))
    }

    async fn remove(&self, _: &str, remote_id: &str) -> Result<(), Unanswered> {
        let delete = |path: &[&str]| {
            let url = self.server.url(path, &[]);
            move || self.server.client().delete(url.clone()).header(KEY, &self.recognition)
        };
        let reply = self.server.ask(delete(&["api", "v1", "recognition", "faces", remote_id])).await?;
        if reply.status == 404 {
            return Ok(());
        }
        if !reply.is_success() {
            return Err(reply.refused());
        }
        // The subject was made for this face alone.
        if let Some(subject) = reply.json["subject"].as_str() {
            self.server.ask(delete(&["api", "v1", "recognition", "subjects", subject])).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
