//! `granary doctor`, `fsck`, `gc`, `backup` and `restore`: looking after the store.
//!
//! Exit 0: nothing is wrong; 1: something is; 2: it can't be looked at.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::{Args, Subcommand};
use granary::collect::service::Collect;
use granary::keeper::model::{Tally, size};
use granary::keeper::service::Keeper;
use granary::keeper::service::doctor::{self, Line, Mood};
use granary::keeper::service::fsck::{Manner, Note, Progress};
use granary::keeper::service::gc;
use granary::keeper::service::restore::{self, Target};
use granary::platform::blobs::Blobs;
use granary::platform::clock::Clock;
use granary::platform::config::Config;
use granary::platform::db::{Db, Options, file_of};
use granary::platform::ids::Ids;
use rocket::figment::Figment;

/// Looking after the store.
#[derive(Subcommand)]
pub enum Command {
    /// Show on one screen what runs here and what is wrong with it.
    Doctor,
    /// Look whether everything is there and as it should be; exit 1 when something isn't.
    Fsck(Fsck),
    /// Clear up what nothing needs any more.
    ///
    /// The server does so by itself every hour. Bytes that no row names are moved aside, and removed an hour later.
    Gc,
    /// Make a backup in a folder, or bring the one there up to date; the server may go on.
    Backup { dir: PathBuf },
    /// Make a store of a backup, in an empty data folder and an empty database.
    Restore { dir: PathBuf },
}

/// How to look.
#[derive(Args)]
pub struct Fsck {
    /// Move what is wrong to `quarantine/` in the data folder, and set counters right. No server may run.
    #[arg(long)]
    repair: bool,
    /// Look at sizes only: don't read the bytes.
    #[arg(long)]
    quick: bool,
}

/// Runs a command.
///
/// # Errors
/// One line.
pub async fn run(command: Command, figment: &Figment) -> Result<ExitCode, String> {
    let config = Config::extract(figment)?;
    let url = figment.extract_inner("databases.granary.url").map_err(|error| error.to_string())?;
    let options = Options { url, durable: granary::is_durable(&config) };
    match command {
        Command::Doctor => Ok(show(&doctor::examine(&config, &options).await)),
        Command::Fsck(how) => fsck(&how, &config, &options).await,
        Command::Gc => gc(config, &options).await,
        Command::Backup { dir } => backup(&dir, &config, &options).await,
        Command::Restore { dir } => restore(&dir, config, options).await,
    }
}

/// Everything of the screen, and whether something is wrong.
fn show(screen: &doctor::Screen) -> ExitCode {
    for (title, lines) in &screen.sections {
        println!("{title}");
        for Line { mood, name, value } in lines {
            let sign = match mood {
                Mood::Fine => ' ',
                Mood::Warning => '!',
                Mood::Wrong => 'x',
            };
            println!("{sign}   {name}: {value}");
        }
    }
    let (wrong, warnings) = (screen.count(Mood::Wrong), screen.count(Mood::Warning));
    println!("{wrong} wrong (x), {warnings} warnings (!)");
    verdict(wrong == 0)
}

async fn fsck(how: &Fsck, config: &Config, options: &Options) -> Result<ExitCode, String> {
    let blobs = if how.repair { hold(config)? } else { look(config)? };
    let keeper = open(blobs, options).await?;
    let progress = Arc::new(Progress::default());
    let shown = io::stderr().is_terminal().then(|| tokio::spawn(show_progress(progress.clone())));
    let manner = Manner { quick: how.quick, repair: how.repair };
    let mut tell = |note: Note| match note {
        Note::Found(finding) => println!("{finding}"),
        Note::Mended(how) => println!("  mended: {}", granary::keeper::model::one_line(&how)),
    };
    let tally = keeper.fsck(manner, progress, &mut tell).await;
    if let Some(shown) = shown {
        shown.abort();
        eprint!("\r\x1b[K");
    }
    keeper.db.shut().await;
    let tally = tally.map_err(plain)?;
    summarize(&tally, how);
    Ok(verdict(tally.findings == 0))
}

fn summarize(tally: &Tally, how: &Fsck) {
    let Tally { blobs, bytes, findings, mended, young } = *tally;
    let read = if how.quick { "no bytes read".to_owned() } else { format!("{} read", size(bytes)) };
    if young > 0 {
        println!("{young} young orphans: a crash may have left them, and the server clears them up");
    }
    println!("{findings} findings, {mended} mended; {blobs} blobs, {read}");
}

