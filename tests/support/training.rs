//! Short words for training tasks: JSON bodies, the envelope of answers, images with their bytes.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::http::Answer;
use super::server::Server;
use super::tools::{file_with, program, python_with_readers, python_with_torch, run};
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

    /// Registers one image of a type (1 PNG, 2 JPEG, 3 BMP) and sends its bytes; its id.
    #[track_caller]
    pub fn ready_image(&self, task: &str, name: &str, kind: u8, (width, height): (u32, u32), bytes: &[u8]) -> String {
        let body = json!({"task_id": task, "img_info": [img_info(name, kind, bytes.len(), width, height)]});
        let answer = self.send_json("POST", "/training/files/files", &body).expect_fine();
        let image = word(&answer["img_datas"][name]);
        self.send("PUT", &format!("/training/files/{image}"), &[], bytes).expect_fine();
        image
    }

    /// Puts the annotation of an image.
    #[track_caller]
    pub fn annotate(&self, image: &str, annotation: &Value) {
        self.send_json("PUT", &format!("/training/images/{image}/annotation"), annotation).expect_fine();
    }

    /// Puts the images at these places of the order into a set (0 training, 1 testing, 2 verifying), past the splits.
    pub fn place(&self, set: u32, orders: &str) {
        let place = format!("UPDATE task_images SET set_id = {set} WHERE order_id IN ({orders})");
        self.direct().run(&[place, "UPDATE tasks SET revision = revision + 1".to_owned()]);
    }

    /// An export as it is sent.
    #[track_caller]
    pub fn export(&self, task: &str, format: &str) -> Vec<u8> {
        self.get(&format!("/training/tasks/{task}/export?format={format}")).expect(200).body
    }
}

/// An export on disk, unpacked by the common tools; its path in the folder.
#[track_caller]
pub fn unpacked(export: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let (folder, file) = file_with("export", export);
    let path = folder.path().join("unpacked");
    run(program("unzip").arg("-q").arg(&file).arg("-d").arg(&path)).fine();
    (folder, path)
}

/// What a reader of `tests/clients/read_export.py` finds.
#[track_caller]
pub fn read_export(reader: &str, path: &Path) -> Value {
    let arguments = [reader.as_ref(), path.as_os_str()];
    let ran = match reader {
        "torchvision" | "ultralytics" => python_with_torch("read_export.py", &arguments),
        _ => python_with_readers("read_export.py", &arguments),
    };
    serde_json::from_slice(&ran.fine().out).expect("JSON")
}

/// One element of `img_info`.
pub fn img_info(name: &str, kind: u8, size: usize, width: u32, height: u32) -> Value {
    json!({"img_name": name, "img_type": kind, "img_size": size, "width": width, "height": height,
           "create_oper": "2018062310000000001"})
}
