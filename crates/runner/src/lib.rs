//! Runs commands for a server: processes, their output as log lines, heartbeats, cancel.
//!
//! A command runs in a process group or a terminal of its own and is stopped with all that it started.
//! What it prints is shown at once and becomes numbered log lines. Everything for the server goes
//! through a bounded spool on disk, so that a server that is away loses nothing and doubles nothing.
//! This crate does not know what agents print: an [`Observer`] from outside does. Start with [`run`].

mod backoff;
mod conduct;
mod deliver;
mod heart;
mod leftovers;
mod log;
mod notice;
mod outcome;
mod prepare;
mod process;
mod record;
mod run;
mod sink;
mod spool;
mod usage;

pub use backoff::Backoff;
pub use leftovers::deliver_leftovers;
pub use log::{End, Piece, Splitter};
pub use notice::Notices;
pub use prepare::{Leavings, Ready, Unmade};
pub use process::{Command, Stdin, exit_code};
pub use record::{Blind, Conclusion, Line, LogAs, Observer, Record, Seen, Shown};
pub use run::{Error, Plan, Report, Show, run, run_when_ready};
pub use sink::{Ack, SendError, Server, Sink};
pub use spool::{Entry, Leftover, Spool, leftovers, path_for_server};
