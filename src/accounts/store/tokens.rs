//! Tokens, by their SHA-256.

use super::role;
use crate::accounts::model::{Token, TokenKind};
use crate::platform::db::{Db, Row, Sql, Tx};
use crate::platform::error::{Error, Result};
use crate::platform::ids::Id;
use crate::platform::web::guards::{Grant, Role};

const TOKEN: &str = "SELECT t.id, t.kind, t.name, t.scopes, u.name, t.created_at, t.expires_at, t.revoked_at, t.last_used_at, \
                     u.role FROM tokens t LEFT JOIN users u ON u.id = t.user_id";

fn token(row: &Row) -> Result<Token> {
    let kind = row.text(1)?;
    Ok(Token {
        id: Id(row.int(0)?),
        kind: TokenKind::parse(&kind).ok_or_else(|| Error::internal(format!("{kind:?} is no kind of token")))?,
        name: row.text(2)?,
        grants: row.text(3)?.lines().filter_map(Grant::parse).collect(),
        owner: row.opt_text(4)?,
        created_at: row.int(5)?,
        expires_at: row.opt_int(6)?,
        revoked_at: row.opt_int(7)?,
        last_used_at: row.opt_int(8)?,
    })
}

/// The token with this hash that opens doors now, and the role of whom it belongs to.
pub async fn find(db: &Db, hash: &[u8], now: i64) -> Result<Option<(Token, Option<Role>)>> {
    let sql = Sql::new(TOKEN)
        .push(" WHERE t.hash = ? AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?)")
        .push(" AND u.disabled_at IS NULL");
    let row = db.fetch_optional(sql.bind(hash.to_vec()).bind(now)).await?;
    row.map(|row| {
        let bound = row.opt_text(9)?.map(|word| role(&word)).transpose()?;
        Ok((token(&row)?, bound))
    })
    .transpose()
}

/// The tokens of a user, or all; the newest first.
pub async fn list(db: &Db, owner: Option<Id>, limit: u32) -> Result<Vec<Token>> {
    let mut sql = Sql::new(TOKEN);
    if let Some(owner) = owner {
        sql = sql.push(" WHERE t.user_id = ?").bind(owner);
    }
    db.fetch_all(sql.push(" ORDER BY t.created_at DESC, t.id DESC LIMIT ?").bind(limit))
        .await?
        .iter()
        .map(token)
        .collect()
}

/// Adds one.
pub async fn insert(tx: &mut Tx, hash: &[u8], token: &Token, owner: Option<Id>) -> Result<()> {
    const INSERT: &str = "INSERT INTO tokens (id, hash, kind, name, scopes, user_id, created_at, expires_at) \
                          VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let scopes = token.grants.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let sql = Sql::new(INSERT).bind(token.id).bind(hash.to_vec()).bind(token.kind.word()).bind(token.name.as_str());
    tx.execute(sql.bind(scopes).bind(owner).bind(token.created_at).bind(token.expires_at)).await.map(drop)
}

/// Revokes one, of this owner or of anybody; whether there was such a living one.
pub async fn revoke(tx: &mut Tx, id: Id, owner: Option<Id>, now: i64) -> Result<bool> {
    let mut sql = Sql::new("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL").bind(now).bind(id);
    if let Some(owner) = owner {
        sql = sql.push(" AND user_id = ?").bind(owner);
    }
    Ok(tx.execute(sql).await? > 0)
}

/// Notes that it was used.
pub async fn used(tx: &mut Tx, id: Id, now: i64) -> Result<()> {
    let sql =
        Sql::new("UPDATE tokens SET last_used_at = ? WHERE id = ? AND (last_used_at IS NULL OR last_used_at < ?)");
    tx.execute(sql.bind(now).bind(id).bind(now)).await.map(drop)
}
