//! What a commit makes known: the hint that there is more, with the events at hand where this process wrote them.

use std::sync::Arc;

use model::Event;
use tokio::sync::{broadcast, watch};

pub use crate::tx::RunLog;

/// How many commits a follower may fall behind before it must read the table instead. The writer never waits
/// for a follower.
const REMEMBERED: usize = 128;

/// There is more: up to `head`. It is only a hint, and the table is the truth: hints may come late, twice,
/// or not at all where a follower lagged.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The number of the last event there is.
    pub head: i64,
    /// The events of this commit in their order, where this process wrote them. Before the first of them, others
    /// may have been written by other processes.
    pub events: Arc<[Arc<Event>]>,
    /// The run logs that grew.
    pub logs: Vec<RunLog>,
    /// Whether this process wrote it.
    pub(crate) is_own: bool,
}

/// Tells followers.
#[derive(Debug, Clone)]
pub(crate) struct Publisher {
    commits: broadcast::Sender<Committed>,
    head: watch::Sender<i64>,
}

impl Publisher {
    pub(crate) fn new(head: i64) -> Self {
        Self {
            commits: broadcast::Sender::new(REMEMBERED),
            head: watch::Sender::new(head),
        }
    }

    /// Tells everybody about a commit of this process or of another.
    pub(crate) fn publish(&self, committed: Committed) {
        let newer = self.head.send_if_modified(|head| {
            let newer = committed.head > *head;
            *head = committed.head.max(*head);
            newer
        });
        if newer || !committed.events.is_empty() || !committed.logs.is_empty() {
            // Nobody follows: nobody misses anything.
            let _ = self.commits.send(committed);
        }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Committed> {
        self.commits.subscribe()
    }

    pub(crate) fn head(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }
}
