//! Idempotency keys: the first answer to a change, for whoever sends it again.

use model::{Principal, Timestamp};

use crate::engine::{Read, Row};
use crate::query::query;
use crate::{Error, Tx};

/// A change that named a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUse {
    /// Who sent it.
    pub principal: Principal,
    /// The key.
    pub key: String,
    /// What was asked: a hash of method, address and body.
    pub request_hash: Vec<u8>,
    /// The answer; none while the first is under way, or where the answer holds a secret.
    pub answer: Option<Answer>,
    /// When it was first sent.
    pub created_at: Timestamp,
}

/// An answer that can be given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: i64,
    /// Its content type.
    pub content_type: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Takes a key; answers whether it was free. The same key of another principal is another key.
pub async fn take(tx: &mut Tx, used: &KeyUse) -> Result<bool, Error> {
    let answer = used.answer.as_ref();
    let insert = query(
        "INSERT INTO idempotency_keys
             (principal, key, request_hash, status, content_type, body, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (principal, key) DO NOTHING",
    );
    let insert = insert
        .bind(&used.principal)
        .bind(&used.key)
        .bind(&used.request_hash)
        .bind(&answer.map(|answer| answer.status))
        .bind(&answer.and_then(|answer| answer.content_type.clone()))
        .bind(&answer.map(|answer| answer.body.clone()))
        .bind(&used.created_at);
    Ok(tx.run(insert).await? > 0)
}

/// What a key was used for.
pub async fn get(read: &mut Read, who: &Principal, key: &str) -> Result<Option<KeyUse>, Error> {
    let select = query(
        "SELECT principal, key, request_hash, status, content_type, body, created_at
         FROM idempotency_keys WHERE principal = $1 AND key = $2",
    );
    let row = read
        .optional(select.bind(who).bind(&key.to_owned()))
        .await?;
    row.as_ref().map(key_use).transpose()
}

fn key_use(row: &Row) -> Result<KeyUse, Error> {
    let status: Option<i64> = row.at(3)?;
    let answer = match status {
        Some(status) => {
            let body: Option<Vec<u8>> = row.at(5)?;
            Some(Answer {
                status,
                content_type: row.at(4)?,
                body: body.unwrap_or_default(),
            })
        }
        None => None,
    };
    Ok(KeyUse {
        principal: row.at(0)?,
        key: row.at(1)?,
        request_hash: row.at(2)?,
        answer,
        created_at: row.at(6)?,
    })
}

/// Remembers the answer under a key that was taken.
pub async fn set_answer(
    tx: &mut Tx,
    who: &Principal,
    key: &str,
    answer: &Answer,
) -> Result<(), Error> {
    let update = query(
        "UPDATE idempotency_keys SET status = $3, content_type = $4, body = $5
         WHERE principal = $1 AND key = $2",
    );
    let update = update.bind(who).bind(&key.to_owned()).bind(&answer.status);
    tx.run(update.bind(&answer.content_type).bind(&answer.body))
        .await
        .map(drop)
}

/// Gives a key free, because what it was taken for did not happen.
pub async fn give_back(tx: &mut Tx, who: &Principal, key: &str) -> Result<(), Error> {
    let delete = query("DELETE FROM idempotency_keys WHERE principal = $1 AND key = $2");
    tx.run(delete.bind(who).bind(&key.to_owned()))
        .await
        .map(drop)
}

/// Removes some keys that were taken before a moment; answers how many.
pub async fn sweep(tx: &mut Tx, before: Timestamp, most: i64) -> Result<u64, Error> {
    let delete = query(
        "DELETE FROM idempotency_keys WHERE (principal, key) IN
             (SELECT principal, key FROM idempotency_keys WHERE created_at < $1
              ORDER BY created_at LIMIT $2)",
    );
    tx.run(delete.bind(&before).bind(&most)).await
}
