//! Channels: where notifications go. What opens them is a secret: it is given, kept, and never shown again.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{ChannelId, Name, ShownTarget, Target, TargetPatch, TaskId, Text, Timestamp};

words! {
    /// What kind of place a channel leads to.
    Platform ("platform") {
        /// An incoming webhook of Slack.
        Slack = "slack",
        /// A chat of a Telegram bot.
        Telegram = "telegram",
        /// A webhook of Discord.
        Discord = "discord",
        /// Mail by SMTP.
        Email = "email",
        /// Any program that takes signed webhooks.
        Webhook = "webhook",
    }
}

/// Where notifications go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// What kind of place it leads to; it never changes.
    pub platform: Platform,
    /// Its name for people.
    pub name: Name,
    /// The place, as far as it is no secret: of an address that opens it, only the host.
    pub target: ShownTarget,
    /// Whether it is the one of its platform that tasks are subscribed to by one click.
    pub home: bool,
    /// Whether nothing is sent there for now.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts the edits; an edit names the version that it saw.
    pub version: i64,
}

/// Asks for a new channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChannel {
    /// Its name for people.
    pub name: Name,
    /// Where it leads.
    pub target: Target,
    /// Makes it the home of its platform; the one before is it no longer.
    #[serde(default)]
    pub home: bool,
}

/// What of a channel changes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelPatch {
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// What changes of where it leads; what is absent stays, secrets too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetPatch>,
    /// Whether it is the home of its platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<bool>,
    /// Whether nothing is sent there for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// How a trial of a channel went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelTested {
    /// Whether the other side took the message.
    pub ok: bool,
    /// The status that the other side answered with, of HTTP or SMTP.
    pub status: Option<i64>,
    /// What the other side said, or what went wrong.
    pub answer: Text,
    /// How long it took.
    pub duration_ms: i64,
}

/// The home of a platform.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeChannel {
    /// The platform.
    pub platform: Platform,
    /// The channel that is its home.
    pub channel_id: ChannelId,
    /// The channel's name.
    pub name: Name,
    /// The chat on Telegram; elsewhere the id of the channel.
    pub chat_id: String,
    /// The topic in the chat on Telegram; empty elsewhere.
    pub thread_id: String,
    /// Whether the task that was asked about is subscribed to it.
    pub subscribed: bool,
}

/// The homes of all platforms that have one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeChannels {
    /// By the names of the platforms.
    pub home_channels: Vec<HomeChannel>,
}

/// A task was subscribed to a home, or is no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HomeSubscribed {
    /// Always true.
    pub ok: bool,
    /// The task.
    pub task_id: TaskId,
    /// The home, with whether the task is subscribed to it now.
    pub home_channel: HomeChannel,
}
