//! A headless Chromium and the few words of the WebDriver protocol that the journeys need, spoken
//! over plain HTTP to a chromedriver of our own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::upload::word;
use crate::support::{Db, Server, Settings, http, wait};

/// The name under which WebDriver hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How a browser looks at the server.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub width: u32,
    pub height: u32,
    pub script: bool,
    pub language: &'static str,
}

impl Default for Look {
    fn default() -> Self {
        Self { width: 1440, height: 900, script: true, language: "en-US" }
    }
}

/// A browser with one window, and the server it looks at.
pub struct Browser {
    pub server: Server,
    driver: Child,
    port: u16,
    session: String,
    profile: tempfile::TempDir,
}

/// An element of the page.
#[derive(Debug, Clone)]
pub struct Element(String);

impl Browser {
    pub fn open(db: Db) -> Self {
        Self::open_as(db, Look::default())
    }

    pub fn open_as(db: Db, look: Look) -> Self {
        Self::open_with(db, look, Settings::relaxed())
    }

    /// Over a server with settings of its own.
    pub fn open_with(db: Db, look: Look, settings: Settings) -> Self {
        let server = Server::start_with(db, settings);
        let profile = tempfile::tempdir().expect("a profile folder");
        let mut driver = Command::new("chromedriver")
            .args(["--port=0", "--allowed-ips=127.0.0.1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver isn't installed: ./scripts/test installs what the tests need");
        let port = announced_port(&mut driver);
        let mut browser = Self { server, driver, port, session: String::new(), profile };
        let wanted = capabilities(browser.profile.path(), look);
        let made = browser.ask("POST", "/session", &wanted);
        browser.session = word(&made["sessionId"]);
        browser
    }

    /// Opens a path of the server.
    #[track_caller]
    pub fn go(&self, path: &str) {
        self.post("/url", &json!({"url": self.server.url(path)}));
    }

    pub fn refresh(&self) {
        self.post("/refresh", &json!({}));
    }

    /// The path of the page, with its query.
    pub fn path(&self) -> String {
        let url = self.get("/url");
        let url = url.as_str().expect("an address");
        url.strip_prefix(&self.server.url("")).unwrap_or(url).to_owned()
    }

    /// The elements that match, now.
    pub fn all(&self, css: &str) -> Vec<Element> {
        let found = self.post("/elements", &json!({"using": "css selector", "value": css}));
        let id = |value: &Value| Element(value[ELEMENT].as_str().expect("an element").to_owned());
        found.as_array().expect("a list").iter().map(id).collect()
    }

    /// The first element that matches and is shown, as soon as there is one.
    #[track_caller]
    pub fn need(&self, css: &str) -> Element {
        wait::until(&format!("{css} on {}", self.path()), || {
            self.all(css).into_iter().find(|element| self.shown(element))
        })
    }

    pub fn shown(&self, element: &Element) -> bool {
        self.try_get(&format!("/element/{}/displayed", element.0)).is_some_and(|value| value == true)
    }

    #[track_caller]
    pub fn click(&self, css: &str) {
        let element = self.need(css);
        // Into the middle, where no bar at the window's edge lies over it.
        let script = "arguments[0].scrollIntoView({block: 'center'})";
        let arguments = json!([{ELEMENT: element.0}]);
        self.post("/execute/sync", &json!({"script": script, "args": arguments}));
        self.post(&format!("/element/{}/click", element.0), &json!({}));
    }

    /// Types into an element, or gives files to a file input.
    #[track_caller]
    pub fn type_into(&self, element: &Element, text: &str) {
        self.post(&format!("/element/{}/value", element.0), &json!({"text": text}));
    }

    /// Presses keys wherever the focus is. WebDriver's own letters stand for special keys.
    pub fn press(&self, keys: &str) {
        let mut actions = Vec::new();
        for key in keys.chars() {
            actions.push(json!({"type": "keyDown", "value": key.to_string()}));
            actions.push(json!({"type": "keyUp", "value": key.to_string()}));
        }
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": actions}]}));
    }

    pub fn text(&self, element: &Element) -> String {
        let text = self.get(&format!("/element/{}/text", element.0));
        text.as_str().unwrap_or_default().to_owned()
    }

    pub fn attribute(&self, element: &Element, name: &str) -> Option<String> {
        let value = self.get(&format!("/element/{}/attribute/{name}", element.0));
        value.as_str().map(str::to_owned)
    }

    /// The text of the whole page as a reader sees it; empty while one page gives way to the next.
    pub fn page_text(&self) -> String {
        let text = |body: &Element| self.try_get(&format!("/element/{}/text", body.0));
        let text = self.all("body").first().and_then(text);
        text.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Runs a function body in the page, as soon as that has been read, and gives what it returns.
    #[track_caller]
    pub fn run(&self, script: &str) -> Value {
        let is_read = "return document.readyState !== 'loading'";
        wait::until_true("the page is read", || self.try_run(is_read).is_some_and(|is_read| is_read == true));
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// The same where a page may just be giving way to the next: nothing then.
    pub fn try_run(&self, script: &str) -> Option<Value> {
        let path = format!("/session/{}/execute/sync", self.session);
        self.try_ask("POST", &path, &json!({"script": script, "args": []})).ok()
    }

    /// Puts the focus on an element, as a reader does by Tab, as soon as it is there and the page's scripts have run.
    #[track_caller]
    pub fn focus(&self, css: &str) {
        let script = format!(
            "const element = document.querySelector({css:?});
             if (element === null || document.readyState !== 'complete') return false;
             element.focus();
             return document.activeElement === element"
        );
        let what = format!("the focus on {css} on {}", self.path());
        wait::until_true(&what, || self.try_run(&script).is_some_and(|is_there| is_there == true));
    }

    /// From now on the window is so large inside, whatever the screen.
    pub fn resize(&self, width: u32, height: u32) {
        let params = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.post("/goog/cdp/execute", &json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": params}));
    }

    /// From now on the reader is in this time zone.
    pub fn live_in(&self, zone: &str) {
        let params = json!({"timezoneId": zone});
        self.post("/goog/cdp/execute", &json!({"cmd": "Emulation.setTimezoneOverride", "params": params}));
    }

    /// From now on downloads go into a folder, as they are named by the server, without a question.
    #[track_caller]
    pub fn download_into_a_folder(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder for downloads");
        let params = json!({"behavior": "allow", "downloadPath": folder.path()});
        self.post("/goog/cdp/execute", &json!({"cmd": "Browser.setDownloadBehavior", "params": params}));
        folder
    }

    /// All text of the content, that too which only shows under the pointer; empty while one page gives way to the next.
    pub fn content(&self) -> String {
        self.try_run("return document.body?.textContent ?? ''").map(|text| word(&text)).unwrap_or_default()
    }

    /// Waits until the page has this text.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        let what = format!("{text:?} on {}", self.path());
        wait::until_true(&what, || self.content().contains(text));
    }

    /// Fails where any page has logged an error: a script's, a missing file, a broken policy.
    #[track_caller]
    pub fn expect_quiet(&self) {
        let errors = self.complaints(|entry| entry["level"] == "SEVERE" || entry["source"] == "security");
        assert!(errors.is_empty(), "the pages complain:\n{}", errors.join("\n"));
    }

    /// What the browser has logged since it was last asked, as far as it is meant.
    #[track_caller]
    pub fn complaints(&self, is_meant: impl Fn(&Value) -> bool) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        let entries = log.as_array().expect("a log").iter();
        entries.filter(|entry| is_meant(entry)).map(|entry| format!("{}", entry["message"])).collect()
    }

    fn get(&self, path: &str) -> Value {
        self.ask("GET", &format!("/session/{}{path}", self.session), &Value::Null)
    }

    fn try_get(&self, path: &str) -> Option<Value> {
        self.try_ask("GET", &format!("/session/{}{path}", self.session), &Value::Null).ok()
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", &format!("/session/{}{path}", self.session), body)
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        match self.try_ask(method, path, body) {
            Ok(value) => value,
            Err(error) => panic!("chromedriver, {method} {path} {body}: {error}"),
        }
    }

    fn try_ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let bytes = if body.is_null() { String::new() } else { body.to_string() };
        let headers = [("Content-Type", "application/json; charset=utf-8")];
        let answer = http::try_send(self.port, method, path, &headers, bytes.as_bytes());
        let answer = answer.ok_or("no answer")?;
        let value = answer.json()["value"].clone();
        if answer.status == 200 { Ok(value) } else { Err(value["message"].to_string()) }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ending the session ends its Chromium; then the driver itself can go.
        if !self.session.is_empty() {
            let _ = http::try_send(self.port, "DELETE", &format!("/session/{}", self.session), &[], b"");
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// chromedriver takes a free port and says which.
fn announced_port(driver: &mut Child) -> u16 {
    let output = driver.stdout.take().expect("its standard output");
    for line in BufReader::new(output).lines().take(20) {
        let line = line.expect("readable output");
        if let Some((_, rest)) = line.split_once("started successfully on port ") {
            return rest.trim().trim_end_matches('.').parse().expect("a port");
        }
    }
    panic!("chromedriver doesn't say on which port it listens");
}

fn capabilities(profile: &std::path::Path, look: Look) -> Value {
    let arguments = [
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--no-proxy-server".to_owned(),
        format!("--user-data-dir={}", profile.display()),
        format!("--window-size={},{}", look.width, look.height),
        format!("--lang={}", look.language),
    ];
    let mut preferences = json!({"intl.accept_languages": look.language});
    if !look.script {
        preferences["profile.managed_default_content_settings.javascript"] = json!(2);
    }
    let mut options = json!({"args": arguments, "prefs": preferences});
    if look.width < 600 {
        // A window can't be that narrow; a phone can.
        let metrics = json!({"width": look.width, "height": look.height, "pixelRatio": 1.0, "touch": false});
        options["mobileEmulation"] = json!({"deviceMetrics": metrics});
    }
    json!({"capabilities": {"alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "ALL"},
        "timeouts": {"script": 30_000, "pageLoad": 60_000},
    }}})
}
