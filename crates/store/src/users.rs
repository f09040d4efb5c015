//! Users as they are kept: with the hash of their password, which never leaves the server.

use model::{User, UserId};

use crate::engine::{Read, Row};
use crate::query::query;
use crate::record::{self, Kept, kept};
use crate::{Error, Tx};

kept!(User in "users" {
    fixed: id, name, created_at, version;
    edited: scopes, disabled, updated_at;
});

/// Keeps a new user. A name that is taken, in any case, is a conflict.
pub async fn insert(tx: &mut Tx, user: &User, password_hash: &str) -> Result<(), Error> {
    let insert = query(
        "INSERT INTO users (id, name, name_folded, password_hash, scopes, disabled, created_at,
             updated_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    let insert = insert
        .bind(&user.id)
        .bind(&user.name)
        .bind(&model::fold(user.name.as_str()))
        .bind(&password_hash.to_owned())
        .bind(&user.scopes)
        .bind(&user.disabled)
        .bind(&user.created_at)
        .bind(&user.updated_at)
        .bind(&user.version);
    tx.run(insert).await.map(drop)
}

/// The user with this id.
pub async fn get(read: &mut Read, id: UserId) -> Result<Option<User>, Error> {
    record::get(read, &id).await
}

/// The user with this name in any case, and the hash of the password.
pub async fn by_name(read: &mut Read, name: &str) -> Result<Option<(User, String)>, Error> {
    let select = query(
        "SELECT id, name, password_hash, scopes, disabled, created_at, updated_at, version
         FROM users WHERE name_folded = $1",
    );
    let row = read.optional(select.bind(&model::fold(name))).await?;
    row.map(|row: Row| Ok((User::read(&row)?, row.get("password_hash")?)))
        .transpose()
}

/// All users by their names.
pub async fn list(read: &mut Read) -> Result<Vec<User>, Error> {
    let mut select = record::select::<User>();
    select.push(" ORDER BY name_folded");
    record::all(read, select).await
}

/// Writes an edit; the user's version is the next one then.
pub async fn update(tx: &mut Tx, user: &mut User) -> Result<(), Error> {
    let mut version = user.version;
    record::update(tx, &user.id, user, &mut version).await?;
    user.version = version;
    Ok(())
}

/// Replaces the hash of the password.
pub async fn set_password(tx: &mut Tx, id: UserId, password_hash: &str) -> Result<(), Error> {
    let update = query("UPDATE users SET password_hash = $2 WHERE id = $1");
    tx.run(update.bind(&id).bind(&password_hash.to_owned()))
        .await
        .map(drop)
}

/// Deletes a user and the user's logins; answers whether there was one.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<bool, Error> {
    Ok(tx
        .run(query("DELETE FROM users WHERE id = $1").bind(&id))
        .await?
        > 0)
}
