//! The steps of the schema as they lie in `migrations/`, taken into the executable when it is built.
//!
//! `sqlx::migrate!` does the same, at the price of a second sqlx with both databases that is built for the macro alone: a
//! sixth of the work of a first build. What always holds: number, description and checksum of a step are those that the
//! macro would give, so databases that older versions made go on.

use rust_embed::RustEmbed;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

#[derive(RustEmbed)]
#[folder = "migrations/sqlite"]
struct Sqlite;

#[derive(RustEmbed)]
#[folder = "migrations/mysql"]
struct MySql;

pub(super) fn sqlite() -> Migrator {
    migrator::<Sqlite>()
}

pub(super) fn mysql() -> Migrator {
    migrator::<MySql>()
}

fn migrator<F: RustEmbed>() -> Migrator {
    Migrator::with_migrations(F::iter().filter_map(|name| step(&name, &F::get(&name)?.data)).collect())
}

/// The step of a file `0001_words_of_a_description.sql`.
fn step(name: &str, bytes: &[u8]) -> Option<Migration> {
    let (number, words) = name.strip_suffix(".sql")?.split_once('_')?;
    let sql = AssertSqlSafe(String::from_utf8(bytes.to_vec()).ok()?).into_sql_str();
    Some(Migration::new(number.parse().ok()?, words.replace('_', " ").into(), MigrationType::Simple, sql, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files in a folder of migrations.
    fn files(side: &str) -> usize {
        std::fs::read_dir(format!("{}/migrations/{side}", env!("CARGO_MANIFEST_DIR"))).unwrap().count()
    }

    #[test]
    fn every_file_is_a_step_and_they_are_in_order() {
        for (side, migrator) in [("sqlite", sqlite()), ("mysql", mysql())] {
            let versions: Vec<i64> = migrator.iter().map(|step| step.version).collect();
            let wanted: Vec<i64> = (1..).take(files(side)).collect();
            assert_eq!(versions, wanted, "{side}");
        }
    }

    /// What the checksums of the first steps begin with: SHA-384 of the files, as `sqlx::migrate!` wrote it.
    const SQLITE: [u8; 8] = [0x62, 0x16, 0xb4, 0x15, 0xfc, 0x19, 0x98, 0x35];
    const MYSQL: [u8; 8] = [0xec, 0x7c, 0xbd, 0x8c, 0x49, 0x39, 0xf0, 0xb7];

    #[test]
    fn a_step_is_the_one_that_is_written_in_older_databases() {
        for (migrator, begin) in [(sqlite(), SQLITE), (mysql(), MYSQL)] {
            let first = migrator.iter().next().unwrap();
            assert_eq!((first.version, &*first.description, first.no_tx), (1, "collect", false));
            assert_eq!(first.checksum[..8], begin);
        }
        assert!(step("README.md", b"").is_none());
        let words = step("0012_two_words.sql", b"SELECT 1").unwrap();
        assert_eq!((words.version, &*words.description), (12, "two words"));
        assert_eq!(words.migration_type, MigrationType::from_filename("0012_two_words.sql"));
    }
}
