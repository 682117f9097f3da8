//! Programs that show what we can't: `ffmpeg` for films, `heif-convert` for HEIC and AVIF, where they are installed.
//!
//! They are large bodies of C that read hostile bytes, so each runs as a process of its own. What always holds: it has [`TIME`], [`MEMORY_KIB`] of
//! address space and [`OUTPUT_BLOCKS`] of output, it is told the format and may open no other than local files, it is dead when the
//! call returns, and its folder is gone when the [`Still`] is.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::thumbnail::{EDGE, ThumbnailError};

/// How long a helper may take.
const TIME: Duration = Duration::from_secs(20);
/// Address space of a helper in KiB: 2 GiB, what an 8K film needs.
const MEMORY_KIB: u32 = 2 << 20;
/// The largest file a helper may write, in blocks of 512 bytes: 256 MiB.
const OUTPUT_BLOCKS: u32 = 512 << 10;

/// A picture that a helper made, upright, in a folder that goes with it.
pub(super) struct Still {
    folder: tempfile::TempDir,
    name: &'static str,
    content_type: &'static str,
}

impl Still {
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join(self.name)
    }

    pub(super) fn content_type(&self) -> &'static str {
        self.content_type
    }
}

/// Is a helper for this type installed?
pub(super) fn can(content_type: &str) -> bool {
    if is_heif(content_type) { heif_convert().is_some() } else { demuxer(content_type).is_some() && ffmpeg().is_some() }
}

/// All helpers by name, and whether each is installed.
pub(super) fn installed() -> Vec<(String, bool)> {
    vec![("ffmpeg".to_owned(), ffmpeg().is_some()), ("heif-convert".to_owned(), heif_convert().is_some())]
}

/// Lets the type's helper make a still picture of the file.
pub(super) fn still(path: &Path, content_type: &str) -> Result<Still, ThumbnailError> {
    let folder = tempfile::Builder::new().prefix("granary-still-").tempdir()?;
    let path = std::path::absolute(path)?;
    if is_heif(content_type) { heif_still(&path, folder) } else { film_still(&path, content_type, folder) }
}

fn heif_still(path: &Path, folder: tempfile::TempDir) -> Result<Still, ThumbnailError> {
    let program = heif_convert().ok_or(ThumbnailError::NotAPicture)?;
    let mut command = limited(program, folder.path());
    command.args(["-q", "90"]).arg(path).arg("still.jpg");
    run(command, folder.path())?;
    // Of a file with several pictures, each gets a number.
    let name = ["still.jpg", "still-1.jpg"].into_iter().find(|name| folder.path().join(name).exists());
    let name = name.ok_or_else(|| ThumbnailError::Broken("heif-convert made nothing".into()))?;
    Ok(Still { folder, name, content_type: "image/jpeg" })
}

fn film_still(path: &Path, content_type: &str, folder: tempfile::TempDir) -> Result<Still, ThumbnailError> {
    let (Some(demuxer), Some(program)) = (demuxer(content_type), ffmpeg()) else {
        return Err(ThumbnailError::NotAPicture);
    };
    let mut input = std::ffi::OsString::from("file:");
    input.push(path);
    // Small first, so that choosing among some frames (the first is often black) takes little memory.
    let filters =
        format!("scale=w='min({EDGE},iw)':h='min({EDGE},ih)':force_original_aspect_ratio=decrease,thumbnail=n=24");
    let mut command = limited(program, folder.path());
    // The demuxer is named: a playlist that calls itself a film would otherwise make ffmpeg open other files.
    command.args(["-nostdin", "-v", "error", "-threads", "1", "-protocol_whitelist", "file"]);
    command.args(["-f", demuxer, "-i"]).arg(input);
    command.args(["-an", "-sn", "-dn", "-map", "0:v:0", "-vf", &filters, "-frames:v", "1"]);
    command.args(["-pix_fmt", "bgr24", "-c:v", "bmp", "-f", "image2", "-update", "1", "still.bmp"]);
    run(command, folder.path())?;
    if !folder.path().join("still.bmp").exists() {
        return Err(ThumbnailError::Broken("no frame in it".into()));
    }
    Ok(Still { folder, name: "still.bmp", content_type: "image/bmp" })
}

