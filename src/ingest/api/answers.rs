//! The shapes of the room's answers (contract §3).

use std::io::Cursor;

use rocket::http::ContentType;
use rocket::request::Request;
use rocket::response::{self, Responder, Response};
use serde::Serialize;

use crate::ingest::model::{Task, TaskId};
use crate::ingest::service::Listing;

/// The id of a task that was made.
#[derive(Debug, Serialize)]
pub struct Made {
    pub id: TaskId,
}

/// Ids of tasks, newest first.
#[derive(Debug, Serialize)]
pub struct Ids {
    pub ids: Vec<String>,
}

/// One task.
#[derive(Debug, Serialize)]
pub struct Detail {
    group_name: String,
    config: ConfigOfTask,
    total_num: i64,
    handled_num: i64,
    state: i64,
    last_error: String,
}

#[derive(Debug, Serialize)]
struct ConfigOfTask {
    pos_pitch: i64,
    pos_yaw: i64,
    pos_rol: i64,
    width: i64,
    height: i64,
    blur_degree: i64,
    mode: i64,
    thread_num: usize,
}

impl From<Task> for Detail {
    fn from(task: Task) -> Self {
        let config = ConfigOfTask {
            pos_pitch: task.limits.pitch,
            pos_yaw: task.limits.yaw,
            pos_rol: task.limits.roll,
            width: task.limits.width,
            height: task.limits.height,
            blur_degree: task.limits.blur,
            mode: task.mode.number(),
            thread_num: task.thread_num,
        };
        Self {
            group_name: task.group,
            config,
            total_num: task.total,
            handled_num: task.handled,
            state: task.state.number(),
            last_error: task.last_error.zh.into_owned(),
        }
    }
}

/// 200 with nothing in it.
pub struct Done;

impl<'r> Responder<'r, 'static> for Done {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::new();
        response.set_raw_header("Cache-Control", "no-store");
        response.set_sized_body(0, Cursor::new([0_u8; 0]));
        Ok(response)
    }
}

/// A log as a file to be saved.
pub struct LogFile {
    pub listing: Listing,
    /// `<id>.csv`.
    pub name: String,
}

impl<'r> Responder<'r, 'r> for LogFile {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'r> {
        let mut response = Response::new();
        response.set_header(ContentType::Binary);
        response.set_raw_header("Cache-Control", "no-store");
        response.set_raw_header("Content-Disposition", format!("attachment; filename=\"{}\"", self.name));
        let length = self.listing.length.and_then(|length| usize::try_from(length).ok());
        match length {
            Some(length) => response.set_sized_body(length, self.listing.body),
            None => response.set_streamed_body(self.listing.body),
        }
        // Rocket's default of 4 KiB costs most of the speed.
        response.set_max_chunk_size(256 * 1024);
        Ok(response)
    }
}
