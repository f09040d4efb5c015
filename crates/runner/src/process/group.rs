//! Where there is no `/proc`: the command's process group stands for all that it started.

use std::collections::BTreeSet;
use std::io;

use nix::sys::signal::killpg;
use nix::unistd::Pid;

use super::tree::Alive;

/// A process group, as the negative id by which `kill` reaches all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Process(i32);

impl Process {
    /// What to give to `kill`.
    pub(crate) fn pid(self) -> Pid {
        Pid::from_raw(self.0)
    }
}

/// Nothing is known but what a group's leader tells.
#[derive(Debug)]
pub(super) struct Table;

/// Orphans cannot be adopted here.
pub(super) fn adopt_orphans() -> io::Result<()> {
    Ok(())
}

/// Children cannot be listed here.
pub(super) fn children() -> io::Result<Vec<Process>> {
    Ok(Vec::new())
}

/// Nobody can be asked.
pub(super) fn is_job_of_a_shell(_: Pid) -> bool {
    false
}

impl Table {
    /// There is nothing to read.
    pub(super) fn read() -> io::Result<Self> {
        Ok(Self)
    }

    /// Nobody is known.
    pub(super) fn below_us(&self, _: impl Fn(&Process) -> bool) -> Vec<Process> {
        Vec::new()
    }

    /// The group belongs to its leader.
    pub(super) fn belonging(
        &self,
        _: Pid,
        _: &BTreeSet<Process>,
        among: Vec<Process>,
    ) -> Vec<Process> {
        among
    }

    /// The group, while anybody is in it.
    pub(super) fn living(&self, _: &[Process], root: Pid) -> Vec<Alive> {
        let alive = Alive {
            process: Process(-root.as_raw()),
            is_our_child: true,
        };
        let is_there = killpg(root, None).is_ok();
        is_there.then_some(alive).into_iter().collect()
    }
}
