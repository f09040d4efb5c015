//! Deliveries as they are kept. Whoever sends one holds its lease; without the lease nobody says how it went.

use model::{
    ChannelId, Delivery, DeliveryFilter, DeliveryId, DeliveryState, Page, Paged, Platform,
    Timestamp,
};
use uuid::Uuid;

use crate::engine::Read;
use crate::pages::{self, Key, Order};
use crate::query::{Query, query};
use crate::record::{self, kept};
use crate::{Error, Tx};

kept!(Delivery in "deliveries" {
    fixed: id, channel_id, project_id, task_id, event_seq, event_type, occasion, created_at;
    edited: state, attempts, due_at, status, answer, ended_at, reached;
});

/// The delivery with this id.
pub async fn get(read: &mut Read, id: DeliveryId) -> Result<Option<Delivery>, Error> {
    record::get(read, &id).await
}

/// A page of deliveries, newest first.
pub async fn list(
    read: &mut Read,
    filter: &DeliveryFilter,
    page: &Page,
) -> Result<Paged<Delivery>, Error> {
    let found = record::all(read, statement(filter, page)?).await?;
    Ok(pages::cut(found, page, |delivery: &Delivery| {
        Key::one(delivery.created_at.micros(), delivery.id.0)
    }))
}

fn statement(filter: &DeliveryFilter, page: &Page) -> Result<Query, Error> {
    let mut select = record::select::<Delivery>();
    select
        .push_equal("task_id", filter.task.as_ref())
        .push_equal("channel_id", filter.channel.as_ref())
        .push_equal("project_id", filter.project.as_ref())
        .push_equal("state", filter.state.as_ref());
    Order::Down("created_at").page(&mut select, page)?;
    Ok(select)
}

/// Every channel that is used, by its platform, with whether it took what was last sent to it: one to which nothing was
/// sent yet counts as good.
pub async fn reached(read: &mut Read) -> Result<Vec<(Platform, bool)>, Error> {
    let select = query(
        "SELECT c.platform,
             (SELECT MAX(created_at) FROM deliveries WHERE channel_id = c.id AND state = 'sent'),
             (SELECT MAX(created_at) FROM deliveries WHERE channel_id = c.id AND state = 'failed')
         FROM channels c WHERE c.disabled = FALSE",
    );
    let rows = read.all(select).await?;
    let reached = rows.iter().map(|row| {
        let (sent, failed): (Option<Timestamp>, Option<Timestamp>) = (row.at(1)?, row.at(2)?);
        Ok((row.at(0)?, sent >= failed))
    });
    reached.collect()
}

/// Deliveries that may be tried now, the longest waiting first, but to no channel of these.
pub async fn due(
    read: &mut Read,
    now: Timestamp,
    but: &[ChannelId],
    most: i64,
) -> Result<Vec<Delivery>, Error> {
    record::all(read, due_statement(now, but, most)).await
}

fn due_statement(now: Timestamp, but: &[ChannelId], most: i64) -> Query {
    let mut select = record::select::<Delivery>();
    // Only what is to be sent is ever due.
    select.push(" AND due_at <= ").push_bind(&now);
    for channel in but {
        select.push(" AND channel_id <> ").push_bind(channel);
    }
    select.push(" ORDER BY due_at, id").push_limit(most);
    select
}

/// Takes a delivery to try it: it is counted, and nobody else may try before the lease ends. Answers it as it is now,
/// or nothing where somebody else was quicker.
pub async fn take(
    tx: &mut Tx,
    id: DeliveryId,
    lease: Uuid,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Delivery>, Error> {
    let update = query(
        "UPDATE deliveries SET lease = $2, due_at = $4, attempts = attempts + 1
         WHERE id = $1 AND state = 'pending' AND due_at <= $3",
    );
    let update = update.bind(&id).bind(&lease).bind(&now).bind(&until);
    if tx.run(update).await? == 0 {
        return Ok(None);
    }
    get(tx, id).await
}

/// Writes how an attempt went, and lets go of the lease. Answers whether it was still held.
pub async fn settle(tx: &mut Tx, delivery: &Delivery, lease: Uuid) -> Result<bool, Error> {
    let update = query(
        "UPDATE deliveries SET state = $3, due_at = $4, status = $5, answer = $6, ended_at = $7, reached = $8,
             lease = NULL
         WHERE id = $1 AND lease = $2",
    );
    let update = update
        .bind(&delivery.id)
        .bind(&lease)
        .bind(&delivery.state)
        .bind(&delivery.due_at);
    let update = update.bind(&delivery.status).bind(&delivery.answer);
    let update = update.bind(&delivery.ended_at).bind(&delivery.reached);
    Ok(tx.run(update).await? > 0)
}

/// Lets nothing go to a channel before a moment.
pub async fn postpone(tx: &mut Tx, channel: ChannelId, until: Timestamp) -> Result<(), Error> {
    let update = query(
        "UPDATE deliveries SET due_at = $2
         WHERE channel_id = $1 AND state = 'pending' AND due_at < $2 AND lease IS NULL",
    );
    tx.run(update.bind(&channel).bind(&until)).await.map(drop)
}

/// Has a delivery that was given up tried again, as if for the first time. Answers whether it was given up.
pub async fn retry(tx: &mut Tx, id: DeliveryId, now: Timestamp) -> Result<bool, Error> {
    let update = query(
        "UPDATE deliveries SET state = $2, attempts = 0, due_at = $3, ended_at = NULL
         WHERE id = $1 AND state = 'failed'",
    );
    let update = update.bind(&id).bind(&DeliveryState::Pending).bind(&now);
    Ok(tx.run(update).await? > 0)
}

/// Ends all leases, where nobody can hold one: when the only process that may hold them begins.
pub async fn end_leases(tx: &mut Tx, now: Timestamp) -> Result<(), Error> {
    let update = query(
        "UPDATE deliveries SET lease = NULL, due_at = $1
         WHERE state = 'pending' AND lease IS NOT NULL",
    );
    tx.run(update.bind(&now)).await.map(drop)
}

/// Forgets deliveries from before a moment, at most so many; answers whether there may be more.
pub async fn sweep(tx: &mut Tx, before: Timestamp, most: i64) -> Result<bool, Error> {
    let delete = query(
        "DELETE FROM deliveries WHERE id IN
             (SELECT id FROM deliveries WHERE created_at < $1 ORDER BY created_at, id LIMIT $2)",
    );
    let gone = tx.run(delete.bind(&before).bind(&most)).await?;
    Ok(i64::try_from(gone).is_ok_and(|gone| gone == most))
}

#[cfg(test)]
mod tests {
    use model::{ProjectId, TaskId};

    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn a_page_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        let page = plans::page();
        for bits in 0_u8..16 {
            let chosen = |bit: u8| bits & (1 << bit) != 0;
            let filter = DeliveryFilter {
                channel: chosen(0).then(ChannelId::new),
                project: chosen(1).then(ProjectId::new),
                task: chosen(2).then(TaskId::new),
                state: chosen(3).then_some(DeliveryState::Failed),
            };
            plans.check_order(statement(&filter, &page).unwrap()).await;
        }
    }

    #[tokio::test]
    async fn what_is_due_is_read_from_an_index() {
        let plans = plans::open().await;
        for but in [vec![], vec![ChannelId::new(), ChannelId::new()]] {
            let now = Timestamp::from_micros(0);
            plans.check_order(due_statement(now, &but, 10)).await;
        }
    }
}
