//! Ids: UUIDv7, written plainly, one type per entity so that they cannot be mixed up.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id: ids are UUIDs such as 01900000-0000-7000-8000-000000000000")]
pub struct NotAnId(pub String);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[schema(value_type = Uuid, format = Uuid)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, later than every id made before on this machine.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Uuid::parse_str(text).map(Self).map_err(|_| NotAnId(text.chars().take(80).collect()))
            }
        }
    )*};
}

ids! {
    /// Names a [`Project`](crate::Project).
    ProjectId;
    /// Names a [`Ticket`](crate::Ticket).
    TicketId;
    /// Names a [`Task`](crate::Task).
    TaskId;
    /// Names a [`Comment`](crate::Comment).
    CommentId;
    /// Names an [`Attachment`](crate::Attachment).
    AttachmentId;
    /// Names a [`Question`](crate::Question).
    QuestionId;
    /// Names a [`Run`](crate::Run).
    RunId;
    /// Names a [`Step`](crate::Step).
    StepId;
    /// Names an [`LlmCall`](crate::LlmCall).
    LlmCallId;
    /// Names a [`Session`](crate::Session).
    SessionId;
    /// Names a [`Worker`](crate::Worker).
    WorkerId;
    /// Names an [`Event`](crate::Event).
    EventId;
    /// Names a [`User`](crate::User).
    UserId;
    /// Names a [`Token`](crate::Token).
    TokenId;
    /// Names a [`Login`](crate::Login).
    LoginId;
    /// Names a [`Channel`](crate::Channel).
    ChannelId;
    /// Names a [`Subscription`](crate::Subscription).
    SubscriptionId;
    /// Names a [`Delivery`](crate::Delivery).
    DeliveryId;
}
