//! Rules as they are kept: which occasions of a project are told to which channels.

use model::{ChannelId, NotificationRule, Occasion, ProjectId, Timestamp};

use crate::engine::{Read, Row};
use crate::query::query;
use crate::{Error, Tx};

/// The rules of a project, by the channels' age. There are at most as many as channels.
pub async fn list(read: &mut Read, project: ProjectId) -> Result<Vec<NotificationRule>, Error> {
    let select = query(
        "SELECT r.project_id, r.channel_id, c.platform, c.name, r.occasions, r.updated_at
         FROM notification_rules r JOIN channels c ON c.id = r.channel_id
         WHERE r.project_id = $1 ORDER BY r.channel_id",
    );
    let rows = read.all(select.bind(&project)).await?;
    rows.iter().map(read_rule).collect()
}

fn read_rule(row: &Row) -> Result<NotificationRule, Error> {
    Ok(NotificationRule {
        project_id: row.at(0)?,
        channel_id: row.at(1)?,
        platform: row.at(2)?,
        channel_name: row.at(3)?,
        occasions: row.at(4)?,
        updated_at: row.at(5)?,
    })
}

/// Keeps what is told, in place of what was told before.
pub async fn put(
    tx: &mut Tx,
    project: ProjectId,
    channel: ChannelId,
    occasions: &Vec<Occasion>,
    at: Timestamp,
) -> Result<(), Error> {
    let upsert = query(
        "INSERT INTO notification_rules (project_id, channel_id, occasions, updated_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, channel_id)
         DO UPDATE SET occasions = excluded.occasions, updated_at = excluded.updated_at",
    );
    let upsert = upsert.bind(&project).bind(&channel);
    tx.run(upsert.bind(occasions).bind(&at)).await.map(drop)
}

/// Takes a rule away; answers whether there was one.
pub async fn delete(tx: &mut Tx, project: ProjectId, channel: ChannelId) -> Result<bool, Error> {
    let delete = query("DELETE FROM notification_rules WHERE project_id = $1 AND channel_id = $2");
    Ok(tx.run(delete.bind(&project).bind(&channel)).await? > 0)
}
