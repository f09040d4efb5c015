//! A unit of work on its way into the database: what the writer gives to every unit in turn.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use model::{Event, Fact, RunId};

use crate::bulk::Bulk;
use crate::engine::{Engine, Read};
use crate::query::query;
use crate::{Error, events, logs, outbox, search};

/// The writer's transaction. It reads like a [`Read`]; every change goes through it.
///
/// A statement that fails ends the unit, also where the unit goes on: on both engines alike.
#[derive(Debug)]
pub struct Tx {
    read: Read,
    /// The number of the last event, this transaction's own included.
    head: i64,
    /// Appended, not yet inserted: all events of a group go in together, right before the commit.
    events: Vec<Arc<Event>>,
    lines: Bulk,
    /// Not yet carried out, likewise.
    search: Vec<search::Change>,
    touched_logs: Vec<RunLog>,
    savepoint: Savepoint,
}

/// The one savepoint of a transaction, which each unit in turn uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    /// Not set.
    None,
    /// Set, and nothing was done since: the next unit can use it as it is.
    Untouched,
    /// Set before something that stays.
    Kept,
}

/// How far a run's log reaches now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunLog {
    /// Whose log.
    pub run: RunId,
    /// The number of its last line.
    pub last_line: i64,
}

/// What a unit that fails gives back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    head: i64,
    events: usize,
    search: usize,
    touched_logs: usize,
}

/// What a commit made known.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) head: i64,
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) logs: Vec<RunLog>,
    /// How much of what can be found was changed, at most so many entries of it new.
    pub(crate) findable: usize,
}

impl Deref for Tx {
    type Target = Read;

    fn deref(&self) -> &Read {
        &self.read
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Read {
        &mut self.read
    }
}

impl Tx {
    pub(crate) fn new(read: Read, head: i64) -> Self {
        let lines = logs::bulk();
        Self {
            read,
            head,
            events: Vec::new(),
            lines,
            search: Vec::new(),
            touched_logs: Vec::new(),
            savepoint: Savepoint::None,
        }
    }

    /// Gives a fact its place in the order. It is inserted with the group's other events, right before the
    /// commit; a statement of the same group does not see it yet.
    pub fn append(&mut self, fact: Fact) -> Arc<Event> {
        self.head += 1;
        let event = Arc::new(fact.at(self.head));
        self.events.push(Arc::clone(&event));
        event
    }

    /// The events of this group so far, to change what must not be kept: their content, never their number.
    pub(crate) fn pending_events(&mut self) -> impl Iterator<Item = &mut Event> {
        self.events.iter_mut().map(Arc::make_mut)
    }

    /// Lines that go in with the group's other lines.
    pub(crate) fn pending_lines(&mut self) -> &mut Bulk {
        &mut self.lines
    }

    /// Changes what can be found, with the group's other changes of it.
    pub(crate) fn change_search(&mut self, change: search::Change) {
        self.search.push(change);
    }

    pub(crate) fn touch_log(&mut self, log: RunLog) {
        self.touched_logs.push(log);
    }

    /// How many events and lines wait.
    pub(crate) fn pending_rows(&self) -> usize {
        self.events.len() + self.lines.len()
    }

    /// Begins a unit: what it does can be taken back from here.
    pub(crate) async fn save(&mut self) -> Result<Mark, Error> {
        // They belong to units that nothing takes back, and this one might read or delete them.
        if !self.lines.is_empty() {
            self.release().await?;
            self.lines.insert(&mut self.read).await?;
        }
        match self.savepoint {
            Savepoint::None => self.read.run(query("SAVEPOINT unit")).await.map(drop)?,
            Savepoint::Kept if self.read.engine() == Engine::Sqlite => {
                self.read.run(query("RELEASE unit")).await?;
                self.read.run(query("SAVEPOINT unit")).await?;
            }
            // One way there and back.
            Savepoint::Kept => {
                self.read.raw("RELEASE unit; SAVEPOINT unit").await?;
            }
            Savepoint::Untouched => {}
        }
        self.savepoint = Savepoint::Untouched;
        Ok(self.mark())
    }

    /// Begins the only unit of a transaction. Nothing else would have to stay, so that it needs no savepoint, for which SQLite
    /// copies every page before its first change: it is taken back with the whole transaction.
    pub(crate) const fn mark(&self) -> Mark {
        Mark {
            head: self.head,
            events: self.events.len(),
            search: self.search.len(),
            touched_logs: self.touched_logs.len(),
        }
    }

    /// Keeps what the unit did.
    pub(crate) fn keep(&mut self) {
        if self.savepoint == Savepoint::Untouched {
            self.savepoint = Savepoint::Kept;
        }
    }

    /// Takes back what the unit did; its numbers go to the next.
    pub(crate) async fn take_back(&mut self, mark: Mark) -> Result<(), Error> {
        self.head = mark.head;
        self.events.truncate(mark.events);
        self.search.truncate(mark.search);
        self.touched_logs.truncate(mark.touched_logs);
        self.lines.clear();
        if self.savepoint == Savepoint::None {
            return self.begin_again().await;
        }
        self.read.run(query("ROLLBACK TO unit")).await.map(drop)
    }

    async fn begin_again(&mut self) -> Result<(), Error> {
        self.read.raw("ROLLBACK").await?;
        if let Some(head) = self.read.begin().await? {
            self.head = head;
        }
        Ok(())
    }

    async fn release(&mut self) -> Result<(), Error> {
        if self.savepoint != Savepoint::None {
            self.read.run(query("RELEASE unit")).await?;
            self.savepoint = Savepoint::None;
        }
        Ok(())
    }

    /// Inserts everything that waits. What is left is the commit, and then to tell what was written.
    pub(crate) async fn complete(mut self) -> Result<(Read, Written), Error> {
        // Nothing of this is taken back alone. A server would be asked once more for nothing.
        if self.read.engine() == Engine::Sqlite {
            self.release().await?;
        }
        self.lines.insert(&mut self.read).await?;
        let findable = self.search.len();
        search::write(&mut self.read, self.search).await?;
        events::insert(&mut self.read, &self.events).await?;
        outbox::fill(&mut self.read, &self.events).await?;
        let written = Written {
            head: self.head,
            events: self.events,
            logs: self.touched_logs,
            findable,
        };
        Ok((self.read, written))
    }
}