fn is_heif(content_type: &str) -> bool {
    matches!(content_type, "image/heic" | "image/heif" | "image/avif")
}

fn demuxer(content_type: &str) -> Option<&'static str> {
    match content_type {
        "video/mp4" | "video/quicktime" | "video/3gpp" | "video/x-m4v" => Some("mov"),
        "video/webm" | "video/x-matroska" => Some("matroska"),
        "video/x-msvideo" => Some("avi"),
        "video/mpeg" => Some("mpeg"),
        "video/x-flv" => Some("flv"),
        "video/x-ms-wmv" => Some("asf"),
        _ => None,
    }
}

fn ffmpeg() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| on_path("ffmpeg")).as_deref()
}

fn heif_convert() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(|| on_path("heif-convert")).as_deref()
}

/// The program's place, by `PATH`; relative entries don't count.
fn on_path(name: &str) -> Option<PathBuf> {
    let places = std::env::var_os("PATH")?;
    std::env::split_paths(&places)
        .filter(|place| place.is_absolute())
        .map(|place| place.join(name))
        .find(|file| file.is_file())
}

/// The program under the shell's limits: they are set before its first instruction, and `exec` makes our child the program itself.
fn limited(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new("/bin/sh");
    let script = format!(
        "ulimit -v {MEMORY_KIB}; ulimit -f {OUTPUT_BLOCKS}; ulimit -t {}; ulimit -c 0; exec nice -n 10 \"$0\" \"$@\"",
        TIME.as_secs()
    );
    command.arg("-c").arg(script).arg(program).current_dir(folder);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
    command
}

/// Runs the command to its end, or to its deadline.
fn run(mut command: Command, folder: &Path) -> Result<(), ThumbnailError> {
    let log = folder.join("log");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(std::fs::File::create(&log)?);
    let mut child = command.spawn()?;
    match wait(&mut child, TIME)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => {
            let said = std::fs::read(&log).unwrap_or_default();
            let said = String::from_utf8_lossy(said.get(..200).unwrap_or(&said)).trim().replace('\n', "; ");
            Err(ThumbnailError::Broken(format!("helper ended with {status}: {said}")))
        }
        None => Err(ThumbnailError::Broken("helper took too long".into())),
    }
}

/// Waits for the child; kills it when the time is over (`None`). It is never left behind, not on errors either.
fn wait(child: &mut Child, time: Duration) -> io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + time;
    let mut pause = Duration::from_millis(2);
    let outcome = loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(Some(status)),
            Ok(None) if Instant::now() >= deadline => break Ok(None),
            Ok(None) => std::thread::sleep(pause),
            Err(error) => break Err(error),
        }
        pause = (pause * 2).min(Duration::from_millis(50));
    };
    // Both fail only where the child is gone already.
    let _ = child.kill();
    let _ = child.wait();
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_helper_that_hangs_is_killed() {
        let mut child = Command::new("/bin/sleep").arg("60").spawn().unwrap();
        let start = Instant::now();
        assert!(wait(&mut child, Duration::from_millis(50)).unwrap().is_none());
        assert!(start.elapsed() < Duration::from_secs(5));
        assert!(child.try_wait().unwrap().is_some());
    }

    #[test]
    fn limits_are_in_force_and_complaints_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = limited(Path::new("/bin/sh"), folder.path());
        command.args(["-c", "test $(ulimit -v) = 2097152 && test $(ulimit -t) = 20 && test -z \"$HOME\""]);
        run(command, folder.path()).unwrap();
        let mut command = limited(Path::new("/bin/sh"), folder.path());
        command.args(["-c", "echo no such codec >&2; exit 3"]);
        let error = run(command, folder.path()).unwrap_err().to_string();
        assert!(error.contains("no such codec"), "{error}");
    }

    #[test]
    fn unknown_types_have_no_helper() {
        assert!(!can("text/plain") && !can("audio/mp4") && !can("application/vnd.apple.mpegurl"));
    }
}
