//! Children: one process for every task. Each is a `dashctl` of its own, so that signals and orphans of one task are no
//! other's, and so that it goes on when the worker dies.

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use anyhow::Context as _;
use model::Claimed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::handover::{Handover, Way};

/// The processes that run.
#[derive(Debug)]
pub(super) struct Children {
    running: JoinSet<Ended>,
    /// Counts how often they were told to stop.
    told: watch::Sender<u32>,
}

/// A process that is no more.
#[derive(Debug)]
pub(super) struct Ended {
    /// The task that it had.
    pub(super) claimed: Claimed,
    /// What the kernel says, or why it could not be started.
    pub(super) end: anyhow::Result<ExitStatus>,
}

impl Children {
    pub(super) fn new() -> Self {
        Self {
            running: JoinSet::new(),
            told: watch::Sender::new(0),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.running.len()
    }

    /// Starts a process for a task.
    pub(super) fn start(&mut self, way: &Way, claimed: Claimed) {
        let (way, told) = (way.clone(), self.told.subscribe());
        self.running.spawn(async move {
            let handover = Handover { way, claimed };
            let end = live(&handover, told).await;
            let claimed = handover.claimed;
            Ended { claimed, end }
        });
    }

    /// Tells all of them to stop what they run.
    pub(super) fn tell_to_stop(&self) {
        self.told.send_modify(|times| *times += 1);
    }

    /// The next one that ends; `None` when there is none.
    pub(super) async fn next(&mut self) -> Option<Ended> {
        let ended = self.running.join_next().await?;
        // Nothing aborts these tasks.
        ended.ok()
    }
}

async fn live(handover: &Handover, told: watch::Receiver<u32>) -> anyhow::Result<ExitStatus> {
    let text = serde_json::to_vec(handover).context("write down the task")?;
    let mut child = spawn().context("start a process for the task")?;
    if let Some(mut stdin) = child.stdin.take() {
        let given = stdin.write_all(&text).await;
        given.context("hand the task over")?;
    }
    wait(&mut child, told).await.context("wait for the process")
}

fn spawn() -> io::Result<Child> {
    // This very program, even where an update has put another in its place.
    let myself = match cfg!(target_os = "linux") {
        true => PathBuf::from("/proc/self/exe"),
        false => std::env::current_exe()?,
    };
    Command::new(myself)
        .args(["run", "--handed-over"])
        // It works under its run's token; the worker's is not for it.
        .env_remove("DASHBOARD_TOKEN")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        // What the terminal's keys send reaches the worker alone.
        .process_group(0)
        .spawn()
}

async fn wait(child: &mut Child, mut told: watch::Receiver<u32>) -> io::Result<ExitStatus> {
    loop {
        tokio::select! {
            status = child.wait() => return status,
            Ok(()) = told.changed() => {
                // Not waited for yet, so the id is no other's.
                let pid = child.id().and_then(|id| i32::try_from(id).ok());
                if let Some(pid) = pid {
                    kill(Pid::from_raw(pid), Signal::SIGTERM)?;
                }
            }
        }
    }
}
