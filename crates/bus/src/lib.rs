//! The event log followed live: one tail per process, a ring of recent frames, and subscribers who lose nothing.
//!
//! The table is the bus. The tail learns from the store that there is more, keeps recent events in a ring, and wakes
//! the subscribers; a subscriber reads the ring, or pages of the table where it is further behind, at its own pace.
//! Nobody waits for a subscriber. Run logs travel the same way, each with a ring of its own while somebody follows it.
//!
//! Nothing here knows who may read what, or how frames are sent. Start with [`Bus`] and [`Subscription`].

mod bus;
mod feed;
mod frame;
mod hub;
mod ring;
mod subscription;
mod tail;
mod topic;

pub use bus::{Bus, Since};
pub use frame::Frame;
pub use subscription::{Batch, Gap, GapReason, Subscription};
pub use topic::{Events, LineFilter, Log, Topic};

/// Follows events.
pub type EventSubscription = Subscription<Events>;
/// Follows one run's log.
pub type LogSubscription = Subscription<Log>;
