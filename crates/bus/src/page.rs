//! Pages of the table for a subscriber who is behind, the next one read while the last one is sent.

use std::sync::Arc;
use std::time::Duration;

use store::{Error, Store};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::topic::Shared;
use crate::{Frame, Topic};

/// A page that was read ahead is good for so long. What a deleted ticket takes with it is not shown much later
/// because one subscriber reads slowly.
const FRESH: Duration = Duration::from_secs(1);

/// What to read.
pub(crate) struct Request<T: Topic> {
    pub(crate) feed: Shared<T>,
    pub(crate) store: Store,
    pub(crate) filter: T::Filter,
    /// The number after which to begin.
    pub(crate) after: i64,
    /// At most so many rows.
    pub(crate) limit: i64,
}

/// What was read.
#[derive(Debug)]
pub(crate) struct Page<T: Topic> {
    pub(crate) frames: Vec<Arc<Frame<T>>>,
    /// Whether there may be more rows that pass.
    pub(crate) is_full: bool,
    /// The last number that there was before the page was read: it leaves out nothing up to here.
    pub(crate) known: i64,
    /// The first number that was still kept after the page was read.
    pub(crate) first: i64,
}

impl<T: Topic> Request<T> {
    pub(crate) async fn read(self) -> Result<Page<T>, Error> {
        let mut read = self.store.read().await?;
        let (topic, filter) = (&self.feed.topic, Some(&self.filter));
        let known = self.feed.head();
        let items = topic
            .page(&mut read, filter, self.after, self.limit)
            .await?;
        // Looked at after the page, so that what goes in between is not missed in silence.
        let first = topic.first(&mut read).await?;
        drop(read);
        Ok(Page {
            is_full: items.len() as i64 >= self.limit,
            frames: items
                .into_iter()
                .map(|item| Arc::new(Frame::new(Arc::new(item))))
                .collect(),
            known,
            first,
        })
    }

    /// Begins to read, and to write the frames' texts, without waiting for it.
    pub(crate) fn read_ahead(self) -> Ahead<T> {
        let (after, limit) = (self.after, self.limit);
        let task = tokio::spawn(async move {
            let page = self.read().await?;
            for frame in &page.frames {
                // It is kept in the frame.
                let _ = frame.json();
            }
            Ok(page)
        });
        Ahead {
            after,
            limit,
            asked: Instant::now(),
            task: AbortOnDropHandle::new(task),
        }
    }
}

/// A page that is being read ahead.
#[derive(Debug)]
pub(crate) struct Ahead<T: Topic> {
    after: i64,
    limit: i64,
    asked: Instant,
    task: AbortOnDropHandle<Result<Page<T>, Error>>,
}

impl<T: Topic> Ahead<T> {
    /// The page, if it is the one that is wanted now.
    pub(crate) async fn get(self, after: i64, limit: i64) -> Option<Page<T>> {
        let is_wanted = (self.after, self.limit) == (after, limit);
        if !is_wanted || self.asked.elapsed() > FRESH {
            return None;
        }
        // What could not be read is asked for again, by the one who says why.
        self.task.await.ok()?.ok()
    }
}
