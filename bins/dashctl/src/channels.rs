//! `dashctl channels`: where notifications go, which, and whether they got there.

mod create;
mod subscriptions;
mod target;

use std::collections::BTreeMap;

use anyhow::bail;
use clap::{Args, Subcommand};
use client::{Client, List};
use model::{
    Channel, ChannelId, ChannelPatch, Delivery, DeliveryFilter, DeliveryId, DeliveryState, Name,
    NotificationRule, Occasion, PutNotificationRule,
};

use crate::cli::Global;
use crate::connect::connect;
use crate::find;
use crate::or_none::OrNone;
use crate::print::{Cell, Printer, ask};

#[derive(Debug, Subcommand)]
pub(crate) enum Channels {
    /// List channels, without what opens them
    #[command(visible_alias = "ls")]
    List,
    /// Make a channel
    Create {
        #[command(subcommand)]
        platform: create::Create,
    },
    /// Edit a channel; what is not named stays
    Update(Box<Update>),
    /// Send a trial, and say what the other side says
    Test {
        /// Its name or id, or a part of the id
        channel: String,
    },
    /// Delete a channel with its rules, subscriptions and deliveries
    Delete {
        /// Its name or id, or a part of the id
        channel: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
    },
    /// Show which occasions of a project are told where, or say so with --channel
    Rules(Rules),
    /// List which tasks are told where
    Subscriptions(subscriptions::Subscriptions),
    /// List what was or is to be sent, newest first
    Deliveries(Deliveries),
    /// Send a delivery again that was given up
    Retry {
        /// The delivery's id
        delivery: DeliveryId,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Its name or id, or a part of the id
    channel: String,
    /// Another name
    #[arg(long)]
    name: Option<Name>,
    /// Whether it is the home of its platform
    #[arg(long)]
    home: Option<bool>,
    /// Whether nothing is sent there for now
    #[arg(long)]
    disabled: Option<bool>,
    #[command(flatten)]
    target: target::Changes,
}

#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// The project, by slug or id
    project: String,
    /// Where to tell, by name or id
    #[arg(short, long, requires = "occasions")]
    channel: Option<String>,
    /// What to tell, separated by commas: done, blocked, gave_up, needs_person, budget; or nothing
    #[arg(long, value_delimiter = ',', requires = "channel")]
    occasions: Option<Vec<OrNone<Occasion>>>,
}

#[derive(Debug, Args)]
pub(crate) struct Deliveries {
    /// Only to this channel, by name or id
    #[arg(short, long)]
    channel: Option<String>,
    /// Only about this project, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// Only about this task
    #[arg(short, long)]
    task: Option<String>,
    /// Only those that stand so: pending, sent or failed
    #[arg(short, long)]
    state: Option<DeliveryState>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: i64,
}

pub(crate) async fn obey(
    global: &Global,
    printer: &Printer,
    command: Channels,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    match command {
        Channels::List => list(&client, printer).await,
        Channels::Create { platform } => {
            let channel = create::make(&client, printer, platform).await?;
            show(printer, &channel)
        }
        Channels::Update(update) => edit(&client, printer, *update).await,
        Channels::Test { channel } => test(&client, printer, &channel).await,
        Channels::Delete { channel, yes } => {
            let channel = find::channel(&client, &channel).await?;
            let question = format!("Delete the channel “{}” with its deliveries?", channel.name);
            ask(&question, yes)?;
            Ok(client.delete_channel(channel.id).await?)
        }
        Channels::Rules(rules) => obey_rules(&client, printer, rules).await,
        Channels::Subscriptions(wanted) => subscriptions::list(&client, printer, wanted).await,
        Channels::Deliveries(wanted) => deliveries(&client, printer, wanted).await,
        Channels::Retry { delivery } => {
            let delivery = client.retry_delivery(delivery).await?;
            printer.one(&delivery, vec![("Id", Cell::text(delivery.id))])
        }
    }
}

async fn list(client: &Client, printer: &Printer) -> anyhow::Result<()> {
    let channels = client.list_channels(&List::first(List::MOST)).await?.items;
    let cells = |channel: &Channel| {
        vec![
            Cell::text(channel.id),
            Cell::text(channel.platform),
            Cell::text(&channel.name),
            Cell::text(words(channel)),
            Cell::text(place(channel)),
        ]
    };
    let empty = "No channels yet. `dashctl channels create PLATFORM NAME` makes one.";
    printer.list(
        &channels,
        &["ID", "PLATFORM", "NAME", "", "LEADS TO"],
        cells,
        empty,
    )
}

fn words(channel: &Channel) -> String {
    let home = channel.home.then_some("home");
    let disabled = channel.disabled.then_some("disabled");
    home.into_iter()
        .chain(disabled)
        .collect::<Vec<_>>()
        .join(", ")
}

