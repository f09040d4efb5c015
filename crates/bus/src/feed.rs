//! A feed: the ring of one topic, and the number that wakes its subscribers.

use std::sync::{Arc, PoisonError, RwLock};

use store::{Error, Store};
use tokio::sync::watch;

use crate::ring::{Bounds, Found, Ring};
use crate::{Frame, Topic};

/// Rows that are read at once to fill the ring.
const PAGE: i64 = 500;

/// What the subscribers of one topic share.
#[derive(Debug)]
pub(crate) struct Feed<T: Topic> {
    pub(crate) topic: T,
    ring: RwLock<Ring<T>>,
    news: watch::Sender<News>,
}

/// What wakes a subscriber: one number and one word, so that a thousand of them wait for one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct News {
    /// The last number that was passed on.
    pub(crate) head: i64,
    /// Whether the server stops.
    pub(crate) over: bool,
}

impl<T: Topic> Feed<T> {
    pub(crate) fn new(topic: T, head: i64, bounds: Bounds) -> Self {
        Self {
            topic,
            ring: RwLock::new(Ring::new(head, bounds)),
            news: watch::Sender::new(News { head, over: false }),
        }
    }

    /// The last number that was passed on.
    pub(crate) fn head(&self) -> i64 {
        self.news.borrow().head
    }

    /// The same, as it grows, and the end.
    pub(crate) fn news(&self) -> watch::Receiver<News> {
        self.news.subscribe()
    }

    /// Tells everybody that the server stops.
    pub(crate) fn end(&self) {
        self.news.send_modify(|news| news.over = true);
    }

    /// What follows on `cursor` in the ring.
    pub(crate) fn after(&self, cursor: i64, most: usize, filter: &T::Filter) -> Found<T> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.after(cursor, most, filter)
    }

    /// Passes on what comes next. The lock is held for as long as a few pointers take to move.
    pub(crate) fn push(&self, items: impl IntoIterator<Item = Arc<T::Item>>) {
        let frames: Vec<_> = items.into_iter().map(Frame::new).collect();
        self.change(|ring| frames.into_iter().for_each(|frame| ring.push(frame)));
    }

    /// Reads from the table what is missing up to a number.
    pub(crate) async fn catch_up(&self, store: &Store, to: i64) -> Result<(), Error> {
        while self.head() < to {
            let mut read = store.read().await?;
            let head = self.head();
            let limit = PAGE.min(to - head);
            let items = self.topic.page(&mut read, None, head, limit).await?;
            if items.is_empty() {
                // It is not kept any more. Who asks for it is told.
                let first = self.topic.first(&mut read).await?;
                self.change(|ring| ring.restart((first - 1).max(to)));
                return Ok(());
            }
            drop(read);
            self.push(items.into_iter().map(Arc::new));
        }
        Ok(())
    }

    fn change(&self, change: impl FnOnce(&mut Ring<T>)) {
        let mut ring = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut ring);
        let head = ring.head();
        drop(ring);
        self.news
            .send_if_modified(|known| std::mem::replace(&mut known.head, head) != head);
    }
}
