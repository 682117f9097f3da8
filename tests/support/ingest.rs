//! Short words for face ingest tasks.

use serde_json::Value;

use super::form::{Form, content_type};
use super::http::Answer;
use super::server::Server;
use super::settings::Settings;
use super::upload::word;
use super::wait;

/// Settings under which every picture is one face, and pictures may come from this machine.
pub fn settings() -> Settings {
    Settings::default()
        .set("ROCKET_FACES", r#"{engine="null"}"#)
        .set("ROCKET_INGEST", r#"{allow_networks=["127.0.0.0/8"],per_host=64}"#)
}

impl Server {
    /// `POST /v1/tasks/create`, whatever it answers.
    #[track_caller]
    pub fn try_create(&self, fields: &[(&str, &str)], csv: Option<&[u8]>) -> Answer {
        let mut form = Form::default();
        for (name, value) in fields {
            form = form.text(name, value);
        }
        if let Some(csv) = csv {
            form = form.file("file", "rows.csv", csv);
        }
        let (header, value) = content_type();
        self.send("POST", "/v1/tasks/create", &[(header, &value)], &form.body())
    }

    /// A task of a group `g`; its id.
    #[track_caller]
    pub fn create(&self, fields: &[(&str, &str)], csv: &str) -> String {
        let fields = [&[("group_name", "g")], fields].concat();
        word(&self.try_create(&fields, Some(csv.as_bytes())).expect(200).json()["id"])
    }

    /// `GET /v1/tasks/{id}/{what}`.
    #[track_caller]
    pub fn ask(&self, id: &str, what: &str) -> Answer {
        self.get(&format!("/v1/tasks/{id}/{what}"))
    }

    /// Its detail.
    #[track_caller]
    pub fn detail(&self, id: &str) -> Value {
        self.ask(id, "detail").expect(200).json()
    }

    /// Waits until a task is in this state.
    #[track_caller]
    pub fn until_state(&self, id: &str, state: i64) -> Value {
        wait::until("the task's state", || {
            let detail = self.detail(id);
            (detail["state"] == state).then_some(detail)
        })
    }

    /// Waits until so many rows are handled, or the task doesn't run any more.
    #[track_caller]
    pub fn until_handled(&self, id: &str, count: i64) -> Value {
        wait::until("handled rows", || {
            let detail = self.detail(id);
            (detail["handled_num"].as_i64() >= Some(count) || detail["state"] != 2).then_some(detail)
        })
    }

    /// The lines of its log: uri, code, message.
    #[track_caller]
    pub fn log(&self, id: &str) -> Vec<(String, i64, String)> {
        let log = self.ask(id, "log").expect(200).json();
        let lines = log["logs"].as_array().expect("logs").iter();
        lines.map(|line| (word(&line["uri"]), line["code"].as_i64().expect("a code"), word(&line["message"]))).collect()
    }
}
