//! The real executable, on a free port of 127.0.0.1, over a throw-away data folder.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::database::{Database, Db, Direct};
use super::settings::Settings;
use super::tools::Ran;
use super::{http, wait};

/// A running server. Dropping it ends the process and removes its data.
pub struct Server {
    child: Option<Child>,
    port: u16,
    folder: tempfile::TempDir,
    database: Database,
    settings: Settings,
}

impl Server {
    /// A server with the settings of most tests.
    pub fn start(db: Db) -> Self {
        Self::start_with(db, Settings::default())
    }

    /// A server with settings of its own, ready to serve.
    pub fn start_with(db: Db, settings: Settings) -> Self {
        let mut server = Self::not_yet(db, settings);
        server.launch();
        server
    }

    /// One that has not begun: its data folder isn't there, its database is empty. [`Self::restart`] begins.
    pub fn not_yet(db: Db, settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { child: None, port: 0, folder, database: Database::fresh(db), settings }
    }

    /// The same where the data folder can only be read.
    pub fn tool_read_only(&self, arguments: &[&str]) -> Ran {
        let script = r#"mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@""#;
        let mut command = in_mounts_of_its_own(script);
        command.arg(self.folder.path().join("data")).arg(env!("CARGO_BIN_EXE_granary"));
        self.dress(&mut command);
        let ended = command.args(arguments).output().expect("the granary executable");
        let err = String::from_utf8_lossy(&ended.stderr).into_owned();
        Ran { code: ended.status.code(), out: ended.stdout, err }
    }

    /// Runs another command of this executable over the same data and database, to its end.
    pub fn tool(&self, arguments: &[&str]) -> Ran {
        let mut command = Self::command();
        self.dress(&mut command);
        let ended = command.args(arguments).output().expect("the granary executable");
        let err = String::from_utf8_lossy(&ended.stderr).into_owned();
        Ran { code: ended.status.code(), out: ended.stdout, err }
    }

    /// A second server on the same MariaDB with a data folder of its own, in which `csv/` is the first one's. It is to
    /// be dropped first.
    pub fn beside(&self) -> Self {
        let url = self.database.url().expect("a MariaDB").to_owned();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        std::fs::create_dir_all(&data).expect("the data folder");
        std::os::unix::fs::symlink(self.data_dir().join("csv"), data.join("csv")).expect("a link");
        let (database, settings) = (Database::Shared { url }, self.settings.clone());
        let mut server = Self { child: None, port: 0, folder, database, settings };
        server.launch();
        server
    }

    /// Starts the process again over the same data, on a new port.
    pub fn restart(&mut self) {
        self.end(Signal::KILL);
        self.launch();
    }

    /// The same, after changing the settings.
    pub fn restart_with(&mut self, settings: Settings) {
        self.settings = settings;
        self.restart();
    }

    /// The same for settings with which it never becomes ready: waits until it answers at all.
    pub fn restart_unready(&mut self, settings: Settings) {
        self.end(Signal::KILL);
        self.settings = settings;
        self.port = free_port();
        self.child = Some(self.prepared().spawn().expect("the granary executable"));
        wait::until("the server's first answer", || http::try_get(self.port, "/livez"));
    }

    /// Ends it as a power cut would: no hook of the process runs.
    pub fn kill(&mut self) {
        self.end(Signal::KILL);
    }

    /// Asks it to stop (SIGTERM) and waits for its end.
    pub fn terminate(&mut self) -> ExitStatus {
        self.end(Signal::TERM).expect("the server was running")
    }

