//! `dashctl work` against a real server.

#![allow(clippy::unwrap_used)]

mod board;
mod branches;
mod leaving;
mod lost;
#[path = "../support/server.rs"]
mod server;
mod task;
mod trouble;
mod worker;
mod workspaces;
