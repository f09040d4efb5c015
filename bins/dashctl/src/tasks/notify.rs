//! Who is told what becomes of a task.

use clap::Subcommand;
use client::Client;
use model::{Channel, HomeChannel, NewSubscription, Platform, TaskId};

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
                    let channel = find::channel(client, &channel).await?;
                    let made = client.create_subscription(&pair(task, &channel)).await?;
                    let fields = vec![
                        ("Task", Cell::text(made.task_id)),
                        ("Told to", Cell::text(&channel.name)),
                    ];
                    return printer.one(&made, fields);
                }
            }
            homes(client, printer, task).await
        }
        Notify::Unsubscribe { task, channel } => {
            let task = find::task(client, &task).await?;
            match channel.parse::<Platform>() {
                Ok(platform) => drop(client.unsubscribe_home(task, platform).await?),
                Err(_) => {
                    let channel = find::channel(client, &channel).await?;
                    client.delete_subscription(&pair(task, &channel)).await?;
                    printer.say(&format!("“{}” is no longer told.", channel.name));
                    return Ok(());
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

const fn pair(task_id: TaskId, channel: &Channel) -> NewSubscription {
    NewSubscription {
        task_id,
        channel_id: channel.id,
    }
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