    /// Sends a signal and goes on at once.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a signal to our own child");
    }

    /// Waits for the end of the process.
    pub fn wait(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the server was running");
        wait::until("the server's end", || child.try_wait().expect("our child"))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// `127.0.0.1:port`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A full address of one path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host())
    }

    /// The data folder, as seen from outside.
    pub fn data_dir(&self) -> PathBuf {
        self.outer_path("data")
    }

    /// Its database, for statements beside the server.
    pub fn direct(&self) -> Direct {
        Direct::to(&self.database, &self.data_dir())
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.id()
    }

    /// The data folder, as the process sees it.
    pub fn inner_data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the server has printed to standard output and error.
    pub fn printed(&self) -> String {
        let read = |name| {
            let bytes = std::fs::read(self.folder.path().join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        read("stdout") + &read("stderr")
    }

    /// The highest resident memory so far, in KiB.
    pub fn peak_memory_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("the status of our child");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("VmHWM in /proc/<pid>/status");
        let figure = line.split_whitespace().nth(1).expect("a figure");
        figure.parse().expect("KiB")
    }

    /// Files under `staging/`, at any depth.
    pub fn staged(&self) -> Vec<PathBuf> {
        files_below(&self.data_dir().join("staging"))
    }

    /// Files under `blobs/`, at any depth.
    pub fn blobs(&self) -> Vec<PathBuf> {
        files_below(&self.data_dir().join("blobs"))
    }

    /// The blob with this digest.
    pub fn blob(&self, sha256: &str) -> PathBuf {
        let found = self.blobs().into_iter().find(|path| path.ends_with(sha256));
        found.unwrap_or_else(|| panic!("no blob {sha256} under {}", self.data_dir().display()))
    }

    /// Another command of this executable over the same data and database, while the server runs: its answer, and what it
    /// said beside it. `input` comes by standard input.
    pub fn run(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        let mut command = Self::command();
        self.dress(&mut command);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the granary executable");
        let mut pipe = child.stdin.take().expect("its input");
        // One that has ended already reads nothing any more.
        let _ = std::io::Write::write_all(&mut pipe, input.as_bytes());
        drop(pipe);
        let ran = child.wait_with_output().expect("its end");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (ran.status.code().unwrap_or(-1), text(&ran.stdout), text(&ran.stderr))
    }

    /// The command that starts this executable, with a clean environment.
    pub fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_granary"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ROCKET_") {
                command.env_remove(name);
            }
        }
        command.stdin(Stdio::null());
        command
    }

    fn id(&self) -> u32 {
        self.child.as_ref().expect("the server runs").id()
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.id()).expect("a pid")).expect("a pid")
    }

    /// A path in the server's folder; one on its private disk is reached through the process.
    fn outer_path(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        match (&self.child, self.settings.disk_of_mib) {
            (Some(child), Some(_)) => PathBuf::from(format!("/proc/{}/root", child.id()))
                .join(path.strip_prefix("/").expect("an absolute path")),
            _ => path,
        }
    }

    fn launch(&mut self) {
        // Another process may take the free port before the server does: try a few.
        for _ in 0..5 {
            self.port = free_port();
            if self.try_launch() {
                return;
            }
        }
        panic!("the server doesn't start:\n{}", self.printed());
    }

    fn try_launch(&mut self) -> bool {
        let child = self.prepared().spawn().expect("the granary executable");
        self.child = Some(child);
        wait::until("the server's readiness", || {
            let child = self.child.as_mut().expect("just started");
            if child.try_wait().expect("our child").is_some() {
                return Some(false);
            }
            let ready = http::try_get(self.port, "/readyz").is_some_and(|answer| answer.status == 200);
            ready.then_some(true)
        })
    }

    fn prepared(&self) -> Command {
        let folder = self.folder.path();
        let data = folder.join("data");
        let mut command = Self::command();
        if let Some(mib) = self.settings.disk_of_mib {
            std::fs::create_dir_all(&data).expect("the data folder");
            command = on_small_disk(&data, mib);
        }
        self.dress(&mut command);
        command
            .arg("serve")
            .stdout(File::create(folder.join("stdout")).expect("a log file"))
            .stderr(File::create(folder.join("stderr")).expect("a log file"));
        command
    }

    /// Gives a command of this executable its settings.
    fn dress(&self, command: &mut Command) {
        let folder = self.folder.path();
        command
            .current_dir(folder)
            .env("ROCKET_ADDRESS", "127.0.0.1")
            .env("ROCKET_PORT", self.port.to_string())
            .env("ROCKET_DATA_DIR", folder.join("data"));
        if let Some(url) = self.database.url() {
            command.env("ROCKET_DATABASES", format!(r#"{{granary={{url="{url}"}}}}"#));
        }
        for (name, value) in &self.settings.variables {
            command.env(name, value);
        }
    }

    fn end(&mut self, signal: Signal) -> Option<ExitStatus> {
        self.child.as_ref()?;
        self.signal(signal);
        Some(self.wait())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            let printed = self.printed();
            let tail: Vec<&str> = printed.lines().rev().take(30).collect();
            for line in tail.iter().rev() {
                eprintln!("  server: {line}");
            }
        }
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Runs the server in a mount namespace where its data folder is a small tmpfs: it vanishes with
/// the process. The shell `exec`s, so that the child's pid is the server's.
fn on_small_disk(data: &Path, mib: u32) -> Command {
    let mut command = in_mounts_of_its_own(&format!(r#"mount -t tmpfs -o size={mib}m tmpfs "$0" && exec "$@""#));
    command.arg(data).arg(env!("CARGO_BIN_EXE_granary"));
    command.stdin(Stdio::null());
    command
}

/// A shell script in a mount namespace of its own.
fn in_mounts_of_its_own(script: &str) -> Command {
    let mut command = Command::new("unshare");
    if !rustix::process::getuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--mount", "sh", "-c", script]);
    command
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
