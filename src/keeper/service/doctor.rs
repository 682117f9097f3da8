//! One screen: what runs here, and what is wrong with it. It works beside a server, and where nothing works.
//!
//! What always holds: it changes nothing but a small file that it writes and removes, and shows no secret.

use std::path::Path;
use std::time::Duration;

use super::{Keeper, blocking};
use crate::accounts;
use crate::faces;
use crate::keeper::model::size;
use crate::keeper::store;
use crate::platform::blobs::{BlobKey, Blobs};
use crate::platform::clock::{Clock, rfc3339};
use crate::platform::config::{Config, Durability};
use crate::platform::db::{Db, Options};
use crate::platform::error::Result;
use crate::platform::pictures;
use crate::platform::web::lang::Lang;

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Damaged blobs that are named.
const DAMAGED: u32 = 10;

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Fine,
    /// To be known, and maybe meant so.
    Warning,
    Wrong,
}

/// One line of the screen.
#[derive(Debug, Clone)]
pub struct Line {
    pub mood: Mood,
    pub name: String,
    pub value: String,
}

/// The screen: lines under headings.
#[derive(Debug, Clone, Default)]
pub struct Screen {
    pub sections: Vec<(&'static str, Vec<Line>)>,
}

impl Screen {
    /// Begins a section.
    pub fn section(&mut self, title: &'static str) {
        self.sections.push((title, Vec::new()));
    }

    /// Adds a line to the last section.
    pub fn line(&mut self, mood: Mood, name: impl Into<String>, value: impl Into<String>) {
        let line = Line { mood, name: name.into(), value: value.into() };
        match self.sections.last_mut() {
            Some((_, lines)) => lines.push(line),
            None => self.sections.push(("granary", vec![line])),
        }
    }

    /// Lines of this mood.
    #[must_use]
    pub fn count(&self, mood: Mood) -> usize {
        self.sections.iter().flat_map(|(_, lines)| lines).filter(|line| line.mood == mood).count()
    }
}

/// Who may come in.
async fn doors(screen: &mut Screen, db: &Db, config: &Config) {
    screen.section("doors");
    match accounts::service::count_users(db).await {
        Ok((0, 0)) if config.auth.open => {
            screen.line(
                Mood::Warning,
                "open",
                "auth.open is true and there is no user: whoever reaches it may do everything",
            );
        }
        Ok((0, 0)) => screen.line(Mood::Fine, "open", "there is no user: everybody on this machine may do everything"),
        Ok((0, _)) => screen.line(Mood::Warning, "shut", "all users are disabled: only tokens open anything"),
        Ok((users, disabled)) => screen.line(Mood::Fine, "shut", format!("{users} users, {disabled} disabled ones")),
        Err(error) => screen.line(Mood::Wrong, "users", error.to_string()),
    }
}

/// Looks at everything that can be looked at.
pub async fn examine(config: &Config, options: &Options) -> Screen {
    let mut screen = Screen::default();
    screen.section("granary");
    screen.line(Mood::Fine, "version", env!("CARGO_PKG_VERSION"));
    configuration(&mut screen, config, options);
    let folder = data_folder(&mut screen, config).await;
    database(&mut screen, config, options, folder).await;
    engine(&mut screen, config);
    helpers(&mut screen);
    screen
}

fn configuration(screen: &mut Screen, config: &Config, options: &Options) {
    screen.section("configuration");
    screen.line(Mood::Fine, "address", format!("{}:{}", config.address, config.port));
    screen.line(Mood::Fine, "databases.granary.url", without_password(&options.url));
    match config.durability {
        Durability::Full => screen.line(Mood::Fine, "durability", "full"),
        Durability::Relaxed => {
            screen.line(Mood::Warning, "durability", "relaxed: a power cut may lose the last uploads");
        }
    }
    screen.line(Mood::Fine, "storage.min_free", size(config.storage.min_free.as_u64()));
    screen.line(Mood::Fine, "upload.max_size", size(config.upload.max_size.as_u64()));
    let days = config.trash.keep.as_secs_f64() / 86_400.0;
    screen.line(Mood::Fine, "trash.keep", format!("{days} days"));
    match config.scrub.rate.as_u64() {
        0 => screen.line(Mood::Warning, "scrub.rate", "0: nobody looks whether bytes are damaged"),
        rate => screen.line(Mood::Fine, "scrub.rate", format!("{} a second", size(rate))),
    }
    if !config.cors.allow_origins.is_empty() {
        screen.line(Mood::Fine, "cors.allow_origins", config.cors.allow_origins.join(", "));
    }
    let networks: Vec<String> = config.ingest.allow_networks.iter().map(ToString::to_string).collect();
    if !networks.is_empty() {
        screen.line(Mood::Fine, "ingest.allow_networks", networks.join(", "));
    }
}

/// `mysql://user:…@host/db`.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    // Whatever stands behind a question mark may be a secret as well, but for the socket.
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let socket = query.split('&').find(|part| part.starts_with("socket=")).map(|part| format!("?{part}"));
    let shown = match place.rsplit_once('@') {
        Some((who, host)) => match who.split_once(':') {
            Some((user, _)) => format!("{user}:…@{host}"),
            None => format!("{who}@{host}"),
        },
        None => place.to_owned(),
    };
    format!("{scheme}://{shown}{}", socket.unwrap_or_default())
}

