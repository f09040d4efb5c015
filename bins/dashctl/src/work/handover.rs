//! What a worker hands over to the process that does a task: by its standard input, where nobody else can read it.

use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;

use anyhow::Context as _;
use model::{Claimed, Name};
use serde::{Deserialize, Serialize};

use crate::run::habits::Habits;

/// How the worker works, the same for every task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Way {
    /// The server's address.
    pub(super) server: String,
    /// The command and its arguments.
    pub(super) exec: Vec<OsString>,
    /// Everything that it makes and removes is in here.
    pub(super) managed: PathBuf,
    /// Tasks may name places in these.
    pub(super) roots: Vec<PathBuf>,
    /// The prompt with its placeholders.
    pub(super) template: String,
    /// Which model the agents use.
    pub(super) model: Option<Name>,
    /// Where what the server does not have yet is kept.
    pub(super) spools: PathBuf,
    /// How commands are run.
    pub(super) habits: Habits,
}

/// One task to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Handover {
    /// How.
    pub(super) way: Way,
    /// The task with its run and the run's token.
    pub(super) claimed: Claimed,
}

impl Handover {
    /// Reads what the worker hands over.
    pub(super) fn read() -> anyhow::Result<Self> {
        let mut text = Vec::new();
        let read = std::io::stdin().read_to_end(&mut text);
        read.context("read what the worker hands over")?;
        serde_json::from_slice(&text).context("understand what the worker hands over")
    }
}

/// The end of a task's id, which tells tasks apart better than its beginning.
pub(super) fn short(id: impl ToString) -> String {
    let id = id.to_string();
    id[id.len().saturating_sub(8)..].to_owned()
}
