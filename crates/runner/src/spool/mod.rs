//! The spool: a bounded queue on disk between a command and its server.
//!
//! What is appended survives the death of this process and is taken in the order in which it came.
//! A record is removed only after the server has it. When the spool is full, `append` waits: the
//! command's output is no longer read, the command stops at its next write, and nothing is dropped.
//! Files are not synced: a power cut ends the command as well, and nobody was promised its last lines.

mod disk;
mod left;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Run, RunId};
use tokio::sync::watch;

use crate::notice::Notices;
use crate::record::Record;
use disk::Disk;
pub use left::{Leftover, leftovers, path_for_server};

/// How long to wait before writing again when the disk took nothing.
const DISK_RETRY: Duration = Duration::from_secs(1);

/// A record on its way out, under its number within the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number, from 0.
    pub number: u64,
    /// What to tell the server; `None` where the file is damaged.
    pub record: Option<Record>,
}

/// One run's records that the server does not have yet.
#[derive(Debug)]
pub struct Spool {
    run: RunId,
    limit: u64,
    notices: Notices,
    state: Mutex<State>,
    /// Counts the changes, so that both ends can wait for the other.
    changes: watch::Sender<u64>,
}

#[derive(Debug)]
struct State {
    disk: Disk,
    /// The run's lease on its task.
    lease: Option<i64>,
    /// Nothing more is appended.
    closed: bool,
    /// The limit no longer holds, because what follows is bounded by itself.
    unbounded: bool,
    /// The server will never take any of this.
    abandoned: bool,
}

impl Spool {
    /// Makes the spool of a new run below `root`, for at most `limit` bytes.
    pub fn create(root: &Path, run: RunId, limit: u64, notices: Notices) -> io::Result<Arc<Self>> {
        Ok(Self::new(
            run,
            limit,
            notices,
            Disk::create(root, &run.to_string())?,
            false,
        ))
    }

    fn new(run: RunId, limit: u64, notices: Notices, disk: Disk, closed: bool) -> Arc<Self> {
        let state = State {
            lease: disk.lease(),
            disk,
            closed,
            unbounded: false,
            abandoned: false,
        };
        let (state, changes) = (Mutex::new(state), watch::Sender::new(0));
        Arc::new(Self {
            run,
            limit,
            notices,
            state,
            changes,
        })
    }

    /// The run whose records these are.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Where they are kept.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.state().disk.path().to_owned()
    }

    /// The lease on the task under which the records are told, where there is one.
    #[must_use]
    pub fn lease(&self) -> Option<i64> {
        self.state().lease
    }

    /// Notes what the run's start has brought: who delivers what a dead process leaves must know its lease, too.
    pub fn begun(&self, run: &Run) -> io::Result<()> {
        if run.task_id.is_none() {
            return Ok(());
        }
        let mut state = self.state();
        state.lease = Some(run.lease_epoch);
        state.disk.note_lease(run.lease_epoch)
    }

    /// Keeps a record; waits while there is no room for it.
    pub async fn append(&self, record: &Record) {
        let mut line = serde_json::to_vec(record).expect("a record is always JSON");
        line.push(b'\n');
        let mut changes = self.changes.subscribe();
        let mut complained = false;
        let mut complain = |why: String| {
            if !std::mem::replace(&mut complained, true) {
                self.notices
                    .say(&format!("the command's output waits: {why}"));
            }
        };
        loop {
            changes.borrow_and_update();
            match self.try_append(&line) {
                Ok(true) => return,
                Ok(false) => {
                    complain("the spool is full".to_owned());
                    // Both ends live as long as `self`, which holds the sender.
                    drop(changes.changed().await);
                }
                Err(error) => {
                    complain(format!("the spool cannot be written: {error}"));
                    tokio::time::sleep(DISK_RETRY).await;
                }
            }
        }
    }

    fn try_append(&self, line: &[u8]) -> io::Result<bool> {
        let mut state = self.state();
        if state.abandoned {
            return Ok(true);
        }
        let size = state.disk.waiting_bytes();
        // A record that is larger than the limit must get through all the same.
        if size > 0 && size + line.len() as u64 > self.limit && !state.unbounded {
            return Ok(false);
        }
        state.disk.append(line)?;
        drop(state);
        self.changed();
        Ok(true)
    }

    /// The oldest record that the server does not have; waits for one. `None` when there will be none.
    pub async fn next(&self) -> io::Result<Option<Entry>> {
        let mut changes = self.changes.subscribe();
        loop {
            changes.borrow_and_update();
            // Asked first: what is appended between the two questions must not be overlooked.
            let ended = self.has_ended();
            if let Some(entry) = self.try_next()? {
                return Ok(Some(entry));
            }
            if ended {
                return Ok(None);
            }
            drop(changes.changed().await);
        }
    }

    fn try_next(&self) -> io::Result<Option<Entry>> {
        let mut state = self.state();
        if state.abandoned {
            return Ok(None);
        }
        let Some((number, line)) = state.disk.peek()? else {
            return Ok(None);
        };
        let record = serde_json::from_slice(line).ok();
        Ok(Some(Entry { number, record }))
    }

    /// The server has this record: it is removed.
    pub fn delivered(&self) -> io::Result<()> {
        self.state().disk.advance()?;
        self.changed();
        Ok(())
    }

    /// The server will not take this record as it is: it is set aside, for a person to look at.
    pub fn set_aside(&self) -> io::Result<()> {
        self.state().disk.set_aside()?;
        self.changed();
        Ok(())
    }

    /// Says that nothing more comes.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed();
    }

    /// Lifts the limit: the command has ended, and what it left in its pipes is little.
    pub fn lift_limit(&self) {
        self.state().unbounded = true;
        self.changed();
    }

    /// Gives up on the server: what is kept stays on disk, what comes is no longer kept.
    pub fn abandon(&self) {
        self.state().abandoned = true;
        self.changed();
    }

    /// Removes the files, unless records were set aside.
    pub fn remove(&self) -> io::Result<()> {
        self.state().disk.remove()
    }

    /// How many records the server does not have.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.state().disk.waiting()
    }

    fn has_ended(&self) -> bool {
        let state = self.state();
        state.closed || state.abandoned
    }

    fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The files are consistent after every statement, so a panic elsewhere spoils nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
