//! Tokens as they are kept: under the hash of their secret, never the secret.

use model::{RunId, Timestamp, Token, TokenId};

use crate::bulk::Bulk;
use crate::column::{Column, Form};
use crate::engine::Read;
use crate::query::query;
use crate::record::{self, Kept, kept};
use crate::{Error, Tx};

kept!(Token in "tokens" {
    fixed: id, name, kind, scopes, prefix, project_id, run_id, created_by, created_at;
    edited: expires_at, revoked_at, last_used_at;
});

const COLUMNS: &[(&str, Form)] = &[
    ("id", Form::Id),
    ("name", Form::Text),
    ("kind", Form::Text),
    ("scopes", Form::Text),
    ("prefix", Form::Text),
    ("project_id", Form::Id),
    ("run_id", Form::Id),
    ("created_by", Form::Text),
    ("created_at", Form::Int),
    ("expires_at", Form::Int),
    ("revoked_at", Form::Int),
    ("last_used_at", Form::Int),
    ("secret_hash", Form::Bytes),
];

/// Keeps a new token. A secret that is taken is a conflict.
pub async fn insert(tx: &mut Tx, token: &Token, secret_hash: &[u8]) -> Result<(), Error> {
    insert_all(tx, [(token, secret_hash)]).await
}

/// Keeps new tokens, each with the hash of its secret.
pub async fn insert_all(
    tx: &mut Tx,
    tokens: impl IntoIterator<Item = (&Token, &[u8])>,
) -> Result<(), Error> {
    let mut bulk = Bulk::new("tokens", COLUMNS);
    for (token, secret_hash) in tokens {
        let mut row = token.fixed();
        row.extend(token.edited());
        row.push(secret_hash.to_vec().value());
        bulk.push_row(row);
    }
    bulk.insert(tx).await
}

/// The token with this id.
pub async fn get(read: &mut Read, id: TokenId) -> Result<Option<Token>, Error> {
    record::get(read, &id).await
}

/// The token whose secret has this hash, whether or not it still holds.
pub async fn by_secret_hash(read: &mut Read, secret_hash: &[u8]) -> Result<Option<Token>, Error> {
    let mut select = record::select::<Token>();
    select.push_equal("secret_hash", Some(&secret_hash.to_vec()));
    record::optional(read, select).await
}

/// All tokens but those of runs, newest first.
pub async fn list(read: &mut Read) -> Result<Vec<Token>, Error> {
    let mut select = record::select::<Token>();
    select.push(" AND run_id IS NULL ORDER BY created_at DESC, id DESC");
    record::all(read, select).await
}

/// Revokes a token; answers whether it held until now.
pub async fn revoke(tx: &mut Tx, id: TokenId, at: Timestamp) -> Result<bool, Error> {
    let update = query("UPDATE tokens SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL");
    Ok(tx.run(update.bind(&id).bind(&at)).await? > 0)
}

/// Revokes the tokens of a run; answers which they were.
pub async fn revoke_of_run(tx: &mut Tx, run: RunId, at: Timestamp) -> Result<Vec<TokenId>, Error> {
    let update = query(
        "UPDATE tokens SET revoked_at = $2 WHERE run_id = $1 AND revoked_at IS NULL RETURNING id",
    );
    tx.all(update.bind(&run).bind(&at))
        .await?
        .iter()
        .map(|row| row.at(0))
        .collect()
}

/// Lets the tokens of a run hold until a moment and no longer.
pub async fn expire_of_run(tx: &mut Tx, run: RunId, at: Timestamp) -> Result<(), Error> {
    let update = query("UPDATE tokens SET expires_at = $2 WHERE run_id = $1");
    tx.run(update.bind(&run).bind(&at)).await.map(drop)
}

/// Notes when tokens were last used: many at once and now and then, because no request writes by itself.
pub async fn note_uses(tx: &mut Tx, uses: &[(TokenId, Timestamp)]) -> Result<(), Error> {
    for (id, at) in uses {
        let update = query(
            "UPDATE tokens SET last_used_at = $2
             WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)",
        );
        tx.run(update.bind_all([id.value(), at.value()])).await?;
    }
    Ok(())
}

/// Removes tokens of runs that ended before a moment; answers how many.
pub async fn sweep(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    let delete = query("DELETE FROM tokens WHERE run_id IS NOT NULL AND expires_at < $1");
    tx.run(delete.bind(&before)).await
}
