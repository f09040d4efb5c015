//! Channels as they are kept: with what opens them, which leaves the store only for whoever sends.

use model::{Channel, ChannelId, Platform, Target};

use crate::engine::{Read, Row};
use crate::query::query;
use crate::{Error, Tx};

const COLUMNS: &str = "id, platform, name, shown, home, disabled, created_at, updated_at, version";

fn read_channel(row: &Row) -> Result<Channel, Error> {
    Ok(Channel {
        id: row.at(0)?,
        platform: row.at(1)?,
        name: row.at(2)?,
        target: row.at(3)?,
        home: row.at(4)?,
        disabled: row.at(5)?,
        created_at: row.at(6)?,
        updated_at: row.at(7)?,
        version: row.at(8)?,
    })
}

/// Keeps a new channel. A second home of its platform is a conflict.
pub async fn insert(tx: &mut Tx, channel: &Channel, target: &Target) -> Result<(), Error> {
    let insert = query(
        "INSERT INTO channels (id, platform, name, shown, target, home, disabled, created_at, updated_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    );
    let insert = insert
        .bind(&channel.id)
        .bind(&channel.platform)
        .bind(&channel.name)
        .bind(&target.shown())
        .bind(target)
        .bind(&channel.home)
        .bind(&channel.disabled)
        .bind(&channel.created_at)
        .bind(&channel.updated_at)
        .bind(&channel.version);
    tx.run(insert).await.map(drop)
}

/// The channel with this id.
pub async fn get(read: &mut Read, id: ChannelId) -> Result<Option<Channel>, Error> {
    let mut select = crate::query::Query::composed(format!("SELECT {COLUMNS} FROM channels"));
    select.push(" WHERE id = ").push_bind(&id);
    read.optional(select)
        .await?
        .as_ref()
        .map(read_channel)
        .transpose()
}

/// Where a channel leads, with what opens it.
pub async fn target(read: &mut Read, id: ChannelId) -> Result<Option<Target>, Error> {
    let select = query("SELECT target FROM channels WHERE id = $1").bind(&id);
    read.optional(select)
        .await?
        .map(|row| row.at(0))
        .transpose()
}

/// The home of a platform.
pub async fn home(read: &mut Read, platform: Platform) -> Result<Option<Channel>, Error> {
    Ok(homes(read)
        .await?
        .into_iter()
        .find(|home| home.platform == platform))
}

/// The homes of all platforms, by the names of these.
pub async fn homes(read: &mut Read) -> Result<Vec<Channel>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM channels WHERE home = TRUE ORDER BY platform");
    let rows = read.all(crate::query::Query::composed(sql)).await?;
    rows.iter().map(read_channel).collect()
}

/// All channels, the oldest first. There are as many as somebody made by hand.
pub async fn list(read: &mut Read) -> Result<Vec<Channel>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM channels ORDER BY id");
    let rows = read.all(crate::query::Query::composed(sql)).await?;
    rows.iter().map(read_channel).collect()
}

/// Writes an edit; the channel's version is the next one then.
pub async fn update(tx: &mut Tx, channel: &mut Channel, target: &Target) -> Result<(), Error> {
    let update = query(
        "UPDATE channels SET name = $3, shown = $4, target = $5, home = $6, disabled = $7, updated_at = $8,
             version = version + 1
         WHERE id = $1 AND version = $2",
    );
    let update = update
        .bind(&channel.id)
        .bind(&channel.version)
        .bind(&channel.name)
        .bind(&target.shown())
        .bind(target)
        .bind(&channel.home)
        .bind(&channel.disabled)
        .bind(&channel.updated_at);
    if tx.run(update).await? == 0 {
        return Err(Error::stale());
    }
    channel.version += 1;
    Ok(())
}

/// Deletes a channel with its rules, subscriptions and deliveries.
pub async fn delete(tx: &mut Tx, id: ChannelId) -> Result<(), Error> {
    tx.run(query("DELETE FROM channels WHERE id = $1").bind(&id))
        .await
        .map(drop)
}
