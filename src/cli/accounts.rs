//! `granary user …` and `granary token …`. A password is typed without being shown, or comes by standard input; never as
//! an argument, which everybody on the machine could see.

use std::io::{BufRead, IsTerminal, Write, stdin, stdout};

use clap::Subcommand;
use granary::accounts::model::{Entry, NewToken, Token, TokenKind, scope};
use granary::accounts::service::Accounts;
use granary::platform::clock::rfc3339;
use granary::platform::config::Secret;
use granary::platform::error::Error;
use granary::platform::ids::Id;
use granary::platform::names::Name;
use granary::platform::web::guards::Role;
use granary::platform::web::lang::Lang;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::Ground;

#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a user; asks for the password, or reads it from standard input.
    ///
    /// As soon as there is one user, everybody has to sign in or to send a token.
    Add {
        name: String,
        /// read, write or admin. The first user is an admin unless told otherwise, later ones may write.
        #[arg(long)]
        role: Option<String>,
    },
    /// Set another password and end all sessions of the user.
    Passwd { name: String },
    /// List all users.
    List,
    /// Shut the doors to a user: their sessions end, their tokens open nothing any more.
    Disable { name: String },
    /// Let a disabled user in again.
    Enable { name: String },
}

#[derive(Subcommand)]
pub enum TokenCommand {
    /// Make a token and print it, this once.
    Add {
        /// What it is for.
        name: String,
        /// read, write, admin, upload:<tag> or upload:<prefix>*; may be given several times.
        #[arg(long, required = true)]
        scope: Vec<String>,
        /// Days until it expires; without it, never.
        #[arg(long)]
        days: Option<u32>,
        /// The user it belongs to, whose role bounds it.
        #[arg(long)]
        user: Option<String>,
    },
    /// List the newest 1,000 tokens: id, scopes, dates, last use.
    List,
    /// Revoke a token by its id; at once.
    Revoke { id: String },
}

/// Runs `granary user …`.
///
/// # Errors
/// One line for standard error.
pub async fn user(command: UserCommand) -> Result<(), String> {
    let action = match &command {
        UserCommand::Add { name, .. } => Some(("user add", name.clone())),
        UserCommand::Passwd { name } => Some(("user passwd", name.clone())),
        UserCommand::Disable { name } => Some(("user disable", name.clone())),
        UserCommand::Enable { name } => Some(("user enable", name.clone())),
        UserCommand::List => None,
    };
    let ground = Ground::open().await?;
    let accounts = Accounts::new(ground.db.clone(), ground.ids.clone(), ground.clock.clone());
    let done = match command {
        UserCommand::Add { name, role } => add_user(&accounts, &name, role).await,
        UserCommand::Passwd { name } => match accounts.user(&name).await {
            Ok(_) => accounts.set_password(&name, password()?).await.map_err(line),
            Err(error) => Err(line(error)),
        },
        UserCommand::List => list_users(&accounts).await,
        UserCommand::Disable { name } => accounts.set_disabled(&name, true).await.map_err(line),
        UserCommand::Enable { name } => accounts.set_disabled(&name, false).await.map_err(line),
    };
    finish(&ground, &accounts, action, done).await
}

/// Runs `granary token …`.
///
/// # Errors
/// One line for standard error.
pub async fn token(command: TokenCommand) -> Result<(), String> {
    let action = match &command {
        TokenCommand::Add { name, .. } => Some(("token add", name.clone())),
        TokenCommand::Revoke { id } => Some(("token revoke", id.clone())),
        TokenCommand::List => None,
    };
    let ground = Ground::open().await?;
    let accounts = Accounts::new(ground.db.clone(), ground.ids.clone(), ground.clock.clone());
    let done = match command {
        TokenCommand::Add { name, scope, days, user } => add_token(&accounts, &name, &scope, days, user).await,
        TokenCommand::List => list_tokens(&accounts).await,
        TokenCommand::Revoke { id } => match Id::read("id", &id) {
            Ok(id) => accounts.revoke_token(id, None).await.map_err(line),
            Err(error) => Err(line(error)),
        },
    };
    finish(&ground, &accounts, action, done).await
}

