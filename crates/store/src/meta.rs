//! What the database knows about itself: its epoch, and settings that the server remembers.

use std::collections::HashMap;

use uuid::Uuid;

use crate::engine::Read;
use crate::query::query;
use crate::{Error, Tx};

const EPOCH: &str = "epoch";

/// The epoch; it is made by the first who asks.
pub(crate) async fn epoch(writer: &mut Read) -> Result<String, Error> {
    let new = Uuid::new_v4().simple().to_string();
    let insert =
        query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING");
    writer
        .run(insert.bind(&EPOCH.to_owned()).bind(&new))
        .await?;
    Ok(setting(writer, EPOCH).await?.unwrap_or(new))
}

/// Something that the server remembers.
pub async fn setting(read: &mut Read, key: &str) -> Result<Option<String>, Error> {
    let select = query("SELECT value FROM meta WHERE key = $1").bind(&key.to_owned());
    read.optional(select)
        .await?
        .map(|row| row.at(0))
        .transpose()
}

/// Some of what the server remembers, in the order of the keys.
pub async fn settings<const N: usize>(
    read: &mut Read,
    keys: [&str; N],
) -> Result<[Option<String>; N], Error> {
    let mut select = query("SELECT key, value FROM meta WHERE TRUE");
    select.push_in("key", &keys.map(str::to_owned));
    let mut kept = HashMap::new();
    for row in read.all(select).await? {
        kept.insert(row.at::<String>(0)?, row.at::<String>(1)?);
    }
    Ok(keys.map(|key| kept.remove(key)))
}

/// Remembers something.
pub async fn set(tx: &mut Tx, key: &str, value: &str) -> Result<(), Error> {
    let upsert = query(
        "INSERT INTO meta (key, value) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
    tx.run(upsert.bind(&key.to_owned()).bind(&value.to_owned()))
        .await
        .map(drop)
}
