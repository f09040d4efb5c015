//! Job control: a command without a terminal of its own shares ours, as a shell's jobs do.
//!
//! Its process group is in the background at first, so that a pager after us in a pipe keeps the
//! keyboard. The kernel stops the group when it wants the terminal; then it gets it.

use std::io::{self, IsTerminal};

use nix::sys::signal::{SigSet, Signal, killpg};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};

#[cfg(not(target_os = "linux"))]
use super::group as table;
#[cfg(target_os = "linux")]
use super::proc as table;
use super::tree::Tree;

/// Who has the terminal: we or the command.
#[derive(Debug)]
pub(super) struct Jobs {
    command: Pid,
    is_given: bool,
}

impl Jobs {
    /// We have it.
    pub(super) fn new(tree: &Tree) -> Self {
        Self {
            command: tree.root(),
            is_given: false,
        }
    }

    /// Looks whether the command was stopped, and does what a shell would.
    pub(super) fn look(&mut self, tree: &Tree) {
        match stopped_by(self.command) {
            Some(Signal::SIGTTIN | Signal::SIGTTOU) if self.can_give() => {
                self.give();
                tree.pass_on(Signal::SIGCONT);
            }
            Some(Signal::SIGTSTP) if self.is_given => self.suspend(tree),
            // It waits for a terminal that we do not have either, or somebody stopped it on purpose.
            Some(_) | None => {}
        }
    }

    /// Ctrl-Z: the command stops and so do we, until the shell lets us go on.
    pub(super) fn suspend(&mut self, tree: &Tree) {
        // Without a shell above us nobody ever would.
        if !table::is_job_of_a_shell(getpgrp()) {
            return tree.pass_on(Signal::SIGCONT);
        }
        tree.pass_on(Signal::SIGTSTP);
        let was_given = self.take_back();
        if let Err(error) = killpg(getpgrp(), Signal::SIGSTOP) {
            tracing::debug!(%error, "stop as the command did");
        }
        if was_given && self.can_give() {
            self.give();
        }
        tree.pass_on(Signal::SIGCONT);
    }

    fn can_give(&self) -> bool {
        io::stdin().is_terminal() && tcgetpgrp(io::stdin()) == Ok(getpgrp())
    }

    fn give(&mut self) {
        self.is_given = set_foreground(self.command);
    }

    fn take_back(&mut self) -> bool {
        if self.is_given {
            set_foreground(getpgrp());
        }
        std::mem::take(&mut self.is_given)
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        self.take_back();
    }
}

/// A group in the background is stopped when it takes the terminal, unless SIGTTOU is blocked.
fn set_foreground(group: Pid) -> bool {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGTTOU);
    let set = signals
        .thread_block()
        .and_then(|()| tcsetpgrp(io::stdin(), group));
    let unblocked = signals.thread_unblock();
    if let Err(error) = set.and(unblocked) {
        tracing::debug!(%error, %group, "hand the terminal over");
    }
    set.is_ok()
}

/// The signal that stopped the process, where one did since we last asked. Its end is left for the
/// one who waits for it.
#[cfg(target_os = "linux")]
fn stopped_by(process: Pid) -> Option<Signal> {
    use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
    match waitid(
        Id::Pid(process),
        WaitPidFlag::WSTOPPED | WaitPidFlag::WNOHANG,
    ) {
        Ok(WaitStatus::Stopped(_, signal)) => Some(signal),
        _ => None,
    }
}

#[cfg(not(target_os = "linux"))]
fn stopped_by(_: Pid) -> Option<Signal> {
    None
}
