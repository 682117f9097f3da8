//! Users.

use super::role;
use crate::accounts::model::User;
use crate::platform::db::{Db, Row, Sql, Tx};
use crate::platform::error::Result;
use crate::platform::ids::Id;
use crate::platform::names::fold;
use crate::platform::web::guards::Role;

const USER: &str = "SELECT id, name, role, created_at, disabled_at, password FROM users";

fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: Id(row.int(0)?),
        name: row.text(1)?,
        role: role(&row.text(2)?)?,
        created_at: row.int(3)?,
        disabled_at: row.opt_int(4)?,
    })
}

/// Whether there is any user, able to come in or not.
pub async fn exist(db: &Db) -> Result<bool> {
    Ok(db.fetch_optional(Sql::new("SELECT id FROM users LIMIT 1")).await?.is_some())
}

/// All of them, by name.
pub async fn list(db: &Db) -> Result<Vec<User>> {
    db.fetch_all(Sql::new(USER).push(" ORDER BY folded")).await?.iter().map(user).collect()
}

/// The user of that name, whatever its letter case, and the PHC string of the password.
pub async fn find(db: &Db, name: &str) -> Result<Option<(User, String)>> {
    let row = db.fetch_optional(Sql::new(USER).push(" WHERE folded = ?").bind(fold(name))).await?;
    row.map(|row| Ok((user(&row)?, row.text(5)?))).transpose()
}

/// How many there are; locks them against others who add.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    // The last block of ids is a row that every server has: it stands for the table that may be empty yet.
    let lock = format!("SELECT name FROM id_blocks WHERE name = 'id'{}", tx.for_update());
    tx.fetch_optional(Sql::new(lock)).await?;
    Ok(tx.fetch_one(Sql::new("SELECT COUNT(*) FROM users")).await?.int(0)?)
}

/// Whether the name is taken, within the transaction that adds it.
pub async fn is_taken(tx: &mut Tx, name: &str) -> Result<bool> {
    let sql = Sql::new("SELECT id FROM users WHERE folded = ?").bind(fold(name));
    Ok(tx.fetch_optional(sql).await?.is_some())
}

/// Adds one.
pub async fn insert(tx: &mut Tx, id: Id, name: &str, role: Role, password: &str, now: i64) -> Result<()> {
    const INSERT: &str = "INSERT INTO users (id, name, folded, role, password, created_at) VALUES (?, ?, ?, ?, ?, ?)";
    let sql = Sql::new(INSERT).bind(id).bind(name).bind(fold(name)).bind(role.word()).bind(password).bind(now);
    tx.execute(sql).await.map(drop)
}

/// Sets another password.
pub async fn set_password(tx: &mut Tx, id: Id, password: &str) -> Result<()> {
    tx.execute(Sql::new("UPDATE users SET password = ? WHERE id = ?").bind(password).bind(id)).await.map(drop)
}

/// Shuts the doors to somebody, or opens them again.
pub async fn set_disabled(tx: &mut Tx, id: Id, since: Option<i64>) -> Result<()> {
    tx.execute(Sql::new("UPDATE users SET disabled_at = ? WHERE id = ?").bind(since).bind(id)).await.map(drop)
}

/// Whether the user may come in by the password with this hash; until the end of `tx` it stays so.
pub async fn lock_with(tx: &mut Tx, id: Id, password: &str) -> Result<bool> {
    let lock = tx.for_update();
    let sql = Sql::new(format!("SELECT id FROM users WHERE id = ? AND password = ? AND disabled_at IS NULL{lock}"));
    Ok(tx.fetch_optional(sql.bind(id).bind(password)).await?.is_some())
}
