//! Sessions, by the SHA-256 of their cookie.

use super::role;
use crate::accounts::model::{Session, User};
use crate::platform::db::{Db, Row, Sql, Tx};
use crate::platform::error::Result;
use crate::platform::ids::Id;

fn session(row: &Row) -> Result<Session> {
    Ok(Session {
        id: Id(row.int(0)?),
        created_at: row.int(1)?,
        expires_at: row.int(2)?,
        last_used_at: row.int(3)?,
        address: row.text(4)?,
        agent: row.text(5)?,
    })
}

/// The living session with this hash, and whose it is.
pub async fn find(db: &Db, hash: &[u8], now: i64) -> Result<Option<(Session, User)>> {
    const FIND: &str = "SELECT s.id, s.created_at, s.expires_at, s.last_used_at, s.address, s.agent, u.id, u.name, u.role, \
                        u.created_at FROM sessions s JOIN users u ON u.id = s.user_id \
                        WHERE s.hash = ? AND s.expires_at > ? AND u.disabled_at IS NULL";
    let row = db.fetch_optional(Sql::new(FIND).bind(hash.to_vec()).bind(now)).await?;
    row.map(|row| {
        let user = User {
            id: Id(row.int(6)?),
            name: row.text(7)?,
            role: role(&row.text(8)?)?,
            created_at: row.int(9)?,
            disabled_at: None,
        };
        Ok((session(&row)?, user))
    })
    .transpose()
}

/// The living sessions of a user, the newest first.
pub async fn list(db: &Db, user: Id, now: i64) -> Result<Vec<Session>> {
    const LIST: &str = "SELECT id, created_at, expires_at, last_used_at, address, agent FROM sessions \
                        WHERE user_id = ? AND expires_at > ? ORDER BY created_at DESC, id DESC";
    db.fetch_all(Sql::new(LIST).bind(user).bind(now)).await?.iter().map(session).collect()
}

/// Begins one.
pub async fn insert(tx: &mut Tx, user: Id, hash: &[u8], session: &Session) -> Result<()> {
    const INSERT: &str = "INSERT INTO sessions (id, hash, user_id, created_at, expires_at, last_used_at, address, agent) \
                          VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let sql = Sql::new(INSERT).bind(session.id).bind(hash.to_vec()).bind(user).bind(session.created_at);
    let sql = sql.bind(session.expires_at).bind(session.last_used_at);
    tx.execute(sql.bind(session.address.as_str()).bind(session.agent.as_str())).await.map(drop)
}

/// Ends one of this user's; whether there was such a one.
pub async fn end(tx: &mut Tx, user: Id, id: Id) -> Result<bool> {
    Ok(tx.execute(Sql::new("DELETE FROM sessions WHERE id = ? AND user_id = ?").bind(id).bind(user)).await? > 0)
}

/// Ends all of this user's but one.
pub async fn end_others(tx: &mut Tx, user: Id, but: Option<Id>) -> Result<()> {
    let sql = Sql::new("DELETE FROM sessions WHERE user_id = ? AND id <> ?");
    tx.execute(sql.bind(user).bind(but.map_or(0, |id| id.0))).await.map(drop)
}

/// Removes those that have expired.
#[must_use]
pub fn purge(now: i64) -> Sql {
    Sql::new("DELETE FROM sessions WHERE expires_at <= ?").bind(now)
}

/// Notes that it was used.
pub async fn used(tx: &mut Tx, id: Id, now: i64) -> Result<()> {
    let sql = Sql::new("UPDATE sessions SET last_used_at = ? WHERE id = ? AND last_used_at < ?");
    tx.execute(sql.bind(now).bind(id).bind(now)).await.map(drop)
}
