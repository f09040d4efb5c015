//! Every resource through the typed client, in process; every operation as everybody; every kind of bad input.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod attachments;
mod bad_input;
mod board;
mod events;
mod exports;
mod inbox;
mod llm_calls;
mod logs;
mod moves;
mod notifications;
mod operations;
mod projects;
mod questions;
mod rights;
mod runs;
mod search;
mod sessions;
mod steps;
mod tasks;
mod tickets;
mod tokens;
mod tour;
mod undeclared;
mod users;
mod workers;
mod world;