/// The data folder, if there is one.
async fn data_folder(screen: &mut Screen, config: &Config) -> Option<Blobs> {
    screen.section("data folder");
    let root = config.data_dir.clone();
    screen.line(Mood::Fine, "data_dir", root.display().to_string());
    let Ok(blobs) = Blobs::look(&root, false) else {
        let above = root.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let (mood, value) = if above.is_dir() {
            (Mood::Warning, "there is none yet: the first start makes it")
        } else {
            (Mood::Wrong, "there is none, and no folder to make it in")
        };
        screen.line(mood, "state", value);
        return None;
    };
    let is_served = Blobs::is_served(&root);
    screen.line(Mood::Fine, "server", if is_served { "running" } else { "not running" });
    let written = blobs.clone();
    match blocking(move || written.check_writable()).await {
        Ok(()) => screen.line(Mood::Fine, "writable", "yes"),
        Err(error) => screen.line(Mood::Wrong, "writable", format!("no: {error}")),
    }
    disk(screen, &blobs, config);
    Some(blobs)
}

fn disk(screen: &mut Screen, blobs: &Blobs, config: &Config) {
    let least = config.storage.min_free.as_u64();
    match blobs.free_bytes() {
        Ok(free) if free < least => {
            let value = format!("{} free, below storage.min_free ({}): uploads are refused", size(free), size(least));
            screen.line(Mood::Wrong, "disk", value);
        }
        Ok(free) if free < least.saturating_mul(2) => {
            screen.line(Mood::Warning, "disk", format!("{} free, near storage.min_free ({})", size(free), size(least)));
        }
        Ok(free) => screen.line(Mood::Fine, "disk", format!("{} free", size(free))),
        Err(error) => screen.line(Mood::Wrong, "disk", error.to_string()),
    }
    let quarantine = blobs.layout().quarantine();
    if quarantine.is_dir() {
        screen.line(
            Mood::Warning,
            "quarantine",
            format!("{}: what repairs moved away lies there", quarantine.display()),
        );
    }
}

