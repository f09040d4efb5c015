//! The tail: the one task of a process that follows the store's commits and passes them on.

use std::sync::Arc;
use std::time::Duration;

use store::{Committed, Engine, Error, Store};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::MissedTickBehavior;

use crate::hub::Hub;
use crate::topic::{Events, Shared};

/// How often what was not to be had is tried again.
const LOOK: Duration = Duration::from_secs(1);

/// What the tail works with.
pub(crate) struct Tail {
    pub(crate) store: Store,
    pub(crate) feed: Shared<Events>,
    pub(crate) hub: Arc<Hub>,
    /// The number that the feed has to reach, as far as anybody said.
    pub(crate) wanted: i64,
}

impl Tail {
    /// Follows commits until it is dropped.
    pub(crate) async fn run(mut self, mut commits: broadcast::Receiver<Committed>) {
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                committed = commits.recv() => match committed {
                    Ok(committed) => self.take(&committed).await,
                    Err(RecvError::Lagged(_)) => self.look_everywhere().await,
                    Err(RecvError::Closed) => return,
                },
                _ = look.tick() => self.look().await,
            }
        }
    }

    async fn take(&mut self, committed: &Committed) {
        for log in &committed.logs {
            self.hub.hint(log.run, log.last_line);
        }
        self.wanted = self.wanted.max(committed.head);
        if let Some(first) = committed.events.first() {
            // Other processes may have written before this commit.
            self.reach(first.seq - 1).await;
        }
        if self.feed.head() + 1 >= committed.events.first().map_or(i64::MAX, |event| event.seq) {
            self.feed.push(committed.events.iter().cloned());
        }
        self.reach(self.wanted).await;
    }

    /// Some hints were lost.
    async fn look_everywhere(&mut self) {
        self.wanted = self.wanted.max(*self.store.head().borrow());
        self.hub.look_at_all();
        self.reach(self.wanted).await;
    }

    async fn look(&mut self) {
        self.reach(self.wanted).await;
        // Where others write, a log may grow without a word: a hint names only so many.
        if self.store.engine() == Engine::Postgres {
            self.hub.look_at_all();
        }
    }

    async fn reach(&self, seq: i64) {
        if let Err(error) = self.try_to_reach(seq).await {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(
                error,
                "the event log cannot be read; trying again in a second"
            );
        }
    }

    async fn try_to_reach(&self, seq: i64) -> Result<(), Error> {
        self.feed.catch_up(&self.store, seq).await
    }
}
