//! Everything that is kept, in one SQL, on SQLite and PostgreSQL.
//!
//! A [`Store`] is opened once per process. [`Store::write`] hands a unit of work to the writer, which commits groups of
//! units; [`Store::read`] gives a connection to read with. Each resource has a file of functions that take one of the
//! two. Nothing here decides anything: whether a move is allowed is known to `model`, and who may make it to `app`.

pub mod attachments;
pub mod backup;
pub mod board;
pub mod board_counts;
mod bulk;
pub mod channels;
mod column;
pub mod comments;
mod committed;
pub mod counts;
mod database;
pub mod deliveries;
mod direct;
pub mod dispatch;
mod engine;
mod error;
pub mod events;
pub mod files;
pub mod idempotency;
pub mod inbox;
pub mod links;
pub mod llm_calls;
pub mod logins;
pub mod logs;
pub mod mentions;
pub mod meta;
mod migrations;
pub mod notification_rules;
pub mod offers;
mod outbox;
mod pages;
#[cfg(test)]
mod plans;
mod postgres;
pub mod preferences;
pub mod projects;
mod query;
pub mod questions;
mod queues;
mod record;
pub mod runs;
pub mod search;
mod search_index;
pub mod sessions;
mod sqlite;
pub mod steps;
mod store;
pub mod subscriptions;
pub mod symptoms;
pub mod tasks;
pub mod tickets;
pub mod tokens;
mod totals;
mod tx;
mod unit;
pub mod usage;
pub mod users;
mod wake;
pub mod workers;
mod writer;

pub use committed::{Committed, RunLog};
pub use database::{Database, NotADatabase};
pub use engine::{Engine, Read};
pub use error::{Error, Kind};
pub use store::Store;
pub use tx::Tx;
