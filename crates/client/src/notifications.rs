//! Notifications: channels, what is told to them, and how that went.

use model::{
    Channel, ChannelId, ChannelPatch, ChannelTested, Delivery, DeliveryFilter, DeliveryId,
    HomeChannels, HomeSubscribed, NewChannel, NewSubscription, NotificationRule, Page, Paged,
    Platform, PutNotificationRule, Subscription, SubscriptionFilter, TaskId,
};

use crate::{Client, Error};

impl Client {
    /// Channels, without what opens them.
    pub async fn list_channels(&self, page: &Page) -> Result<Paged<Channel>, Error> {
        self.get("api/channels").page(page).await
    }

    /// One channel.
    pub async fn get_channel(&self, channel: ChannelId) -> Result<Channel, Error> {
        self.get(format!("api/channels/{channel}")).answer().await
    }

    /// Makes a channel.
    pub async fn create_channel(&self, new: &NewChannel) -> Result<Channel, Error> {
        self.post("api/channels").json(new).answer().await
    }

    /// Edits a channel.
    pub async fn update_channel(
        &self,
        channel: ChannelId,
        patch: &ChannelPatch,
    ) -> Result<Channel, Error> {
        self.patch(format!("api/channels/{channel}"))
            .json(patch)
            .answer()
            .await
    }

    /// Deletes a channel with all that hangs on it.
    pub async fn delete_channel(&self, channel: ChannelId) -> Result<(), Error> {
        self.delete(format!("api/channels/{channel}"))
            .nothing()
            .await
    }

    /// Sends a trial to a channel, and says how that went.
    pub async fn test_channel(&self, channel: ChannelId) -> Result<ChannelTested, Error> {
        self.post(format!("api/channels/{channel}/test"))
            .answer()
            .await
    }

    /// The homes of all platforms, with whether a task is subscribed to each.
    pub async fn list_home_channels(&self, task: Option<TaskId>) -> Result<HomeChannels, Error> {
        self.get("api/home-channels")
            .query("task_id", task)
            .answer()
            .await
    }

    /// Subscribes a task to the home of a platform.
    pub async fn subscribe_home(
        &self,
        task: TaskId,
        platform: Platform,
    ) -> Result<HomeSubscribed, Error> {
        self.post(format!("api/tasks/{task}/home-subscribe/{platform}"))
            .answer()
            .await
    }

    /// Subscribes a task to the home of a platform no longer.
    pub async fn unsubscribe_home(
        &self,
        task: TaskId,
        platform: Platform,
    ) -> Result<HomeSubscribed, Error> {
        self.delete(format!("api/tasks/{task}/home-subscribe/{platform}"))
            .answer()
            .await
    }

    /// Subscriptions, newest first.
    pub async fn list_subscriptions(
        &self,
        filter: &SubscriptionFilter,
        page: &Page,
    ) -> Result<Paged<Subscription>, Error> {
        self.get("api/subscriptions")
            .query("project", filter.project)
            .query("task", filter.task)
            .query("channel", filter.channel)
            .page(page)
            .await
    }

    /// Subscribes a task to a channel.
    pub async fn create_subscription(&self, new: &NewSubscription) -> Result<Subscription, Error> {
        self.post("api/subscriptions").json(new).answer().await
    }

    /// Subscribes a task to a channel no longer.
    pub async fn delete_subscription(&self, old: &NewSubscription) -> Result<(), Error> {
        self.delete("api/subscriptions")
            .query("task_id", Some(old.task_id))
            .query("channel_id", Some(old.channel_id))
            .nothing()
            .await
    }

    /// The rules of a project, which is named by slug or id.
    pub async fn list_notification_rules(
        &self,
        project: &str,
    ) -> Result<Vec<NotificationRule>, Error> {
        self.get(format!("api/projects/{project}/notifications"))
            .answer()
            .await
    }

    /// Says which occasions of a project are told to a channel.
    pub async fn put_notification_rule(
        &self,
        project: &str,
        channel: ChannelId,
        rule: &PutNotificationRule,
    ) -> Result<NotificationRule, Error> {
        self.put(format!("api/projects/{project}/notifications/{channel}"))
            .json(rule)
            .answer()
            .await
    }

    /// Tells a channel nothing more of a project.
    pub async fn delete_notification_rule(
        &self,
        project: &str,
        channel: ChannelId,
    ) -> Result<(), Error> {
        self.delete(format!("api/projects/{project}/notifications/{channel}"))
            .nothing()
            .await
    }

    /// What was or is to be sent, newest first.
    pub async fn list_deliveries(
        &self,
        filter: &DeliveryFilter,
        page: &Page,
    ) -> Result<Paged<Delivery>, Error> {
        self.get("api/deliveries")
            .query("project", filter.project)
            .query("task", filter.task)
            .query("channel", filter.channel)
            .query("state", filter.state)
            .page(page)
            .await
    }

    /// Sends a delivery again that was given up.
    pub async fn retry_delivery(&self, delivery: DeliveryId) -> Result<Delivery, Error> {
        self.post(format!("api/deliveries/{delivery}/retry"))
            .answer()
            .await
    }
}