async fn database(screen: &mut Screen, config: &Config, options: &Options, folder: Option<Blobs>) {
    screen.section("database");
    let is_new = folder.is_none() && options.url.starts_with("sqlite:");
    match tokio::time::timeout(PATIENCE, open(options)).await {
        Ok(Ok((db, version))) => {
            screen.line(Mood::Fine, "answers", version);
            if let Err(error) = schema(screen, &db, folder).await {
                screen.line(Mood::Wrong, "schema", error.to_string());
            }
            doors(screen, &db, config).await;
            db.shut().await;
        }
        Ok(Err(_)) if is_new => screen.line(Mood::Warning, "state", "there is none yet: the first start makes it"),
        Ok(Err(error)) => screen.line(Mood::Wrong, "answers", format!("no: {error}")),
        Err(_) => screen.line(Mood::Wrong, "answers", format!("not within {} seconds", PATIENCE.as_secs())),
    }
}

async fn open(options: &Options) -> Result<(Db, String), String> {
    let db = Db::open(options).await.map_err(|error| error.to_string())?;
    let version = db.version().await.map_err(|error| error.to_string())?;
    Ok((db, version))
}

async fn schema(screen: &mut Screen, db: &Db, folder: Option<Blobs>) -> Result<()> {
    let steps = db.migrations().await?;
    let numbers = |steps: &[i64]| steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if !steps.failed.is_empty() {
        screen.line(Mood::Wrong, "schema", format!("step {} began and didn't end", numbers(&steps.failed)));
    } else if !steps.unknown.is_empty() {
        let value = format!("step {} is of a newer version than this one", numbers(&steps.unknown));
        screen.line(Mood::Wrong, "schema", value);
    } else if !steps.pending.is_empty() {
        let value = format!("step {} is to be taken: the next start does it", numbers(&steps.pending));
        screen.line(Mood::Warning, "schema", value);
    } else {
        screen.line(Mood::Fine, "schema", format!("up to date (step {})", steps.done.last().copied().unwrap_or(0)));
    }
    if let Some(blobs) = folder.filter(|_| steps.are_current()) {
        bytes(screen, &Keeper { db: db.clone(), blobs, clock: Clock::System }).await?;
    }
    Ok(())
}

/// What the slow look has found so far.
async fn bytes(screen: &mut Screen, keeper: &Keeper) -> Result<()> {
    let facts = keeper.facts().await?;
    screen.section("bytes");
    if let Some(line) = keeper.bond().await?.complaint(keeper.blobs.layout()) {
        screen.line(Mood::Wrong, "database", line);
    }
    let ended = facts.ended.map_or_else(|| "not yet".to_owned(), rfc3339);
    screen.line(Mood::Fine, "last whole look ended", ended);
    if facts.damaged == 0 {
        screen.line(Mood::Fine, "damaged", "none found");
        return Ok(());
    }
    screen.line(Mood::Wrong, "damaged", format!("{} (see granary fsck)", facts.damaged));
    for damaged in store::damaged(&keeper.db, "", DAMAGED).await? {
        let Some(key) = BlobKey::parse(&damaged.sha256) else { continue };
        let names = keeper.names_of(&key).await?;
        screen.line(Mood::Wrong, damaged.what, format!("{key}, {names}"));
    }
    Ok(())
}

/// What the page that describes this server tells of the faces.
fn engine(screen: &mut Screen, config: &Config) {
    screen.section("faces");
    match faces::describe(&config.faces) {
        Ok(part) => {
            for (name, value) in part.rows {
                screen.line(Mood::Fine, name.text(Lang::En), value.text(Lang::En));
            }
        }
        Err(line) => screen.line(Mood::Wrong, "engine", line),
    }
}

fn helpers(screen: &mut Screen) {
    screen.section("helpers");
    for (name, is_there) in pictures::installed_helpers() {
        let value = if is_there { "installed" } else { "not installed: its kind of file gets no thumbnail" };
        screen.line(Mood::Fine, name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("sqlite:data/granary.db", "sqlite:data/granary.db"),
            ("mysql://root@localhost/db?socket=/s", "mysql://root@localhost/db?socket=/s"),
            ("mysql://me:pa@ss:word@host:3306/db?ssl-key=x", "mysql://me:…@host:3306/db"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
