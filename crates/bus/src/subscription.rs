//! Subscriptions: one reader's place in a feed.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, Gauge, counter, gauge};
use store::{Error, Store};
use tokio::sync::watch;

use crate::feed::News;
use crate::ring::Found;
use crate::topic::Shared;
use crate::{Frame, Topic};

/// Frames of one batch: what one flush of a socket takes.
const BATCH: usize = 64;
/// Rows of one page of the table, at first and at most. Pages grow while they are light, so that one
/// subscriber never holds much.
const PAGES: std::ops::RangeInclusive<i64> = 16..=512;
/// A page that weighs more is heavy.
const HEAVY: usize = 512 * 1024;
/// How long to wait for a database that is away.
const AWAY: Duration = Duration::from_secs(1);

/// A place in a feed. Whoever reads slowly is served from the table; nothing is skipped unsaid.
#[derive(Debug)]
pub struct Subscription<T: Topic> {
    feed: Shared<T>,
    filter: T::Filter,
    /// Everything up to here was handed out, or was not wanted.
    cursor: i64,
    news: watch::Receiver<News>,
    gap: Option<Gap>,
    page: i64,
    store: Store,
    meters: Meters,
}

/// What comes next.
#[derive(Debug)]
pub enum Batch<T: Topic> {
    /// Frames in their order, at least one.
    Frames(Vec<Arc<Frame<T>>>),
    /// Something that was asked for is gone.
    Gap(Gap),
    /// The server stops.
    Bye,
}

/// Numbers that nobody can have any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first of them.
    pub from: i64,
    /// The last of them.
    pub to: i64,
    /// Why.
    pub reason: GapReason,
}

/// Why something is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapReason {
    /// The cursor is from another life of the database.
    EpochChanged,
    /// It was kept for its time.
    Expired,
}

impl GapReason {
    /// The word that is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EpochChanged => "epoch_changed",
            Self::Expired => "expired",
        }
    }
}

impl<T: Topic> Subscription<T> {
    pub(crate) fn new(feed: Shared<T>, filter: T::Filter, cursor: i64, store: Store) -> Self {
        Self {
            news: feed.news(),
            feed,
            filter,
            cursor,
            gap: None,
            page: *PAGES.start(),
            store,
            meters: Meters::new(T::NAME),
        }
    }

    pub(crate) fn with_gap(mut self, gap: Gap) -> Self {
        self.gap = Some(gap);
        self
    }

    /// The last number there is, as far as this process knows.
    #[must_use]
    pub fn head(&self) -> i64 {
        self.feed.head().max(self.cursor)
    }

    /// The number from which to go on: everything up to it was handed out, or was not wanted.
    #[must_use]
    pub fn cursor(&self) -> i64 {
        self.cursor
    }

    /// Waits for what comes next. It may be cancelled at any point without losing anything.
    pub async fn next_batch(&mut self) -> Batch<T> {
        loop {
            // Marked as seen before looking: what comes in between wakes again.
            if self.news.borrow_and_update().over {
                return Batch::Bye;
            }
            if let Some(gap) = self.gap.take() {
                return Batch::Gap(gap);
            }
            let next = match self.feed.after(self.cursor, BATCH, &self.filter) {
                Found::Frames(frames, cursor) => {
                    self.cursor = cursor;
                    self.hand_out(frames)
                }
                // In a box: who keeps up would carry and move the room for it with every batch.
                Found::Behind => Box::pin(self.read_table_until_it_answers()).await,
            };
            if let Some(batch) = next {
                return batch;
            }
            self.wait().await;
        }
    }

    /// Waits until there is more than this subscriber has seen.
    async fn wait(&mut self) {
        if self.cursor < self.feed.head() {
            return;
        }
        // The feed is ours too, so its sender is there.
        let _ = self.news.changed().await;
    }

    async fn read_table_until_it_answers(&mut self) -> Option<Batch<T>> {
        loop {
            match self.read_table().await {
                Ok(batch) => return batch,
                Err(error) => {
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(
                        error,
                        topic = T::NAME,
                        "a subscriber waits for the database"
                    );
                }
            }
            tokio::select! {
                _ = self.news.wait_for(|news| news.over) => return Some(Batch::Bye),
                () = tokio::time::sleep(AWAY) => {}
            }
        }
    }

    async fn read_table(&mut self) -> Result<Option<Batch<T>>, Error> {
        let mut read = self.store.read().await?;
        // Known before the page is read, so the page leaves out nothing up to here.
        let known = self.feed.head();
        let filter = Some(&self.filter);
        let items = self
            .feed
            .topic
            .page(&mut read, filter, self.cursor, self.page)
            .await?;
        // Looked at after the page, so that what goes in between is not missed in silence.
        let first = self.feed.topic.first(&mut read).await?;
        drop(read);
        if first > self.cursor + 1 {
            return Ok(Some(Batch::Gap(self.skip_to(first))));
        }
        let is_full = items.len() as i64 >= self.page;
        let last = items.last().map(T::number);
        self.cursor = match last {
            Some(last) if is_full => last,
            last => last.unwrap_or(self.cursor).max(known),
        };
        self.adjust_page(items.iter().map(T::weight).sum());
        let frames = items
            .into_iter()
            .map(|item| Arc::new(Frame::new(Arc::new(item))));
        Ok(self.hand_out(frames.collect()))
    }

    fn skip_to(&mut self, first: i64) -> Gap {
        let gap = Gap {
            from: self.cursor + 1,
            to: first - 1,
            reason: GapReason::Expired,
        };
        self.cursor = first - 1;
        gap
    }

    fn adjust_page(&mut self, weight: usize) {
        let page = if weight > HEAVY {
            self.page / 4
        } else {
            self.page * 2
        };
        self.page = page.clamp(*PAGES.start(), *PAGES.end());
    }

    fn hand_out(&self, frames: Vec<Arc<Frame<T>>>) -> Option<Batch<T>> {
        if frames.is_empty() {
            return None;
        }
        self.meters.frames.increment(frames.len() as u64);
        Some(Batch::Frames(frames))
    }
}

/// What is measured of subscribers.
struct Meters {
    frames: Counter,
    subscribers: Gauge,
}

impl Meters {
    fn new(topic: &'static str) -> Self {
        let meters = Self {
            frames: counter!("dashboard_stream_frames_total", "topic" => topic),
            subscribers: gauge!("dashboard_stream_subscribers", "topic" => topic),
        };
        meters.subscribers.increment(1);
        meters
    }
}

impl Drop for Meters {
    fn drop(&mut self) {
        self.subscribers.decrement(1);
    }
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Meters").finish_non_exhaustive()
    }
}