/// Writes a line in the audit log for what was changed, and closes the database.
async fn finish(
    ground: &Ground,
    accounts: &Accounts,
    action: Option<(&str, String)>,
    done: Result<(), String>,
) -> Result<(), String> {
    let mut recorded = Ok(());
    if let (Ok(()), Some((action, path))) = (&done, action) {
        let entry = Entry {
            kind: "command",
            who: std::env::var("USER").unwrap_or_default().chars().take(60).collect(),
            who_id: None,
            address: String::new(),
            action: action.to_owned(),
            path,
            status: 0,
            is_refused: false,
        };
        recorded = accounts.record(&entry).await.map_err(line);
    }
    ground.db.shut().await;
    done.and(recorded)
}

async fn add_user(accounts: &Accounts, name: &str, role: Option<String>) -> Result<(), String> {
    let name = Name::new(name).map_err(|error| line(error.of("name")))?;
    let allowed = || "role must be read, write or admin".to_owned();
    let role = role.map(|word| Role::parse(&word).ok_or_else(allowed)).transpose()?;
    let user = accounts.add_user(&name, role, password()?).await.map_err(line)?;
    println!("{} may {}", user.name, user.role.word());
    Ok(())
}

async fn list_users(accounts: &Accounts) -> Result<(), String> {
    for user in accounts.users().await.map_err(line)? {
        let state = user.disabled_at.map_or_else(String::new, |at| format!("  disabled since {}", rfc3339(at)));
        println!("{:<24} {:<6} since {}{state}", user.name, user.role.word(), rfc3339(user.created_at));
    }
    Ok(())
}

async fn add_token(
    accounts: &Accounts,
    name: &str,
    scopes: &[String],
    days: Option<u32>,
    user: Option<String>,
) -> Result<(), String> {
    let name = Name::new(name).map_err(|error| line(error.of("name")))?;
    let grants = scopes.iter().map(|text| scope(text)).collect::<Result<_, _>>().map_err(line)?;
    let owner = match user {
        Some(user) => Some(accounts.user(&user).await.map_err(line)?),
        None => None,
    };
    let owner = owner.map(|user| (user.id, user.name, user.role));
    let wanted = NewToken { kind: TokenKind::Token, name, grants, days };
    let made = accounts.make_token(wanted, owner).await.map_err(line)?;
    println!("{}", made.secret.0);
    eprintln!("This is shown once. Its id is {}.", made.token.id);
    Ok(())
}

async fn list_tokens(accounts: &Accounts) -> Result<(), String> {
    let now = accounts.now();
    for token in accounts.tokens(None).await.map_err(line)? {
        println!("{}", told(&token, now));
    }
    Ok(())
}

/// A token on one line.
fn told(token: &Token, now: i64) -> String {
    let scopes = token.grants.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let when = |at: Option<i64>| at.map_or_else(|| "never".to_owned(), rfc3339);
    let state = match (token.revoked_at, token.is_alive(now)) {
        (Some(at), _) => format!("revoked {}", rfc3339(at)),
        (None, true) => format!("expires {}", when(token.expires_at)),
        (None, false) => format!("expired {}", when(token.expires_at)),
    };
    let owner = token.owner.as_deref().unwrap_or("-");
    format!("{} {:<20} {scopes} {owner}  {state}, used {}", token.id, token.name, when(token.last_used_at))
}

/// Asks for a new password twice on a terminal; else it is the first line of standard input.
fn password() -> Result<Secret, String> {
    if !stdin().is_terminal() {
        return read_line();
    }
    let first = ask("Password: ")?;
    let again = ask("Once more: ")?;
    if first.0 == again.0 { Ok(first) } else { Err("the two passwords differ".to_owned()) }
}

/// Reads a line that the terminal doesn't show.
fn ask(prompt: &str) -> Result<Secret, String> {
    print!("{prompt}");
    let _ = stdout().flush();
    let shown = tcgetattr(stdin()).map_err(|error| format!("the terminal can't be read: {error}"))?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(stdin(), OptionalActions::Now, &hidden).map_err(|error| format!("the terminal can't be set: {error}"))?;
    let read = read_line();
    let restored = tcsetattr(stdin(), OptionalActions::Now, &shown);
    println!();
    restored.map_err(|error| format!("the terminal can't be set: {error}"))?;
    read
}

fn read_line() -> Result<Secret, String> {
    let mut text = String::new();
    stdin().lock().read_line(&mut text).map_err(|error| format!("the password can't be read: {error}"))?;
    Ok(Secret(text.trim_end_matches(['\n', '\r']).to_owned()))
}

fn line(error: Error) -> String {
    match error {
        Error::Internal(source) => source.to_string(),
        error => error.text(Lang::En),
    }
}
