//! The writer: one task per process that commits units of work in groups.
//!
//! It takes every unit that waits, runs each in a savepoint of one transaction, commits once, and only then
//! answers them all. On PostgreSQL the transaction's first statement takes the append lock, so that the
//! numbers of events become visible in their order.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::committed::{Committed, Publisher};
use crate::engine::{Engine, Pool, Read};
use crate::error::Kind;
use crate::sqlite::Held;
use crate::tx::{Mark, Written};
use crate::unit::{Finished, Tell, Unit, tell};
use crate::{Error, Tx, events, logs, search_index};

/// No more units in one group: the first must not wait for ever for the last.
const GROUP: usize = 500;

/// No more events and lines in one group: it is held in memory until followers have seen it.
const ROWS: usize = 10_000;

/// A group that takes longer has lost its server.
const PATIENCE: Duration = Duration::from_secs(30);

/// The task that writes.
pub(crate) struct Writer {
    pub(crate) pool: Pool,
    pub(crate) publisher: Publisher,
    /// Kept from group to group; given up whenever its state is in doubt.
    connection: Option<Read>,
    /// The last number on SQLite, where nobody else writes.
    head: Option<i64>,
    /// Entries that wait to be put into SQLite's search index, or some more; others of them were left by who wrote before.
    unindexed: i64,
    /// The lock on a SQLite file: it is let go when the last write is done.
    _held: Option<Held>,
}

impl Writer {
    pub(crate) fn new(pool: Pool, publisher: Publisher, held: Option<Held>) -> Self {
        Self {
            pool,
            publisher,
            connection: None,
            head: None,
            unindexed: i64::from(held.is_some()),
            _held: held,
        }
    }

    /// Writes until the queue is closed and empty.
    pub(crate) async fn run(mut self, mut queue: mpsc::Receiver<Unit>, stop: CancellationToken) {
        let mut units = Vec::with_capacity(GROUP);
        loop {
            tokio::select! {
                biased;
                // What was accepted is still written: `recv_many` answers 0 once the queue is empty.
                () = stop.cancelled(), if !queue.is_closed() => queue.close(),
                taken = queue.recv_many(&mut units, GROUP) => {
                    if taken == 0 {
                        break;
                    }
                    self.write(std::mem::take(&mut units)).await;
                    if self.unindexed > search_index::MOST_WAITING {
                        self.index().await;
                    }
                }
                () = tokio::time::sleep(search_index::IDLE), if self.unindexed > 0 => self.index().await,
            }
        }
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }

    /// Writes units in one group, or in a few where they bring very much.
    async fn write(&mut self, units: Vec<Unit>) {
        let mut group = Group {
            waiting: units.into_iter(),
            tells: Vec::new(),
        };
        while group.waiting.len() > 0 {
            let began = Instant::now();
            let failure = self.commit_in_time(&mut group).await.err();
            metrics::histogram!("dashboard_store_commit_seconds").record(began.elapsed());
            metrics::histogram!("dashboard_store_group_units").record(group.tells.len() as f64);
            if let Some(failure) = &failure {
                self.forget(failure);
            }
            group.answer(failure.as_ref());
        }
    }

    async fn commit_in_time(&mut self, group: &mut Group) -> Result<(), Error> {
        match self.pool.engine() {
            Engine::Sqlite => self.commit(group).await,
            // Only a server can go away without a word.
            Engine::Postgres => tokio::time::timeout(PATIENCE, self.commit(group))
                .await
                .unwrap_or(Err(Error::new(
                    Kind::Unavailable,
                    "the database does not answer",
                ))),
        }
    }

    /// Runs a group in one transaction. With an error nothing of it was kept, as far as anybody can tell; the
    /// connection is dropped with the transaction, which takes everything back.
    async fn commit(&mut self, group: &mut Group) -> Result<(), Error> {
        let mut tx = self.begin().await?;
        let is_alone = group.tells.is_empty() && group.waiting.len() == 1;
        while tx.pending_rows() < ROWS
            && let Some(unit) = group.waiting.next()
        {
            run_unit(&mut tx, unit, is_alone, &mut group.tells).await?;
        }
        let written = self.seal(tx).await?;
        self.publish(written);
        Ok(())
    }

    /// Commits, and keeps the connection for the next transaction.
    async fn seal(&mut self, tx: Tx) -> Result<Written, Error> {
        let (mut read, written) = tx.complete().await?;
        read.raw(committing(&written)).await?;
        read.in_transaction = false;
        self.connection = Some(read);
        Ok(written)
    }

    fn publish(&mut self, written: Written) {
        self.head = Some(written.head);
        if self.pool.engine() == Engine::Sqlite {
            self.unindexed += i64::try_from(written.findable).unwrap_or(i64::MAX);
        }
        self.publisher.publish(Committed {
            head: written.head,
            events: written.events.into(),
            logs: written.logs,
            is_own: true,
        });
    }

    /// Puts some of what was written into the search index. Where that fails, it is tried again after the next write.
    async fn index(&mut self) {
        match self.index_some().await {
            Ok(left) => self.unindexed = left,
            Err(failure) => {
                self.unindexed = 0;
                self.forget(&failure);
            }
        }
    }

    async fn index_some(&mut self) -> Result<i64, Error> {
        let mut tx = self.begin().await?;
        let left = search_index::index(&mut tx).await?;
        self.seal(tx).await?;
        Ok(left)
    }

