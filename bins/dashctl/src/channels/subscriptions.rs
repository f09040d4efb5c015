//! Which tasks are told where.

use clap::Args;
use client::{Client, List};
use model::{Subscription, SubscriptionFilter};

use super::names;
use crate::find;
use crate::print::{Cell, Printer};

#[derive(Debug, Args)]
pub(crate) struct Subscriptions {
    /// Only to this channel, by name or id
    channel: Option<String>,
    /// Only those of this project's tasks, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// Only this task's
    #[arg(short, long)]
    task: Option<String>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: i64,
}

pub(super) async fn list(
    client: &Client,
    printer: &Printer,
    wanted: Subscriptions,
) -> anyhow::Result<()> {
    let mut filter = SubscriptionFilter {
        project: find::project(client, wanted.project.as_deref()).await?,
        ..SubscriptionFilter::default()
    };
    if let Some(channel) = &wanted.channel {
        filter.channel = Some(find::channel(client, channel).await?.id);
    }
    if let Some(task) = &wanted.task {
        filter.task = Some(find::task(client, task).await?);
    }
    let page = List::first(wanted.limit);
    let found = client.list_subscriptions(&filter, &page).await?.items;
    let names = names(client).await;
    let cells = |one: &Subscription| {
        let channel = names.get(&one.channel_id).cloned();
        vec![
            Cell::text(one.task_id),
            Cell::text(channel.unwrap_or_else(|| one.channel_id.to_string())),
            Cell::text(&one.created_by),
            Cell::ago(one.created_at),
        ]
    };
    let empty = "No task is subscribed. `dashctl tasks subscribe TASK CHANNEL` does so.";
    printer.list(&found, &["TASK", "CHANNEL", "BY", "SINCE"], cells, empty)
}
