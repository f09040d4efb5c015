//! Logins as they are kept: under the hash of their cookie's secret.

use model::{Login, LoginId, Principal, Timestamp, UserId};

use crate::engine::Read;
use crate::query::query;
use crate::record::{self, Kept, kept};
use crate::{Error, Tx};

kept!(Login in "logins" {
    fixed: id, user_id, principal, scopes, created_at, expires_at;
    edited: ;
});

/// Keeps a new login.
pub async fn insert(tx: &mut Tx, login: &Login, secret_hash: &[u8]) -> Result<(), Error> {
    let insert = query(
        "INSERT INTO logins (id, user_id, principal, scopes, created_at, expires_at, secret_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    tx.run(insert.bind_all(login.fixed()).bind(&secret_hash.to_vec()))
        .await
        .map(drop)
}

/// The login with this id.
pub async fn get(read: &mut Read, id: LoginId) -> Result<Option<Login>, Error> {
    record::get(read, &id).await
}

/// The login whose secret has this hash, whether or not it still holds.
pub async fn by_secret_hash(read: &mut Read, secret_hash: &[u8]) -> Result<Option<Login>, Error> {
    let mut select = record::select::<Login>();
    select.push_equal("secret_hash", Some(&secret_hash.to_vec()));
    record::optional(read, select).await
}

/// Ends a login; answers whether there was one.
pub async fn delete(tx: &mut Tx, id: LoginId) -> Result<bool, Error> {
    Ok(tx
        .run(query("DELETE FROM logins WHERE id = $1").bind(&id))
        .await?
        > 0)
}

/// Ends all logins of a user; answers which they were.
pub async fn delete_of_user(tx: &mut Tx, user: UserId) -> Result<Vec<LoginId>, Error> {
    let delete = query("DELETE FROM logins WHERE user_id = $1 RETURNING id").bind(&user);
    tx.all(delete).await?.iter().map(|row| row.at(0)).collect()
}

/// Ends the logins that somebody made by a token; answers which they were.
pub async fn delete_by_token(tx: &mut Tx, who: &Principal) -> Result<Vec<LoginId>, Error> {
    let delete = query("DELETE FROM logins WHERE principal = $1 AND user_id IS NULL RETURNING id");
    let rows = tx.all(delete.bind(who)).await?;
    rows.iter().map(|row| row.at(0)).collect()
}

/// Removes logins that ended before a moment; answers how many.
pub async fn sweep(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.run(query("DELETE FROM logins WHERE expires_at < $1").bind(&before))
        .await
}
