//! Both databases go through the same steps: each migration has its twin.

use crate::assert_none;
use crate::source::files;

/// Migrations that stand on one side only, or whose numbers have gaps.
fn lonely(sqlite: &[String], mysql: &[String]) -> Vec<String> {
    let mut findings = Vec::new();
    for (own, other, side) in [(sqlite, mysql, "mysql"), (mysql, sqlite, "sqlite")] {
        for name in own.iter().filter(|name| !other.contains(name)) {
            findings.push(format!("{name} has no twin in migrations/{side}"));
        }
    }
    for (place, name) in sqlite.iter().enumerate() {
        let number = name.split('_').next().unwrap_or_default();
        if number != format!("{:04}", place + 1) {
            findings.push(format!("{name} should be number {:04}", place + 1));
        }
    }
    findings
}

fn names(folder: &str) -> Vec<String> {
    let strip = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    files(folder, &[".sql"]).iter().map(|source| strip(&source.path)).collect()
}

#[test]
fn each_migration_has_its_twin() {
    let (sqlite, mysql) = (names("migrations/sqlite"), names("migrations/mysql"));
    assert!(!sqlite.is_empty(), "no migrations were found");
    assert_none(&lonely(&sqlite, &mysql));
}

#[test]
fn a_lonely_one_is_caught() {
    let list = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let both = list(&["0001_files.sql", "0002_tags.sql"]);
    assert!(lonely(&both, &both).is_empty());
    assert_eq!(lonely(&both, &both[..1]).len(), 1);
    assert_eq!(lonely(&both[..1], &both).len(), 1);
    let gap = list(&["0001_files.sql", "0003_tags.sql"]);
    assert_eq!(lonely(&gap, &gap).len(), 1);
}
