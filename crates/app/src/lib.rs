//! The use cases: the only place that decides.
//!
//! Every method of [`App`] is one thing that somebody may ask for: it checks the permission first, then changes
//! what is kept and appends the facts in one unit of work, and answers with what the caller sees. Nothing here
//! knows HTTP, status codes or SQL. Start with `app.rs`, then any resource: a resource has the same file name here
//! as in `model` and `store`.
//!
//! A change is one unit of work: what it changes, the facts about it, and the answer to its idempotency key are
//! kept together (`App::write`). Units follow each other, also across processes, so a unit may read, decide and
//! write without a race. Single events and log lines take a faster way, with what `known.rs` remembers.

mod app;
mod attachments;
mod attempts;
mod backup;
mod blocks;
mod board;
mod bulk;
mod cache;
mod channels;
mod children;
mod claims;
mod comments;
mod connections;
mod context;
mod crew;
mod deed;
mod deliveries;
mod detach;
mod details;
mod diagnostics;
mod dispatch;
mod endings;
mod error;
mod events;
mod exports;
mod facts;
mod fence;
mod follow;
mod gates;
mod hand_runs;
mod hands;
mod holds;
mod housekeeping;
mod idempotency;
mod imports;
mod inbox;
mod keys;
mod known;
mod links;
mod lists;
mod llm_calls;
mod logins;
mod logs;
mod loops;
mod made;
mod misfits;
mod move_effects;
mod new_tasks;
mod notices;
mod notification_rules;
mod offers;
mod orders;
mod outbox;
mod outlooks;
mod pace;
mod pipeline;
mod plan;
mod preferences;
pub mod pricing;
mod project_cards;
mod projects;
mod questions;
mod reclaims;
mod refusals;
mod removals;
mod requests;
mod run_claims;
mod run_ends;
mod run_starts;
mod runs;
mod search;
mod sessions;
mod settling;
mod standing;
mod status;
mod steps;
mod streams;
mod subscriptions;
mod takes;
mod tallies;
mod task_edits;
mod task_logs;
mod task_moves;
mod task_orders;
mod task_removal;
mod task_tickets;
mod task_updates;
mod tasks;
mod ticket_edits;
mod ticket_states;
mod tickets;
mod together;
mod tokens;
mod unheard;
mod users;
mod vigil;
mod waiting;
mod why;
mod worker_orders;
mod worker_words;
mod workers;

pub use app::{App, Options};
pub use attachments::NewAttachment;
pub use backup::Backup;
pub use bus::{Events, Frame, Log, Topic};
pub use connections::Transport;
pub use error::Error;
pub use idempotency::Answer;
pub use logins::{Credential, Csrf, FirstStart, LoggedIn};
pub use logs::RawLog;
pub use made::Made;
pub use pace::Pace;
pub use project_cards::ProjectFilter;
pub use search::Search;
pub use store::events::Window as EventPage;
pub use store::files::Refused;
pub use streams::{EventStream, Next, RunLogStream, Stream, Subscribe, SubscribeLog};
