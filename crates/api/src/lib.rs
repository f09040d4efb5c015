//! HTTP, WebSocket and SSE in and out; the OpenAPI document; Prometheus; the embedded UI.
//!
//! Handlers extract, call `app` and wrap. Nothing here decides, knows SQL, or keeps anything. Start with
//! `routes.rs`, which shows everything that is served, then any resource: it has the same file name here as in
//! `app` and `model`. What surrounds every request is in `edge`; how it is read, in `extract`; how it is
//! refused, in `failure.rs`.

// What utoipa's macros write out is more qualified than it needs to be.
#![allow(unused_qualifications)]

mod answer;
mod attachments;
mod backup;
mod board;
mod channels;
mod deliveries;
mod dispatch;
mod docs;
mod document;
mod edge;
mod events;
mod exports;
mod extract;
mod failure;
mod health;
mod inbox;
mod links;
mod llm_calls;
mod login;
mod logs;
mod metrics;
mod notification_rules;
mod projects;
mod questions;
mod raw_logs;
mod routes;
mod runs;
mod search;
mod sessions;
mod settings;
mod state;
mod steps;
mod streams;
mod subscriptions;
mod task_moves;
mod tasks;
mod ticket_parts;
mod tickets;
mod tokens;
#[cfg(feature = "ui")]
mod ui;
mod users;
mod workers;

pub use routes::{openapi, router};
pub use settings::{AuthenticationHook, Limits, Settings};
