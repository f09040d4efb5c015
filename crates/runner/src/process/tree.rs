//! The tree: a command's first process and everything that it started, wherever that went.
//!
//! On Linux this process is the subreaper of what it starts: a process whose parent dies becomes our
//! child, whatever group or session it fled to, so that all of it is found below us in `/proc`.
//! Elsewhere the process group is all that can be found.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

#[cfg(not(target_os = "linux"))]
use super::group as table;
#[cfg(target_os = "linux")]
use super::proc as table;
use table::Process;

/// The first processes of the commands that this process runs. Held while one is started or a tree is
/// looked at, so that no tree takes another's new process for its own.
static ROOTS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// A command's processes.
///
/// Where this process runs one command at a time, everything below it that was not there before
/// belongs to that command. Where it runs several, a process that left group, session and parent
/// behind before anybody looked belongs to none: who runs many gives each a process like this one.
#[derive(Debug)]
pub(crate) struct Tree {
    root: Pid,
    /// Our children from before the command.
    before: BTreeSet<Process>,
    /// Everything that was ever seen to belong to it.
    known: BTreeSet<Process>,
    /// Whether the first process is there still, so that its group is no other's.
    has_root: bool,
}

/// A process of a tree that has not ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Alive {
    /// Which.
    pub(super) process: Process,
    /// Whether it is the first one or an orphan.
    pub(super) is_our_child: bool,
}

impl Tree {
    /// Starts the command and watches what grows from it.
    pub(crate) fn plant(command: &mut Command) -> io::Result<(Child, Self)> {
        let mut roots = roots();
        table::adopt_orphans()?;
        let before = table::children()?.into_iter().collect();
        let child = command.spawn()?;
        let id = child
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .ok_or(io::ErrorKind::NotFound)?;
        roots.insert(id);
        let root = Pid::from_raw(id);
        Ok((
            child,
            Self {
                root,
                before,
                known: BTreeSet::new(),
                has_root: true,
            },
        ))
    }

    /// The first process.
    pub(crate) fn root(&self) -> Pid {
        self.root
    }

    /// The first process has ended and was waited for.
    pub(crate) fn root_is_gone(&mut self) {
        self.has_root = false;
    }

    /// Passes a signal on to the command's process group, as a terminal would.
    pub(crate) fn pass_on(&self, signal: Signal) {
        if self.has_root
            && let Err(error) = killpg(self.root, signal)
        {
            tracing::debug!(%error, %signal, "pass a signal on");
        }
    }

    /// Sends a signal to everything that is alive; says what that is.
    pub(crate) fn tell(&mut self, signal: Signal) -> BTreeSet<Process> {
        let mut told = BTreeSet::new();
        self.tell_new(signal, &mut told, |_| true);
        told
    }

    /// Sends a signal to orphans that are alive and not yet in `told`; says how many processes are alive.
    pub(crate) fn tell_orphans(&mut self, signal: Signal, told: &mut BTreeSet<Process>) -> usize {
        self.tell_new(signal, told, |alive| alive.is_our_child)
    }

    fn tell_new(
        &mut self,
        signal: Signal,
        told: &mut BTreeSet<Process>,
        wanted: impl Fn(&Alive) -> bool,
    ) -> usize {
        let roots = roots();
        let alive = self.look(&roots);
        for process in alive
            .iter()
            .filter(|alive| wanted(alive))
            .map(|alive| alive.process)
        {
            // One that ended since is fine.
            if told.insert(process) && kill(process.pid(), signal).is_ok() {
                tracing::debug!(pid = process.pid().as_raw(), %signal, "signalled");
            }
        }
        alive.len()
    }

    /// Waits for orphans that have ended; says how many processes are alive.
    pub(crate) fn reap(&mut self) -> usize {
        let roots = roots();
        self.look(&roots).len()
    }

    fn look(&mut self, roots: &BTreeSet<i32>) -> Vec<Alive> {
        let table = match table::Table::read() {
            Ok(table) => table,
            Err(error) => {
                tracing::warn!(%error, "read the process table");
                return Vec::new();
            }
        };
        let is_only = roots.len() == 1;
        let others: BTreeSet<i32> = roots
            .iter()
            .copied()
            .filter(|id| *id != self.root.as_raw())
            .collect();
        let members = table.below_us(|process| {
            !self.before.contains(process) && !others.contains(&process.pid().as_raw())
        });
        let ours = if is_only {
            members
        } else {
            table.belonging(self.root, &self.known, members)
        };
        self.known.extend(ours.iter().copied());
        table.living(&ours, self.root)
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        roots().remove(&self.root.as_raw());
    }
}

fn roots() -> MutexGuard<'static, BTreeSet<i32>> {
    ROOTS.lock().unwrap_or_else(PoisonError::into_inner)
}
