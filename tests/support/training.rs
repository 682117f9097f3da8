//! Short words for training tasks: JSON bodies, the envelope of answers, images with their bytes.

use serde_json::{Value, json};

use super::http::Answer;
use super::server::Server;
use super::upload::word;

impl Answer {
    /// Checks a refusal of the `/training` family and gives its `msg`.
    #[track_caller]
    pub fn expect_code(self, status: u16, code: u16) -> String {
        let answer = self.expect(status);
        let kind = answer.need("content-type");
        assert!(kind.starts_with("application/json"), "{kind}: {}", answer.text());
        let body = answer.json();
        assert_eq!(body["code"], code, "{body}");
        let msg = word(&body["msg"]);
        assert!(!msg.is_empty(), "{body}");
        msg
    }

    /// Checks a success of the `/training` family and gives its body.
    #[track_caller]
    pub fn expect_fine(self) -> Value {
        let answer = self.expect(200);
        let body = answer.json();
        assert_eq!(body["code"], 0, "{body}");
        assert!(body["msg"].is_string(), "{body}");
        body
    }
}

impl Server {
    /// A request with a JSON body.
    #[track_caller]
    pub fn send_json(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.send(method, path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    /// A new task of type 1 with these label classes; its id.
    #[track_caller]
    pub fn new_task(&self, classes: &[&str]) -> String {
        let classes: Vec<Value> = classes.iter().map(|name| json!({"name": name, "color": "#112233"})).collect();
        let body = json!({"task_name": "a task", "task_type": 1, "lab_class_list": classes});
        word(&self.send_json("POST", "/training/tasks", &body).expect_fine()["task_id"])
    }

    /// What is told of a task.
    #[track_caller]
    pub fn task(&self, task: &str) -> Value {
        self.get(&format!("/training/tasks/{task}")).expect_fine()["task"].clone()
    }

    /// Registers one PNG by its size in pixels and its bytes; its id.
    #[track_caller]
    pub fn register_png(&self, task: &str, name: &str, (width, height): (u32, u32), bytes: &[u8]) -> String {
        let image = img_info(name, 1, bytes.len(), width, height);
        let body = json!({"task_id": task, "img_info": [image]});
        let answer = self.send_json("POST", "/training/files/files", &body).expect_fine();
        word(&answer["img_datas"][name])
    }

    /// Registers one PNG and sends its bytes; its id.
    #[track_caller]
    pub fn ready_png(&self, task: &str, name: &str, size: (u32, u32), bytes: &[u8]) -> String {
        let image = self.register_png(task, name, size, bytes);
        self.send("PUT", &format!("/training/files/{image}"), &[], bytes).expect_fine();
        image
    }
}

/// One element of `img_info`.
pub fn img_info(name: &str, kind: u8, size: usize, width: u32, height: u32) -> Value {
    json!({"img_name": name, "img_type": kind, "img_size": size, "width": width, "height": height,
           "create_oper": "2018062310000000001"})
}
