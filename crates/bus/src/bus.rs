//! The bus itself: started once per process, shared by all, stopped before the store is closed.

use std::sync::Arc;

use model::{EventFilter, RunId};
use store::{Error, Store};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::feed::Feed;
use crate::hub::Hub;
use crate::ring::Bounds;
use crate::subscription::{Gap, GapReason};
use crate::tail::Tail;
use crate::topic::{Events, LineFilter, Log, Shared, Topic};
use crate::{EventSubscription, LogSubscription, Subscription};

/// Recent events that are held for all subscribers.
const BOUNDS: Bounds = Bounds {
    frames: 8192,
    bytes: 16 * 1024 * 1024,
};

/// The live side of the store. Clones share it.
#[derive(Debug, Clone)]
pub struct Bus {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    events: Shared<Events>,
    hub: Arc<Hub>,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Ends the tasks when the last clone is dropped without having been shut down.
    _stop_on_drop: DropGuard,
}

/// From where somebody goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Since {
    /// The last number that it has.
    pub number: i64,
    /// The life of the database in which it got that; the current one where it does not say.
    pub epoch: Option<String>,
}

impl Bus {
    /// Follows a store from now on.
    #[must_use]
    pub fn start(store: Store) -> Self {
        let tasks = TaskTracker::new();
        let stop = CancellationToken::new();
        let hub = Arc::new(Hub::new(store.clone(), tasks.clone(), stop.clone()));
        // Subscribed before the head is read: a commit in between is seen twice rather than never.
        let commits = store.committed();
        let head = *store.head().borrow();
        let events = Arc::new(Feed::new(Events, head, BOUNDS));
        let tail = Tail {
            store: store.clone(),
            feed: Arc::clone(&events),
            hub: Arc::clone(&hub),
            wanted: head,
        };
        tasks.spawn(stop.clone().run_until_cancelled_owned(tail.run(commits)));
        tasks.spawn(say_goodbye(
            stop.clone(),
            Arc::clone(&events),
            Arc::clone(&hub),
        ));
        let inner = Inner {
            store,
            events,
            hub,
            tasks,
            _stop_on_drop: stop.clone().drop_guard(),
            stop,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The number of the last event that was passed on.
    #[must_use]
    pub fn head(&self) -> i64 {
        self.inner.events.head()
    }

    /// Names the database's life.
    #[must_use]
    pub fn epoch(&self) -> &str {
        self.inner.store.epoch()
    }

    /// Follows events that pass a filter: from a place on, or from now on.
    pub async fn subscribe(
        &self,
        since: Option<Since>,
        filter: EventFilter,
    ) -> Result<EventSubscription, Error> {
        // Who was answered has its events behind it, also where the tail has yet to pass them on.
        let published = *self.inner.store.head().borrow();
        self.place(Arc::clone(&self.inner.events), published, since, filter)
            .await
    }

    /// Follows the log of a run: from a line on, or from now on. `None` when there is no such run.
    pub async fn subscribe_log(
        &self,
        run: RunId,
        since: Option<Since>,
        filter: LineFilter,
    ) -> Result<Option<LogSubscription>, Error> {
        let mut read = self.inner.store.read().await?;
        let Some((last_line, _)) = store::logs::extent(&mut read, run).await? else {
            return Ok(None);
        };
        drop(read);
        let feed: Shared<Log> = self.inner.hub.feed(run, last_line);
        self.place(feed, last_line, since, filter).await.map(Some)
    }

    /// Says goodbye to all subscribers and ends what the bus started.
    pub async fn shutdown(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    async fn place<T: Topic>(
        &self,
        feed: Shared<T>,
        known: i64,
        since: Option<Since>,
        filter: T::Filter,
    ) -> Result<Subscription<T>, Error> {
        let head = feed.head().max(known);
        let gap = match &since {
            Some(since) => self.gap_before(&feed, head, since).await?,
            None => None,
        };
        let cursor = match (&gap, since) {
            (Some(gap), _) => gap.to,
            (None, Some(since)) => since.number.max(0),
            (None, None) => head,
        };
        let store = self.inner.store.clone();
        let subscription = Subscription::new(feed, filter, cursor, store);
        Ok(match gap {
            Some(gap) => subscription.with_gap(gap),
            None => subscription,
        })
    }

    /// What somebody misses who comes from another life of the database.
    async fn gap_before<T: Topic>(
        &self,
        feed: &Shared<T>,
        head: i64,
        since: &Since,
    ) -> Result<Option<Gap>, Error> {
        let same_epoch = since
            .epoch
            .as_deref()
            .is_none_or(|epoch| epoch == self.epoch());
        if same_epoch && since.number <= head {
            return Ok(None);
        }
        if same_epoch && since.number <= self.head_in_table(feed).await? {
            // Another process was quicker than our tail; soon we have it too.
            return Ok(None);
        }
        Ok(Some(Gap {
            from: 1,
            to: head,
            reason: GapReason::EpochChanged,
        }))
    }

    async fn head_in_table<T: Topic>(&self, feed: &Shared<T>) -> Result<i64, Error> {
        let mut read = self.inner.store.read().await?;
        feed.topic.head(&mut read).await
    }
}

/// Tells all subscribers when the end has come.
async fn say_goodbye(stop: CancellationToken, events: Shared<Events>, hub: Arc<Hub>) {
    stop.cancelled().await;
    events.end();
    hub.end();
}
