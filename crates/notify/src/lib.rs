//! Messages out of the server: to Slack, Telegram, Discord, by mail, and as signed webhooks.
//!
//! Nothing here knows what is told to whom or when, and nothing is kept. A [`Sender`] sends one [`Message`] to one target and
//! says truthfully how that went. Which addresses may be reached at all is decided in `address.rs`, for every connection.
//! Start with `sender.rs`, then any platform.

mod address;
mod check;
mod dialogue;
mod discord;
mod email;
mod http;
mod message;
mod outcome;
mod sender;
mod slack;
mod telegram;
mod webhook;

pub use check::{Fault, check};
pub use message::Message;
pub use outcome::{Failure, Hope, Receipt};
pub use sender::Sender;
