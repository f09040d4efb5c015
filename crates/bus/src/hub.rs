//! The run logs that somebody follows, each with a feed of its own for as long as that lasts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use model::RunId;
use store::Store;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Topic as _;
use crate::feed::Feed;
use crate::ring::Bounds;
use crate::topic::{Log, Shared};

/// Recent lines that are held for the followers of one run.
const BOUNDS: Bounds = Bounds {
    frames: 2048,
    bytes: 1024 * 1024,
};
/// How long to wait for a database that is away.
const AWAY: Duration = Duration::from_secs(1);

/// The logs that somebody follows.
#[derive(Debug)]
pub(crate) struct Hub {
    followed: Mutex<HashMap<RunId, Followed>>,
    store: Store,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Debug)]
struct Followed {
    feed: Weak<Feed<Log>>,
    /// How far the log reaches, as somebody said.
    hint: watch::Sender<i64>,
}

impl Hub {
    pub(crate) fn new(store: Store, tasks: TaskTracker, stop: CancellationToken) -> Self {
        Self {
            followed: Mutex::default(),
            store,
            tasks,
            stop,
        }
    }

    /// The feed of a run's log, which reached to `head` a moment ago.
    pub(crate) fn feed(self: &Arc<Self>, run: RunId, head: i64) -> Shared<Log> {
        let mut followed = self.lock();
        if let Some(feed) = followed.get(&run).and_then(|one| one.feed.upgrade()) {
            return feed;
        }
        let topic = Log {
            run,
            hub: Arc::downgrade(self),
        };
        let feed = Arc::new(Feed::new(topic, head, BOUNDS));
        if self.stop.is_cancelled() {
            feed.end();
        }
        let hint = watch::Sender::new(head);
        let pump = pump(self.store.clone(), Arc::downgrade(&feed), hint.subscribe());
        self.tasks
            .spawn(self.stop.clone().run_until_cancelled_owned(pump));
        let feed_of = Arc::downgrade(&feed);
        followed.insert(
            run,
            Followed {
                feed: feed_of,
                hint,
            },
        );
        feed
    }

    /// A log reaches to this line, as somebody said.
    pub(crate) fn hint(&self, run: RunId, last_line: i64) {
        if let Some(followed) = self.lock().get(&run) {
            let further =
                |known: &mut i64| last_line > std::mem::replace(known, last_line.max(*known));
            followed.hint.send_if_modified(further);
        }
    }

    /// Hints were lost: every log that is followed has to be looked at.
    pub(crate) fn look_at_all(&self) {
        for followed in self.lock().values() {
            followed.hint.send_modify(|_| {});
        }
    }

    /// The server stops. A feed that is made from now on knows it from the beginning.
    pub(crate) fn end(&self) {
        let followed = self.lock();
        for feed in followed.values().filter_map(|one| one.feed.upgrade()) {
            feed.end();
        }
    }

    /// The last follower of a run is gone, unless there is a new one already.
    pub(crate) fn forget(&self, run: RunId) {
        let mut followed = self.lock();
        if followed
            .get(&run)
            .is_some_and(|one| one.feed.strong_count() == 0)
        {
            followed.remove(&run);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RunId, Followed>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Fills the feed of one log for as long as somebody follows it.
async fn pump(store: Store, feed: Weak<Feed<Log>>, mut hint: watch::Receiver<i64>) {
    loop {
        let Some(feed) = feed.upgrade() else { return };
        if let Err(error) = fill(&store, &feed).await {
            warn(feed.topic.run, &error);
            drop(feed);
            tokio::time::sleep(AWAY).await;
            continue;
        }
        drop(feed);
        if hint.changed().await.is_err() {
            return;
        }
    }
}

/// Reads to the log's end as it is in the table, whatever the hint said.
async fn fill(store: &Store, feed: &Feed<Log>) -> Result<(), store::Error> {
    let mut read = store.read().await?;
    let head = feed.topic.head(&mut read).await?;
    drop(read);
    feed.catch_up(store, head).await
}

fn warn(run: RunId, error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(error, run.id = %run, "the followers of a log wait for the database");
}
