//! Runs outside programs: the clients that people really use. One that isn't installed fails the
//! test with a hint; none runs longer than two minutes.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a program left behind.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    pub out: Vec<u8>,
    pub err: String,
}

impl Ran {
    /// Checks that it ended well.
    #[track_caller]
    pub fn fine(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.text(), self.err);
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }
}

/// A program under a time limit, in the UTF-8 locale that every Debian has.
pub fn program(name: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args(["120", name]).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    for proxy in ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"] {
        command.env_remove(proxy);
    }
    command
}

/// Runs it to its end.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().expect("coreutils' timeout");
    let err = String::from_utf8_lossy(&stderr).into_owned();
    assert_ne!(
        status.code(),
        Some(127),
        "{command:?} isn't installed ({err}): ./scripts/test installs what the tests need"
    );
    Ran { code: status.code(), out: stdout, err }
}

/// `curl` with these arguments, silent but for errors.
#[track_caller]
pub fn curl<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Ran {
    run(program("curl").args(["-sS", "--max-time", "110"]).args(arguments))
}

/// A Python program of ours with its arguments.
#[track_caller]
pub fn python<S: AsRef<std::ffi::OsStr>>(file: &str, arguments: &[S]) -> Ran {
    run(program("python3").arg(client(file)).args(arguments))
}

/// The same in the Python that has the readers of exports.
#[track_caller]
pub fn python_with_readers<S: AsRef<std::ffi::OsStr>>(file: &str, arguments: &[S]) -> Ran {
    python_of("GRANARY_TEST_PYTHON", file, arguments)
}

/// The same in the Python that has torch.
#[track_caller]
pub fn python_with_torch<S: AsRef<std::ffi::OsStr>>(file: &str, arguments: &[S]) -> Ran {
    python_of("GRANARY_TEST_PYTHON_TORCH", file, arguments)
}

#[track_caller]
fn python_of<S: AsRef<std::ffi::OsStr>>(variable: &str, file: &str, arguments: &[S]) -> Ran {
    let Ok(python) = std::env::var(variable) else {
        panic!("{variable} is not set: run the tests by ./scripts/test, which installs the readers");
    };
    run(program(&python).arg(client(file)).args(arguments))
}

/// A single-file Java program of ours, with Debian's okhttp at hand.
#[track_caller]
pub fn java<S: AsRef<std::ffi::OsStr>>(file: &str, arguments: &[S]) -> Ran {
    let jars = ["okhttp", "okio"].map(|name| format!("/usr/share/java/{name}.jar"));
    for jar in &jars {
        assert!(Path::new(jar).exists(), "{jar} is missing: ./scripts/test installs libokhttp-java");
    }
    let mut command = program("java");
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8", "-cp"]);
    run(command.arg(jars.join(":")).arg(client(file)).args(arguments))
}

/// A file in `tests/clients`.
pub fn client(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(file)
}

/// A temporary folder, and in it a file with these bytes.
pub fn file_with(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a temporary file");
    (folder, path)
}
