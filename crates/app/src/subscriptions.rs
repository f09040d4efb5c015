//! Subscriptions: a task whose occasions are all told to a channel. By one click to the home of a platform, or to any channel.

use auth::Caller;
use model::{
    Channel, ChannelId, EventType, HomeChannel, HomeChannels, HomeSubscribed, NewSubscription,
    Page, Paged, Platform, Scope, Subscription, SubscriptionFilter, SubscriptionId, Task, TaskId,
};
use serde_json::json;
use store::{Tx, channels as kept_channels, subscriptions as kept};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::{App, Error, Made, channels, lists, tasks};

impl App {
    /// The homes of all platforms, with whether a task is subscribed to each.
    pub async fn list_home_channels(
        &self,
        caller: &Caller,
        task: Option<TaskId>,
    ) -> Result<HomeChannels, Error> {
        caller.may(Scope::Read)?;
        let mut read = self.read().await?;
        let subscribed = match task {
            Some(id) => {
                tasks::visible(&mut read, caller, id).await?;
                kept::channels_of(&mut read, id).await?
            }
            None => Vec::new(),
        };
        let homes = kept_channels::homes(&mut read).await?;
        let home_channels = homes
            .iter()
            .map(|home| shown(home, subscribed.contains(&home.id)))
            .collect();
        Ok(HomeChannels { home_channels })
    }

    /// Subscribes a task to the home of a platform; a second time changes nothing.
    pub async fn subscribe_home(
        &self,
        caller: &Caller,
        task: TaskId,
        platform: Platform,
    ) -> Result<HomeSubscribed, Error> {
        caller.holds(Scope::Operate)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let (task, home) = task_and_home(tx, &deed, task, platform).await?;
                subscribe(tx, &deed, &task, &home).await?;
                Ok(home_subscribed(&task, &home, true))
            })
        })
        .await
    }

    /// Subscribes a task to the home of a platform no longer; a second time changes nothing.
    pub async fn unsubscribe_home(
        &self,
        caller: &Caller,
        task: TaskId,
        platform: Platform,
    ) -> Result<HomeSubscribed, Error> {
        caller.holds(Scope::Operate)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let (task, home) = task_and_home(tx, &deed, task, platform).await?;
                unsubscribe(tx, &deed, &task, &home).await?;
                Ok(home_subscribed(&task, &home, false))
            })
        })
        .await
    }

    /// Subscriptions, newest first, a page at a time.
    pub async fn list_subscriptions(
        &self,
        caller: &Caller,
        filter: SubscriptionFilter,
        page: Page,
    ) -> Result<Paged<Subscription>, Error> {
        let Some(project) = self.scope_of_list(caller, filter.project)? else {
            return Ok(lists::none());
        };
        let filter = SubscriptionFilter { project, ..filter };
        Ok(kept::list(&mut self.read().await?, &filter, &page).await?)
    }

    /// Subscribes a task to a channel; one that is there is answered as it is.
    pub async fn create_subscription(
        &self,
        caller: &Caller,
        new: NewSubscription,
    ) -> Result<Made<Subscription>, Error> {
        caller.holds(Scope::Operate)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let task = tasks::to_change(tx, &deed, new.task_id).await?;
                let channel = named(tx, new.channel_id).await?;
                subscribe(tx, &deed, &task, &channel).await
            })
        })
        .await
    }

    /// Subscribes a task to a channel no longer.
    pub async fn delete_subscription(
        &self,
        caller: &Caller,
        old: NewSubscription,
    ) -> Result<(), Error> {
        caller.holds(Scope::Operate)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let task = tasks::to_change(tx, &deed, old.task_id).await?;
                let channel = channels::there(tx, old.channel_id).await?;
                unsubscribe(tx, &deed, &task, &channel).await
            })
        })
        .await
    }
}

/// A channel that something new names.
pub(crate) async fn named(tx: &mut Tx, id: ChannelId) -> Result<Channel, Error> {
    let channel = kept_channels::get(tx, id).await?;
    channel.ok_or_else(|| Error::invalid("/channel_id", "there is no such channel"))
}

async fn task_and_home(
    tx: &mut Tx,
    deed: &Deed,
    task: TaskId,
    platform: Platform,
) -> Result<(Task, Channel), Error> {
    let task = tasks::to_change(tx, deed, task).await?;
    let home = kept_channels::home(tx, platform).await?;
    Ok((task, home.ok_or(Error::NotFound("home channel"))?))
}

async fn subscribe(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    channel: &Channel,
) -> Result<Made<Subscription>, Error> {
    if let Some(there) = kept::get(tx, task.id, channel.id).await? {
        return Ok(Made::found(there));
    }
    let subscription = Subscription {
        id: SubscriptionId::new(),
        task_id: task.id,
        project_id: task.project_id,
        channel_id: channel.id,
        created_by: deed.by(),
        created_at: deed.at,
    };
    kept::insert(tx, &subscription).await?;
    tell(tx, deed, EventType::Subscribed, task, channel).await?;
    Ok(Made::new(subscription))
}

async fn unsubscribe(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    channel: &Channel,
) -> Result<(), Error> {
    if kept::delete(tx, task.id, channel.id).await? {
        tell(tx, deed, EventType::Unsubscribed, task, channel).await?;
    }
    Ok(())
}

async fn tell(
    tx: &mut Tx,
    deed: &Deed,
    event: EventType,
    task: &Task,
    channel: &Channel,
) -> Result<(), Error> {
    let words = TicketWords::of(tx, task.ticket_id).await?;
    let verb = if event == EventType::Subscribed {
        "is told to"
    } else {
        "is no longer told to"
    };
    let message = format!("task “{}” {verb} channel “{}”", task.title, channel.name);
    let fact = deed.fact(event, message).on_task(task, &words);
    tx.append(fact.with(json!({ "channel_id": channel.id, "platform": channel.platform })));
    Ok(())
}

fn home_subscribed(task: &Task, home: &Channel, subscribed: bool) -> HomeSubscribed {
    HomeSubscribed {
        ok: true,
        task_id: task.id,
        home_channel: shown(home, subscribed),
    }
}

fn shown(home: &Channel, subscribed: bool) -> HomeChannel {
    let target = &home.target;
    HomeChannel {
        platform: home.platform,
        channel_id: home.id,
        name: home.name.clone(),
        chat_id: target
            .chat_id
            .clone()
            .unwrap_or_else(|| home.id.to_string()),
        thread_id: target.thread_id.map_or(String::new(), |id| id.to_string()),
        subscribed,
    }
}