fn place(channel: &Channel) -> String {
    let target = &channel.target;
    let to = target.to.as_ref().map(|to| to.join(", "));
    let place = to.or(target.chat_id.clone()).or(target.url.clone());
    place.unwrap_or_default()
}

fn show(printer: &Printer, channel: &Channel) -> anyhow::Result<()> {
    let fields = vec![
        ("Id", Cell::text(channel.id)),
        ("Platform", Cell::text(channel.platform)),
        ("Name", Cell::text(&channel.name)),
        ("Is", Cell::text(words(channel))),
        ("Leads to", Cell::text(place(channel))),
    ];
    printer.one(channel, fields)
}

async fn edit(client: &Client, printer: &Printer, update: Update) -> anyhow::Result<()> {
    let channel = find::channel(client, &update.channel).await?;
    let target = update.target.patch(channel.platform)?;
    let patch = ChannelPatch {
        name: update.name,
        home: update.home,
        disabled: update.disabled,
        target,
        version: Some(channel.version),
    };
    show(printer, &client.update_channel(channel.id, &patch).await?)
}

async fn test(client: &Client, printer: &Printer, channel: &str) -> anyhow::Result<()> {
    let channel = find::channel(client, channel).await?;
    let tested = client.test_channel(channel.id).await?;
    let fields = vec![
        ("Taken", Cell::text(tested.ok)),
        ("Status", Cell::maybe(tested.status.as_ref())),
        ("Answer", Cell::text(&tested.answer)),
        ("Took", Cell::text(format!("{} ms", tested.duration_ms))),
    ];
    printer.one(&tested, fields)?;
    if !tested.ok {
        bail!("the trial was not taken");
    }
    Ok(())
}

async fn obey_rules(client: &Client, printer: &Printer, rules: Rules) -> anyhow::Result<()> {
    if let (Some(channel), Some(words)) = (&rules.channel, &rules.occasions) {
        let channel = find::channel(client, channel).await?;
        let occasions: Vec<_> = words.iter().filter_map(|word| word.0).collect();
        if occasions.is_empty() {
            client
                .delete_notification_rule(&rules.project, channel.id)
                .await?;
        } else {
            let rule = PutNotificationRule { occasions };
            client
                .put_notification_rule(&rules.project, channel.id, &rule)
                .await?;
        }
    }
    let found = client.list_notification_rules(&rules.project).await?;
    let cells = |rule: &NotificationRule| {
        let words: Vec<_> = rule.occasions.iter().map(|one| one.as_str()).collect();
        vec![
            Cell::text(rule.channel_id),
            Cell::text(rule.platform),
            Cell::text(&rule.channel_name),
            Cell::text(words.join(",")),
        ]
    };
    let empty = "Nothing of it is told anywhere. --channel and --occasions say what is.";
    printer.list(
        &found,
        &["CHANNEL", "PLATFORM", "NAME", "OCCASIONS"],
        cells,
        empty,
    )
}

async fn deliveries(client: &Client, printer: &Printer, wanted: Deliveries) -> anyhow::Result<()> {
    let channel = match &wanted.channel {
        Some(channel) => Some(find::channel(client, channel).await?.id),
        None => None,
    };
    let task = match &wanted.task {
        Some(task) => Some(find::task(client, task).await?),
        None => None,
    };
    let filter = DeliveryFilter {
        channel,
        project: find::project(client, wanted.project.as_deref()).await?,
        task,
        state: wanted.state,
    };
    let page = List::first(wanted.limit);
    let found = client.list_deliveries(&filter, &page).await?.items;
    let names = names(client).await;
    let cells = |delivery: &Delivery| {
        vec![
            Cell::text(delivery.id),
            Cell::state(delivery.state.as_str()),
            Cell::text(match names.get(&delivery.channel_id) {
                Some(name) => name.clone(),
                None => delivery.channel_id.to_string(),
            }),
            Cell::maybe(delivery.task_id),
            Cell::text(delivery.occasion),
            Cell::text(delivery.attempts),
            Cell::maybe(delivery.status.as_ref()),
            Cell::maybe(delivery.answer.as_ref()),
            Cell::ago(delivery.created_at),
        ]
    };
    let headings = [
        "ID", "STATE", "CHANNEL", "TASK", "OCCASION", "TRIED", "STATUS", "ANSWER", "AGE",
    ];
    printer.list(&found, &headings, cells, "Nothing was sent.")
}

/// The names of the channels; none for those who may not see them.
async fn names(client: &Client) -> BTreeMap<ChannelId, String> {
    let all = List::first(List::MOST);
    let channels = client.list_channels(&all).await.map(|found| found.items);
    let channels = channels.unwrap_or_default().into_iter();
    channels
        .map(|channel| (channel.id, channel.name.to_string()))
        .collect()
}
