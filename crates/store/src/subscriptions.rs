//! Subscriptions as they are kept: tasks whose occasions are all told to a channel.

use model::{ChannelId, Page, Paged, Subscription, SubscriptionFilter, TaskId};

use crate::engine::Read;
use crate::pages::{self, Key, Order};
use crate::query::{Query, query};
use crate::record::{self, kept};
use crate::{Error, Tx};

kept!(Subscription in "subscriptions" {
    fixed: id, task_id, project_id, channel_id, created_by, created_at;
    edited: ;
});

/// Keeps a new subscription. A second one of the same task to the same channel is a conflict.
pub async fn insert(tx: &mut Tx, subscription: &Subscription) -> Result<(), Error> {
    record::insert(tx, subscription).await
}

/// The subscription of a task to a channel.
pub async fn get(
    read: &mut Read,
    task: TaskId,
    channel: ChannelId,
) -> Result<Option<Subscription>, Error> {
    let mut select = record::select::<Subscription>();
    select
        .push_equal("task_id", Some(&task))
        .push_equal("channel_id", Some(&channel));
    record::optional(read, select).await
}

/// Ends the subscription of a task to a channel; answers whether there was one.
pub async fn delete(tx: &mut Tx, task: TaskId, channel: ChannelId) -> Result<bool, Error> {
    let delete = query("DELETE FROM subscriptions WHERE task_id = $1 AND channel_id = $2");
    Ok(tx.run(delete.bind(&task).bind(&channel)).await? > 0)
}

/// The channels that a task is subscribed to.
pub async fn channels_of(read: &mut Read, task: TaskId) -> Result<Vec<ChannelId>, Error> {
    let select = query("SELECT channel_id FROM subscriptions WHERE task_id = $1").bind(&task);
    read.all(select)
        .await?
        .iter()
        .map(|row| row.at(0))
        .collect()
}

/// A page of subscriptions, newest first.
pub async fn list(
    read: &mut Read,
    filter: &SubscriptionFilter,
    page: &Page,
) -> Result<Paged<Subscription>, Error> {
    let found = record::all(read, statement(filter, page)?).await?;
    Ok(pages::cut(found, page, |one: &Subscription| {
        Key::one(one.created_at.micros(), one.id.0)
    }))
}

fn statement(filter: &SubscriptionFilter, page: &Page) -> Result<Query, Error> {
    let mut select = record::select::<Subscription>();
    select
        .push_equal("task_id", filter.task.as_ref())
        .push_equal("channel_id", filter.channel.as_ref())
        .push_equal("project_id", filter.project.as_ref());
    Order::Down("created_at").page(&mut select, page)?;
    Ok(select)
}

#[cfg(test)]
mod tests {
    use model::ProjectId;

    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn a_page_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        let page = plans::page();
        for project in [None, Some(ProjectId::new())] {
            for task in [None, Some(TaskId::new())] {
                for channel in [None, Some(ChannelId::new())] {
                    let filter = SubscriptionFilter {
                        project,
                        task,
                        channel,
                    };
                    plans.check_order(statement(&filter, &page).unwrap()).await;
                }
            }
        }
    }
}
