//! The process table of Linux.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use super::tree::Alive;

/// A process, told from later ones with the same id by the time of its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Process {
    id: i32,
    started: u64,
}

impl Process {
    /// Its id.
    pub(crate) fn pid(self) -> Pid {
        Pid::from_raw(self.id)
    }
}

/// What the table says of a process.
#[derive(Debug, Clone, Copy)]
struct Row {
    process: Process,
    parent: i32,
    group: i32,
    session: i32,
    has_ended: bool,
}

/// All processes at one moment.
#[derive(Debug)]
pub(super) struct Table {
    rows: BTreeMap<i32, Row>,
    children: BTreeMap<i32, Vec<i32>>,
}

/// From now on orphans below this process become its children.
pub(super) fn adopt_orphans() -> io::Result<()> {
    Ok(nix::sys::prctl::set_child_subreaper(true)?)
}

/// Our children.
pub(super) fn children() -> io::Result<Vec<Process>> {
    let table = Table::read()?;
    Ok(table
        .children_of(Pid::this().as_raw())
        .map(|row| row.process)
        .collect())
}

/// Whether somebody in our session but outside the group would notice that the group was stopped.
pub(super) fn is_job_of_a_shell(group: Pid) -> bool {
    let Ok(table) = Table::read() else {
        return false;
    };
    let group = group.as_raw();
    table
        .rows
        .values()
        .filter(|row| row.group == group)
        .any(|row| {
            let parent = table.rows.get(&row.parent);
            parent.is_some_and(|parent| parent.session == row.session && parent.group != group)
        })
}

impl Table {
    /// Reads the table as it is now.
    pub(super) fn read() -> io::Result<Self> {
        let mut table = Self {
            rows: BTreeMap::new(),
            children: BTreeMap::new(),
        };
        for entry in fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(id) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            // A process may end between the listing and the reading.
            let stat = fs::read(format!("/proc/{id}/stat")).unwrap_or_default();
            if let Some(row) = parse(id, &String::from_utf8_lossy(&stat)) {
                table.children.entry(row.parent).or_default().push(id);
                table.rows.insert(id, row);
            }
        }
        Ok(table)
    }

    /// Everything below those of our children that `wanted` accepts, they included.
    pub(super) fn below_us(&self, wanted: impl Fn(&Process) -> bool) -> Vec<Process> {
        let ours = self
            .children_of(Pid::this().as_raw())
            .map(|row| row.process);
        self.with_descendants(ours.filter(wanted).collect())
    }

    /// Those of `among` that belong to `root`: by descent, group, session, or because they did before.
    pub(super) fn belonging(
        &self,
        root: Pid,
        known: &BTreeSet<Process>,
        mut among: Vec<Process>,
    ) -> Vec<Process> {
        let root = root.as_raw();
        among.retain(|process| {
            let row = &self.rows[&process.id];
            let is_marked = process.id == root || row.group == root || row.session == root;
            is_marked || known.contains(process)
        });
        self.with_descendants(among)
    }

    /// Those that are alive. Orphans that have ended are waited for; `root` is waited for elsewhere.
    pub(super) fn living(&self, processes: &[Process], root: Pid) -> Vec<Alive> {
        let us = Pid::this().as_raw();
        let mut living = Vec::new();
        for process in processes {
            let row = &self.rows[&process.id];
            let is_our_child = row.parent == us;
            if !row.has_ended {
                living.push(Alive {
                    process: *process,
                    is_our_child,
                });
            } else if is_our_child && process.pid() != root {
                let waited = waitpid(process.pid(), Some(WaitPidFlag::WNOHANG));
                tracing::debug!(pid = process.id, ?waited, "waited for an orphan");
            }
        }
        living
    }

    fn children_of(&self, parent: i32) -> impl Iterator<Item = &Row> {
        let ids = self
            .children
            .get(&parent)
            .map(Vec::as_slice)
            .unwrap_or_default();
        ids.iter().map(|id| &self.rows[id])
    }

    fn with_descendants(&self, mut found: Vec<Process>) -> Vec<Process> {
        let mut seen: BTreeSet<Process> = found.iter().copied().collect();
        let mut next = 0;
        while let Some(process) = found.get(next) {
            let children = self.children_of(process.id).map(|row| row.process);
            let new: Vec<Process> = children.filter(|child| seen.insert(*child)).collect();
            found.extend(new);
            next += 1;
        }
        found
    }
}

/// Reads `/proc/<id>/stat`. The program's name in it may hold anything, blanks and brackets too.
fn parse(id: i32, stat: &str) -> Option<Row> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = after_name.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<i32>().ok();
    Some(Row {
        process: Process {
            id,
            started: fields.get(19)?.parse().ok()?,
        },
        parent: number(1)?,
        group: number(2)?,
        session: number(3)?,
        has_ended: matches!(*fields.first()?, "Z" | "X"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let row = parse(
            7,
            "7 (a) b (c) S 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0",
        )
        .unwrap();
        assert_eq!(
            row.process,
            Process {
                id: 7,
                started: 4711
            }
        );
        assert_eq!((row.parent, row.group, row.session), (1, 2, 3));
        assert!(!row.has_ended);
    }

    #[test]
    fn nonsense_is_no_process() {
        assert!(parse(7, "").is_none());
        assert!(parse(7, "7 (a) S 1").is_none());
    }
}
