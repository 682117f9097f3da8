//! The command line.

mod cli;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use granary::accounts::service::Accounts;
use granary::platform::blobs::Blobs;
use granary::platform::clock::Clock;
use granary::platform::config::{self, Config};
use granary::platform::db::{Db, Options};
use granary::platform::server::Bound;
use granary::platform::{process, telemetry};
use rocket::error::ErrorKind;
use rocket::fairing::AdHoc;
use rocket::figment::Figment;
use tokio::signal::unix::{SignalKind, signal};

/// Small requests and big chunks side by side: glibc's allocator keeps too much of both.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the database may take to answer at the start, its migrations included.
const DATABASE_PATIENCE: Duration = Duration::from_secs(20);

/// A self-hosted hub for collecting and curating training images.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (the default).
    ///
    /// Everything is configured by `Rocket.toml` in the working folder (or the file that
    /// `ROCKET_CONFIG` names) and by `ROCKET_…` variables: `ROCKET_ADDRESS`, `ROCKET_PORT`,
    /// `ROCKET_DATA_DIR`, `ROCKET_DATABASES='{granary={url="mysql://…"}}'`,
    /// `ROCKET_DURABILITY=relaxed`, `ROCKET_UPLOAD='{max_size="5 GiB"}'`,
    /// `ROCKET_STORAGE='{min_free="10 GiB"}'`.
    Serve,
    /// Who may come in: add, passwd, list, disable, enable. Works while the server runs.
    #[command(subcommand)]
    User(cli::accounts::UserCommand),
    /// Tokens for scripts and devices: add, list, revoke. Works while the server runs.
    #[command(subcommand)]
    Token(cli::accounts::TokenCommand),
    #[command(flatten)]
    Keeper(cli::keeper::Command),
}

fn main() -> ExitCode {
    process::prepare();
    match Cli::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => start(),
        Command::User(command) => cli::run(cli::accounts::user(command)),
        Command::Token(command) => cli::run(cli::accounts::token(command)),
        Command::Keeper(command) => keep(command),
    }
}

fn keep(command: cli::keeper::Command) -> ExitCode {
    telemetry::init(rocket::config::LogLevel::Critical);
    rocket::execute(cli::keeper::run(command, &config::figment())).unwrap_or_else(|line| fail(&line))
}

fn start() -> ExitCode {
    let figment = config::figment();
    match prepare(&figment) {
        Ok((config, blobs)) => rocket::execute(serve(figment, config, blobs)),
        Err(line) => fail(&line),
    }
}

/// Everything that can go wrong before the server starts.
fn prepare(figment: &Figment) -> Result<(Config, Blobs), String> {
    let config = Config::extract(figment)?;
    granary::faces::check(&config.faces)?;
    let level = figment.extract_inner("log_level").unwrap_or(rocket::config::LogLevel::Normal);
    telemetry::init(level);
    let blobs = Blobs::open(&config.data_dir, granary::is_durable(&config)).map_err(|error| {
        let folder = config.data_dir.display();
        match error.kind() {
            std::io::ErrorKind::WouldBlock => {
                format!("data_dir {folder} is in use by another granary")
            }
            _ => format!("data_dir {folder} can't be used: {error}"),
        }
    })?;
    Ok((config, blobs))
}

async fn serve(mut figment: Figment, config: Config, blobs: Blobs) -> ExitCode {
    // Past a file size limit (RLIMIT_FSIZE) a write is to fail like on a full disk, not to end the process.
    let _file_size_limit = signal(SignalKind::from_raw(25));
    let durable = granary::is_durable(&config);
    if let Err(line) = check_database(&figment, &config).await {
        return fail(&line);
    }
    // Taken before anything is told or begun.
    let bound = match Bound::to(&figment).await.and_then(|bound| bound.port().map(|port| (bound, port))) {
        Ok((bound, port)) => {
            figment = figment.merge(("port", port));
            bound
        }
        Err(line) => return fail(&line),
    };
    let data_dir = blobs.layout().root().display().to_string();
    let rocket = granary::build(figment, config, blobs, Clock::System).attach(greeting(data_dir, durable));
    let rocket = match rocket.ignite().await {
        Ok(rocket) => rocket,
        Err(error) => return failed_start(&error),
    };
    let (db, accounts) = (rocket.state::<Db>().cloned(), rocket.state::<Accounts>().cloned());
    let code = match bound.serve(rocket).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed_start(&error),
    };
    if let Some(accounts) = accounts {
        granary::accounts::finish(&accounts).await;
    }
    if let Some(db) = db {
        db.shut().await;
    }
    code
}

/// Opens and closes the database, so that a fault there, and a door that would stand open to everybody, is one line
/// before anything else starts.
async fn check_database(figment: &Figment, config: &Config) -> Result<(), String> {
    let url: String = figment.extract_inner("databases.granary.url").map_err(|error| error.to_string())?;
    let opened =
        tokio::time::timeout(DATABASE_PATIENCE, Db::connect(&Options { url, durable: granary::is_durable(config) }))
            .await;
    match opened {
        Ok(Ok(db)) => {
            let checked = granary::accounts::check_start(&db, config).await;
            db.shut().await;
            checked.map_err(|error| format!("databases.granary.url: the database can't be used: {error}"))?
        }
        Ok(Err(error)) => Err(format!("databases.granary.url: the database can't be used: {error}")),
        Err(_) => Err(format!("databases.granary.url: no answer within {} seconds", DATABASE_PATIENCE.as_secs())),
    }
}

/// Says where it serves, where its data is, and what to try.
fn greeting(data_dir: String, durable: bool) -> AdHoc {
    AdHoc::on_liftoff("greeting", move |rocket| {
        Box::pin(async move {
            let config = rocket.config();
            let host =
                if config.address.is_unspecified() { "127.0.0.1".to_owned() } else { config.address.to_string() };
            let host =
                if config.address.is_ipv6() && !config.address.is_unspecified() { format!("[{host}]") } else { host };
            let base = format!("http://{host}:{}", config.port);
            println!("granary {} serves on {base}", env!("CARGO_PKG_VERSION"));
            println!("  data:   {data_dir}");
            println!("  upload: curl -T photo.jpg {base}/upload/digital/");
            if !durable {
                tracing::warn!(
                    "durability is relaxed: an answer doesn't wait for the disk, a power cut may lose the last uploads"
                );
            }
        })
    })
}

fn failed_start(error: &rocket::Error) -> ExitCode {
    // Reading the kind also tells Rocket that the error was dealt with; else it panics.
    match error.kind() {
        ErrorKind::Io(source) => fail(&format!("the server ended: {source}")),
        ErrorKind::FailedFairings(failed) => {
            let names: Vec<_> = failed.iter().map(|info| info.name.to_string()).collect();
            fail(&format!("start-up failed in: {} (the log says why)", names.join(", ")))
        }
        other => fail(&format!("the server can't start: {other}")),
    }
}

/// One line, exit 2.
fn fail(line: &str) -> ExitCode {
    eprintln!("granary: {}", line.replace('\n', " "));
    ExitCode::from(2)
}
