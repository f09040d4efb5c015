//! Deliveries: what is to be sent, to which channel, and how that went. And who wants to be told what.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{
    ChannelId, DeliveryId, EventType, Platform, Principal, ProjectId, SubscriptionId, TaskId, Text,
    Timestamp,
};

words! {
    /// What people want to be told about.
    Occasion ("occasion") {
        /// A task is done.
        Done = "done",
        /// Something stands in a task's way.
        Blocked = "blocked",
        /// A task failed once too often.
        GaveUp = "gave_up",
        /// A question, a result to judge, or work that goes in circles waits for a person.
        NeedsPerson = "needs_person",
        /// A budget is nearly spent, or spent.
        Budget = "budget",
    }
}

impl Occasion {
    /// What an event of this type is the occasion of.
    #[must_use]
    pub fn of(event_type: &str) -> Option<Self> {
        Some(match EventType::parse(event_type)? {
            EventType::TaskCompleted | EventType::TaskApproved => Self::Done,
            EventType::TaskBlocked => Self::Blocked,
            EventType::TaskGaveUp => Self::GaveUp,
            EventType::ClarificationRequested
            | EventType::TaskReviewRequested
            | EventType::TaskBlockLoop
            | EventType::LoopHalted => Self::NeedsPerson,
            EventType::BudgetWarning | EventType::BudgetExceeded => Self::Budget,
            _ => return None,
        })
    }
}

words! {
    /// Where a delivery stands.
    DeliveryState ("delivery state") {
        /// It is to be sent, for the first time or again.
        Pending = "pending",
        /// The other side took it.
        Sent = "sent",
        /// Nobody tries any more.
        Failed = "failed",
    }
}

/// Something to be sent to a channel, or that was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Delivery {
    /// Its id; each attempt carries it, so that the other side can tell a repetition.
    pub id: DeliveryId,
    /// Where it goes.
    pub channel_id: ChannelId,
    /// The project that it is about.
    pub project_id: Option<ProjectId>,
    /// The task that it is about.
    pub task_id: Option<TaskId>,
    /// The place of the event that it tells of.
    pub event_seq: i64,
    /// What happened.
    pub event_type: String,
    /// Why it is told.
    pub occasion: Occasion,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it may be tried next, while it is to be sent.
    pub due_at: Option<Timestamp>,
    /// The status that the other side last answered with, of HTTP or SMTP.
    pub status: Option<i64>,
    /// What the other side last said, or what went wrong.
    pub answer: Option<Text>,
    /// When it was put down, together with the event.
    pub created_at: Timestamp,
    /// When it was taken by the other side, or given up.
    pub ended_at: Option<Timestamp>,
    /// Of several receivers, those that have it although others were refused. They are not written to again.
    pub reached: Vec<String>,
}

/// What to look for among deliveries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryFilter {
    /// Only those of this channel.
    pub channel: Option<ChannelId>,
    /// Only those about this project.
    pub project: Option<ProjectId>,
    /// Only those about this task.
    pub task: Option<TaskId>,
    /// Only those that stand so.
    pub state: Option<DeliveryState>,
}

/// A task whose occasions are all told to a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// The task.
    pub task_id: TaskId,
    /// The task's project.
    pub project_id: ProjectId,
    /// The channel.
    pub channel_id: ChannelId,
    /// Who subscribed it.
    pub created_by: Principal,
    /// Since when.
    pub created_at: Timestamp,
}

/// Subscribes a task to a channel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubscription {
    /// The task.
    pub task_id: TaskId,
    /// The channel.
    pub channel_id: ChannelId,
}

/// What to look for among subscriptions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubscriptionFilter {
    /// Only those of this project's tasks.
    pub project: Option<ProjectId>,
    /// Only those of this task.
    pub task: Option<TaskId>,
    /// Only those to this channel.
    pub channel: Option<ChannelId>,
}

/// Which occasions of a project are told to a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NotificationRule {
    /// The project.
    pub project_id: ProjectId,
    /// The channel.
    pub channel_id: ChannelId,
    /// The channel's platform.
    pub platform: Platform,
    /// The channel's name.
    pub channel_name: crate::Name,
    /// What is told.
    pub occasions: Vec<Occasion>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Says which occasions of a project are told to a channel, in place of what was said before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutNotificationRule {
    /// What is told, at least one.
    #[schema(min_items = 1, max_items = 20)]
    pub occasions: Vec<Occasion>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_occasion_has_an_event_and_a_failed_delivery_is_none() {
        for occasion in Occasion::ALL {
            let mut events = EventType::ALL.iter();
            assert!(events.any(|event| Occasion::of(event.as_str()) == Some(*occasion)));
        }
        assert_eq!(Occasion::of("delivery_failed"), None);
        assert_eq!(Occasion::of("agent.note"), None);
    }
}
