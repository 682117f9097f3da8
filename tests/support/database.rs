//! A fresh database for each server: a SQLite file in its data folder, or a schema of its own in
//! the MariaDB that `./scripts/test` starts.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::Connection as _;
use sqlx::migrate::MigrateDatabase as _;

/// Which database a story runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Db {
    Sqlite,
    MariaDb,
}

/// A database of one test, dropped with it.
pub enum Database {
    /// In the data folder; the server's default.
    Sqlite,
    /// A schema of its own.
    MariaDb { url: String },
    /// Another server's.
    Shared { url: String },
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// Makes an empty database.
    ///
    /// # Panics
    /// Where no MariaDB is given: a story whose server is missing fails, it isn't skipped.
    pub fn fresh(db: Db) -> Self {
        if db == Db::Sqlite {
            return Self::Sqlite;
        }
        let Ok(base) = std::env::var("GRANARY_TEST_MYSQL") else {
            panic!("GRANARY_TEST_MYSQL is not set: run the tests by ./scripts/test, which starts a MariaDB");
        };
        let url = with_schema(&base, &fresh_name());
        block_on(sqlx::MySql::create_database(&url)).expect("a new schema in MariaDB");
        Self::MariaDb { url }
    }

    /// The value of `databases.granary.url`; `None` is the server's own default.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Sqlite => None,
            Self::MariaDb { url } | Self::Shared { url } => Some(url),
        }
    }
}

/// Statements that a test runs beside the server, on its database.
pub struct Direct {
    url: String,
}

impl Direct {
    /// On the database of a server whose data folder is `data`.
    pub fn to(database: &Database, data: &Path) -> Self {
        let sqlite = || format!("sqlite:{}", data.join("granary.db").display());
        Self { url: database.url().map_or_else(sqlite, str::to_owned) }
    }

    /// Runs statements, the same text on both databases.
    #[expect(clippy::disallowed_methods, reason = "a test that prepares what would take too long by HTTP")]
    pub fn run(&self, statements: &[String]) {
        block_on(async {
            for statement in statements {
                let statement = sqlx::AssertSqlSafe(statement.as_str());
                if self.url.starts_with("sqlite:") {
                    let mut connection = sqlx::SqliteConnection::connect(&self.url).await.expect("the database");
                    sqlx::raw_sql(statement).execute(&mut connection).await.expect("a statement");
                } else {
                    let mut connection = sqlx::MySqlConnection::connect(&self.url).await.expect("the database");
                    sqlx::raw_sql(statement).execute(&mut connection).await.expect("a statement");
                }
            }
        });
    }

    /// Keeps everybody else from writing to a table (on SQLite to any) for so long.
    #[expect(clippy::disallowed_methods, reason = "a lock that no request can take")]
    pub fn locked_for(&self, time: std::time::Duration, table: &str) {
        block_on(async {
            if self.url.starts_with("sqlite:") {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.expect("the database");
                sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.expect("the lock");
                tokio::time::sleep(time).await;
                sqlx::raw_sql("ROLLBACK").execute(&mut connection).await.expect("the end of the lock");
            } else {
                let mut connection = sqlx::MySqlConnection::connect(&self.url).await.expect("the database");
                let lock = sqlx::AssertSqlSafe(format!("LOCK TABLES {table} WRITE"));
                sqlx::raw_sql(lock).execute(&mut connection).await.expect("the lock");
                tokio::time::sleep(time).await;
                sqlx::raw_sql("UNLOCK TABLES").execute(&mut connection).await.expect("the end of the lock");
            }
        });
    }

    /// Ends all other connections to this MariaDB schema; how many there were.
    #[expect(clippy::disallowed_methods, reason = "what an administrator does")]
    pub fn cut_connections(&self) -> usize {
        block_on(async {
            let mut connection = sqlx::MySqlConnection::connect(&self.url).await.expect("the database");
            let others = "SELECT CAST(id AS SIGNED) FROM information_schema.processlist \
                          WHERE db = DATABASE() AND id <> CONNECTION_ID()";
            let ids: Vec<i64> = sqlx::query_scalar(others).fetch_all(&mut connection).await.expect("connections");
            for id in &ids {
                // One that has ended by itself meanwhile is none to end.
                let _ = sqlx::raw_sql(sqlx::AssertSqlSafe(format!("KILL {id}"))).execute(&mut connection).await;
            }
            ids.len()
        })
    }

    /// The one number that a query gives.
    #[expect(clippy::disallowed_methods, reason = "a test that looks at what no answer tells")]
    pub fn number(&self, query: &str) -> i64 {
        let query = sqlx::AssertSqlSafe(query.to_owned());
        block_on(async {
            if self.url.starts_with("sqlite:") {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.expect("the database");
                sqlx::query_scalar(query).fetch_one(&mut connection).await.expect("a number")
            } else {
                let mut connection = sqlx::MySqlConnection::connect(&self.url).await.expect("the database");
                sqlx::query_scalar(query).fetch_one(&mut connection).await.expect("a number")
            }
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::MariaDb { url } = self {
            // The whole MariaDB is thrown away in the end, so a schema left behind does no harm.
            let _ = block_on(sqlx::MySql::drop_database(url));
        }
    }
}

fn fresh_name() -> String {
    format!("granary_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// `mysql://user@host:port/old?query` with another schema.
fn with_schema(url: &str, schema: &str) -> String {
    let (head, query) = url.split_once('?').map_or((url, None), |(h, q)| (h, Some(q)));
    let after_scheme = head.find("://").map_or(0, |at| at + 3);
    let host_end = head[after_scheme..].find('/').map_or(head.len(), |at| after_scheme + at);
    let mut full = format!("{}/{schema}", &head[..host_end]);
    if let Some(query) = query {
        full.push('?');
        full.push_str(query);
    }
    full
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a small runtime").block_on(future)
}
