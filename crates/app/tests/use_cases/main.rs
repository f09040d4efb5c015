//! The use cases, with a clock that is moved by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

extern crate dashboard_app as app;

mod access;
mod cancels;
mod claims;
mod diagnostics;
mod events;
mod fence;
mod gates;
mod hands;
mod idempotency;
mod leases;
mod ledger;
mod limits;
mod links;
mod logs;
mod lost_leases;
mod moves;
mod notifications;
mod offers;
mod projects;
mod questions;
mod races;
mod removals;
mod runs;
mod schedule;
mod simulator;
mod streams;
mod support;
mod tasks;
mod ticket_states;
mod tickets;
mod why;
mod worker_words;
mod workspaces;
