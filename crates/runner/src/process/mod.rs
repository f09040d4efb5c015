//! Processes: a command, everything that it starts, and the terminal that it may have.

#[cfg(not(target_os = "linux"))]
mod group;
mod jobs;
#[cfg(target_os = "linux")]
mod proc;
mod session;
mod spawn;
mod stop;
mod supervise;
mod terminal;
mod tree;

pub(crate) use spawn::{Spawned, spawn};
pub(crate) use stop::{settle, stop};
pub(crate) use supervise::{Ended, Inbox, Limits, Order, Reason, supervise};
pub(crate) use terminal::{Keyboard, Master};

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;

/// What a command reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Stdin {
    /// What we would read: our stdin, or our keyboard where it has a terminal of its own.
    #[default]
    Ours,
    /// Nothing.
    Nothing,
    /// A file. A command with a terminal of its own reads that one.
    File(PathBuf),
}

/// A command to run.
#[derive(Debug, Clone, Default)]
pub struct Command {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// Where it runs; here when absent.
    pub cwd: Option<PathBuf>,
    /// Changes to the environment: a value to set, or `None` to take the variable away.
    pub env: Vec<(OsString, Option<OsString>)>,
    /// Whether it gets a terminal of its own, so that prompts and colours work.
    pub tty: bool,
    /// What it reads.
    pub stdin: Stdin,
}

impl Command {
    /// Gives its directory and environment to a child.
    pub(crate) fn apply_to(&self, child: &mut tokio::process::Command) {
        if let Some(cwd) = &self.cwd {
            child.current_dir(cwd);
        }
        for (name, value) in &self.env {
            match value {
                Some(value) => child.env(name, value),
                None => child.env_remove(name),
            };
        }
    }
}

/// The code by which a shell would report this end: 128 and the signal's number after a signal.
#[must_use]
pub fn exit_code(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}