    /// Begins a transaction, with one more try where a connection was kept: a server that was restarted in
    /// between has closed it, and nothing was done on it yet.
    async fn begin(&mut self) -> Result<Tx, Error> {
        if let Some(kept) = self.connection.take() {
            match self.begin_on(kept).await {
                Err(failure) if failure.kind == Kind::Unavailable => {}
                result => return result,
            }
        }
        let mut connection = self.pool.acquire().await?;
        connection.close_on_drop();
        self.begin_on(connection).await
    }

    async fn begin_on(&mut self, mut read: Read) -> Result<Tx, Error> {
        read.failure = None;
        let head = match read.begin().await?.or(self.head) {
            Some(head) => head,
            None => events::head(&mut read).await?,
        };
        read.in_transaction = true;
        Ok(Tx::new(read, head))
    }

    /// Nothing is known about a transaction that failed, and nothing is assumed.
    fn forget(&mut self, failure: &Error) {
        self.head = None;
        tracing::error!(
            error = failure as &dyn std::error::Error,
            "a group of writes failed"
        );
    }
}

/// The counter is written in the statement's text, so that it travels with the commit.
fn committing(written: &Written) -> String {
    if written.events.is_empty() {
        return "COMMIT".to_owned();
    }
    format!("UPDATE event_head SET head = {}; COMMIT", written.head)
}

struct Group {
    waiting: std::vec::IntoIter<Unit>,
    tells: Vec<Tell>,
}

impl Group {
    /// Tells who ran how it went. A failure is everybody's: also of those that did not run yet.
    fn answer(&mut self, failure: Option<&Error>) {
        for tell in self.tells.drain(..) {
            tell(failure.cloned());
        }
        if let Some(failure) = failure {
            for unit in self.waiting.by_ref() {
                unit.refuse(failure.clone());
            }
        }
    }
}

/// Runs one unit. An error is the end of the whole group; the unit's own failure waits to be told.
async fn run_unit(
    tx: &mut Tx,
    unit: Unit,
    is_alone: bool,
    tells: &mut Vec<Tell>,
) -> Result<(), Error> {
    match unit {
        Unit::Events(facts, answer) => {
            let events = facts.into_iter().map(|fact| tx.append(fact)).collect();
            tells.push(tell(answer, Ok(events)));
            Ok(())
        }
        Unit::Lines(run, lines, answer) => {
            let appended = logs::append(tx, run, lines).await;
            let failure = appended.as_ref().err().cloned();
            tells.push(tell(answer, appended));
            failure.map_or(Ok(()), Err)
        }
        Unit::Work(work) => {
            let mark = if is_alone {
                tx.mark()
            } else {
                tx.save().await?
            };
            let finished = work.run(tx).await;
            settle(tx, mark, finished, tells).await
        }
    }
}

/// Keeps what a unit did, or takes it back.
async fn settle(
    tx: &mut Tx,
    mark: Mark,
    finished: Finished,
    tells: &mut Vec<Tell>,
) -> Result<(), Error> {
    let failure = tx.failure.take();
    let tell = finished.tell;
    match failure {
        Some(failure) if failure.kind.ends_the_transaction() => {
            tells.push(tell);
            Err(failure)
        }
        None if finished.kept => {
            tells.push(tell);
            tx.keep();
            Ok(())
        }
        failure => {
            // A unit that went on after a failed statement has failed all the same.
            tells.push(match failure.filter(|_| finished.kept) {
                Some(failure) => Box::new(move |worse| tell(Some(worse.unwrap_or(failure)))),
                None => tell,
            });
            tx.take_back(mark).await
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{EventType, Fact, Principal, Text, Timestamp};

    use crate::{Database, Error, Kind, Store, events};

    fn fact() -> Fact {
        let at = Timestamp::from_micros(0);
        Fact::new(
            EventType::HookExecuted,
            Text::lossy(&"x".repeat(4000)),
            Principal::server(),
            at,
        )
    }

    /// From now on the writer's connection finds no more room than there is.
    async fn fill_the_disk(store: &Store) {
        let full = store.write(|tx| {
            Box::pin(async move {
                tx.raw("PRAGMA max_page_count = 1").await?;
                Ok::<_, Error>(())
            })
        });
        full.await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_disk_fails_the_whole_group_and_nothing_afterwards() {
        let store = Store::open(&Database::Memory).await.unwrap();
        store.append(vec![fact()]).await.unwrap();
        fill_the_disk(&store).await;
        // One unit holds the writer until the others wait in the queue, so that they come in one group.
        let (began, begun) = tokio::sync::oneshot::channel();
        let (go, going) = tokio::sync::oneshot::channel::<()>();
        let first = {
            let store = store.clone();
            tokio::spawn(async move {
                let unit = store.write(move |_| {
                    Box::pin(async move {
                        let _ = began.send(());
                        going.await.map_err(|_| Error::closed())
                    })
                });
                unit.await
            })
        };
        begun.await.unwrap();
        let units: Vec<_> = (0..10)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.append((0..100).map(|_| fact()).collect()).await })
            })
            .collect();
        while store.waiting_units() < 10 {
            tokio::task::yield_now().await;
        }
        go.send(()).unwrap();
        first.await.unwrap().unwrap();
        for unit in units {
            assert_eq!(unit.await.unwrap().unwrap_err().kind, Kind::Full);
        }
        // There is room again: the next connection knows no limit.
        assert_eq!(store.append(vec![fact()]).await.unwrap()[0].seq, 2);
        let kept = events::after(&mut store.read().await.unwrap(), 0, 100)
            .await
            .unwrap();
        assert_eq!(kept.len(), 2);
        store.close().await;
    }
}
