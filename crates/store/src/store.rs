//! The store itself: opened once, shared by all, closed at the end.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use model::{Event, Fact, LogAppended, RunId};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::committed::{Committed, Publisher};
use crate::database::Database;
use crate::engine::{Engine, Pool, Read};
use crate::logs::Line;
use crate::sqlite::Held;
use crate::unit::{Answer, Closure, Unit};
use crate::wake::Wake;
use crate::writer::Writer;
use crate::{Error, Tx, events, meta, migrations, postgres, sqlite};

/// Units that may wait for the writer. When it is full, callers wait for a place: whoever is slowed down is who
/// writes, and what was answered stays bounded.
const QUEUE: usize = 4096;

/// Everything that is kept. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    readers: Pool,
    queue: mpsc::Sender<Unit>,
    publisher: Publisher,
    epoch: String,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Stops the tasks when the last clone is dropped without having been closed.
    _stop_on_drop: DropGuard,
    file: Option<PathBuf>,
}

struct Opened {
    /// What the migrations need where the writer's connection is not for them.
    starter: Option<Pool>,
    writer: Pool,
    readers: Pool,
    hints: Option<sqlx::PgPool>,
    held: Option<Held>,
}

impl Store {
    /// Opens a database and brings its tables up to date; makes it where there is none.
    pub async fn open(database: &Database) -> Result<Self, Error> {
        let opened = match database {
            Database::Memory => Opened::from_sqlite(sqlite::open_memory()?),
            Database::File(path) => Opened::from_sqlite(sqlite::open_file(path)?),
            Database::Postgres(url) => Opened::from_postgres(postgres::open(url).await?),
        };
        migrations::run(opened.starter.as_ref().unwrap_or(&opened.writer)).await?;
        if let Some(starter) = &opened.starter {
            starter.close().await;
        }
        let (epoch, head) = first_look(&opened.writer).await?;
        if let Some(held) = &opened.held {
            sqlite::sync_directory_of(&held.path)?;
        }
        Ok(Self::start(opened, epoch, head))
    }

    fn start(opened: Opened, epoch: String, head: i64) -> Self {
        let publisher = Publisher::new(head);
        let tasks = TaskTracker::new();
        let stop = CancellationToken::new();
        let (queue, waiting) = mpsc::channel(QUEUE);
        let file = opened.held.as_ref().map(|held| held.path.clone());
        let writer = Writer::new(opened.writer, publisher.clone(), opened.held);
        let writing = writer.run(waiting, stop.clone());
        if file.is_some() {
            tasks.spawn(in_own_thread(writing));
        } else {
            tasks.spawn(writing);
        }
        if let Some(hints) = opened.hints {
            let wake = Wake::new(
                hints,
                opened.readers.clone(),
                publisher.clone(),
                epoch.clone(),
            );
            wake.start(&tasks, &stop);
        }
        tasks.close();
        let inner = Inner {
            readers: opened.readers,
            queue,
            publisher,
            epoch,
            tasks,
            _stop_on_drop: stop.clone().drop_guard(),
            stop,
            file,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Hands a unit of work to the writer and waits until it is kept for good.
    ///
    /// The unit runs in a savepoint: when it answers an error, or panics, nothing of it is kept. It must not wait
    /// for anything but its own statements, because all other writes wait for it. It runs to its end even when the
    /// caller goes away.
    pub async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.hand_over(|answer| Unit::Work(Box::new(Closure { unit, answer })))
            .await
    }

    /// Appends facts that belong to no other change; much faster than a unit of work.
    pub async fn append(&self, facts: Vec<Fact>) -> Result<Vec<Arc<Event>>, Error> {
        self.hand_over(|answer| Unit::Events(facts, answer)).await
    }

    /// Appends lines to a run's log, likewise. `None` when there is no such run.
    pub async fn append_lines(
        &self,
        run: RunId,
        lines: Vec<Line>,
    ) -> Result<Option<LogAppended>, Error> {
        self.hand_over(|answer| Unit::Lines(run, lines, answer))
            .await
    }

    async fn hand_over<T, E: From<Error>>(
        &self,
        unit: impl FnOnce(Answer<T, E>) -> Unit,
    ) -> Result<T, E> {
        let (answer, answered) = oneshot::channel();
        self.inner
            .queue
            .send(unit(answer))
            .await
            .map_err(|_| Error::closed())?;
        answered.await.map_err(|_| Error::closed())?
    }

    /// A connection to read with. It goes back when it is dropped.
    pub async fn read(&self) -> Result<Read, Error> {
        self.inner.readers.acquire().await
    }

    /// Follows what is committed, by this process and others, from now on.
    #[must_use]
    pub fn committed(&self) -> broadcast::Receiver<Committed> {
        self.inner.publisher.subscribe()
    }

    /// The number of the last event that this process knows of, as it grows.
    #[must_use]
    pub fn head(&self) -> watch::Receiver<i64> {
        self.inner.publisher.head()
    }

    /// Names the database's life: another one after it was made anew or restored.
    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.inner.epoch
    }

    /// Which engine keeps the data.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.inner.readers.engine()
    }

    /// Units that wait for the writer.
    #[must_use]
    pub fn waiting_units(&self) -> usize {
        self.inner.queue.max_capacity() - self.inner.queue.capacity()
    }

    /// Where the SQLite file lies.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.inner.file.as_deref()
    }

    /// Writes what was accepted, and lets go of the database. What is handed over later is refused.
    pub async fn close(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.wait().await;
        self.inner.readers.close().await;
    }
}

impl Opened {
    fn from_sqlite(opened: sqlite::Opened) -> Self {
        Self {
            starter: Some(Pool::Sqlite(opened.starter)),
            writer: Pool::SqliteWriter(opened.held.path.clone(), opened.settings),
            readers: Pool::Sqlite(opened.readers),
            hints: None,
            held: Some(opened.held),
        }
    }

    fn from_postgres(opened: postgres::Opened) -> Self {
        Self {
            starter: None,
            writer: Pool::Postgres(opened.writer),
            readers: Pool::Postgres(opened.readers),
            hints: Some(opened.hints),
            held: None,
        }
    }
}

/// The epoch, which is made now where there is none, and the last event's number.
async fn first_look(writer: &Pool) -> Result<(String, i64), Error> {
    let mut connection = writer.acquire().await?;
    let epoch = meta::epoch(&mut connection).await?;
    let head = events::head(&mut connection).await?;
    Ok((epoch, head))
}

/// SQLite works in the thread that asks, syncs of the disk included, so its writer does not share one with others.
async fn in_own_thread(writing: impl Future<Output = ()> + Send + 'static) {
    let (ending, ended) = oneshot::channel::<()>();
    let runtime = Handle::current();
    let thread = std::thread::Builder::new().name("writer".to_owned());
    let started = thread.spawn(move || {
        runtime.block_on(writing);
        drop(ending);
    });
    if let Err(error) = started {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the writer has no thread"
        );
    }
    // It is dropped when the thread ends, however it does.
    let _ = ended.await;
}
