//! Who is told what becomes of a task.

use clap::Subcommand;
use client::Client;
use model::{HomeChannel, NewSubscription, Platform, TaskId};

use crate::find;
use crate::print::{Cell, Printer};

#[derive(Debug, Subcommand)]
pub(crate) enum Notify {
    /// Tell the home of a platform, or any channel, what becomes of a task
    Subscribe {
        /// Its id, or a part of it
        task: String,
        /// A platform (slack, telegram, discord, email, webhook), or a channel by name or id
        channel: String,
    },
    /// Tell it no longer
    Unsubscribe {
        /// Its id, or a part of it
        task: String,
        /// A platform, or a channel by name or id
        channel: String,
    },
    /// List the homes with whether a task is told to each
    Homes {
        /// Its id, or a part of it
        task: String,
    },
}

pub(crate) async fn obey(client: &Client, printer: &Printer, order: Notify) -> anyhow::Result<()> {
    match order {
        Notify::Subscribe { task, channel } => {
            let task = find::task(client, &task).await?;
            match channel.parse::<Platform>() {
                Ok(platform) => drop(client.subscribe_home(task, platform).await?),
                Err(_) => {
                    let pair = pair(client, task, &channel).await?;
                    client.create_subscription(&pair).await?;
                }
            }
            homes(client, printer, task).await
        }
        Notify::Unsubscribe { task, channel } => {
            let task = find::task(client, &task).await?;
            match channel.parse::<Platform>() {
                Ok(platform) => drop(client.unsubscribe_home(task, platform).await?),
                Err(_) => {
                    let pair = pair(client, task, &channel).await?;
                    client.delete_subscription(&pair).await?;
                }
            }
            homes(client, printer, task).await
        }
        Notify::Homes { task } => {
            let task = find::task(client, &task).await?;
            homes(client, printer, task).await
        }
    }
}

async fn pair(client: &Client, task_id: TaskId, channel: &str) -> anyhow::Result<NewSubscription> {
    Ok(NewSubscription {
        task_id,
        channel_id: find::channel(client, channel).await?.id,
    })
}

async fn homes(client: &Client, printer: &Printer, task: TaskId) -> anyhow::Result<()> {
    let homes = client.list_home_channels(Some(task)).await?.home_channels;
    let cells = |home: &HomeChannel| {
        vec![
            Cell::text(home.platform),
            Cell::text(&home.name),
            Cell::text(if home.subscribed { "told" } else { "" }),
        ]
    };
    let empty = "No platform has a home. `dashctl channels update CHANNEL --home true` makes one.";
    printer.list(&homes, &["PLATFORM", "HOME", ""], cells, empty)
}