async fn show_progress(progress: Arc<Progress>) {
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let (blobs, bytes) = (progress.blobs.load(Ordering::Relaxed), progress.bytes.load(Ordering::Relaxed));
        eprint!("\r\x1b[K{blobs} blobs, {}", size(bytes));
        let _ = io::stderr().flush();
    }
}

async fn gc(config: Config, options: &Options) -> Result<ExitCode, String> {
    // Without a server, this is who holds the data folder.
    let blobs = if Blobs::is_served(&config.data_dir) { look(&config)? } else { hold(&config)? };
    let is_held = blobs.is_held();
    let keeper = open(blobs, options).await?;
    let collect = is_held.then(|| {
        let ids = Ids::new(keeper.db.clone(), keeper.clock.clone());
        Collect::new(keeper.db.clone(), keeper.blobs.clone(), ids, keeper.clock.clone(), config)
    });
    let cleared = keeper.gc(collect.as_ref(), gc::Manner::Asked).await;
    keeper.db.shut().await;
    let cleared = cleared.map_err(plain)?;
    if !is_held {
        println!("a server runs: it purges its trash by itself");
    }
    println!("{} files purged from the trash, {} blobs released", cleared.purged, cleared.released);
    println!(
        "{} orphans moved aside, {} brought back, {} removed ({}); {} leftovers removed",
        cleared.set_aside,
        cleared.brought_back,
        cleared.removed,
        size(cleared.bytes),
        cleared.leftovers
    );
    Ok(ExitCode::SUCCESS)
}

async fn backup(dir: &Path, config: &Config, options: &Options) -> Result<ExitCode, String> {
    let keeper = open(look(config)?, options).await?;
    let kept = keeper.backup(dir).await;
    keeper.db.shut().await;
    let kept = kept.map_err(plain)?;
    for line in &kept.missing {
        println!("{line}");
    }
    println!("{} blobs, {} ({} of them new) in {}", kept.blobs, size(kept.bytes), kept.copied, dir.display());
    Ok(verdict(kept.missing.is_empty()))
}

async fn restore(dir: &Path, config: Config, options: Options) -> Result<ExitCode, String> {
    let is_file = options.url.starts_with("sqlite:");
    let file = if is_file { Some(file_of(&options.url).map_err(|error| error.to_string())?) } else { None };
    let target = Target { data_dir: config.data_dir, options, file };
    let restored = restore::restore(dir, &target).await.map_err(plain)?;
    for line in &restored.missing {
        println!("{line}");
    }
    println!("{} blobs, {} in {}; start the server", restored.blobs, size(restored.bytes), target.data_dir.display());
    Ok(verdict(restored.missing.is_empty()))
}

/// The data folder, for this process alone.
fn hold(config: &Config) -> Result<Blobs, String> {
    let folder = config.data_dir.display();
    if !config.data_dir.is_dir() {
        return Err(format!("data_dir {folder}: there is no such folder"));
    }
    Blobs::hold(&config.data_dir, granary::is_durable(config)).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => format!("data_dir {folder} is in use by a running granary: stop it first"),
        _ => format!("data_dir {folder} can't be used: {error}"),
    })
}

/// The data folder, which a server may be working in.
fn look(config: &Config) -> Result<Blobs, String> {
    let read = Blobs::look(&config.data_dir, granary::is_durable(config));
    read.map_err(|error| format!("data_dir {} can't be read: {error}", config.data_dir.display()))
}

/// The database, which must have this version's schema.
async fn open(blobs: Blobs, options: &Options) -> Result<Keeper, String> {
    let line = |error: &dyn std::fmt::Display| format!("databases.granary.url: the database can't be used: {error}");
    let db = Db::open(options).await.map_err(|error| line(&error))?;
    let steps = db.migrations().await.map_err(|error| line(&error))?;
    if !steps.are_current() {
        return Err(line(&"its schema is not that of this version: start the server once, or see granary doctor"));
    }
    Ok(Keeper { db, blobs, clock: Clock::System })
}

/// What an internal error says is meant for whoever sits at the terminal.
fn plain(error: granary::platform::error::Error) -> String {
    match error {
        granary::platform::error::Error::Internal(source) => source.to_string(),
        other => other.to_string(),
    }
}

fn verdict(is_well: bool) -> ExitCode {
    if is_well { ExitCode::SUCCESS } else { ExitCode::from(1) }
}
