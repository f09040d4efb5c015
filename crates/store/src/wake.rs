//! Waking each other: how a process on PostgreSQL hears that another one wrote.
//!
//! A hint says how far the log reaches and which run logs grew, never what they hold. Hints are gathered and sent
//! outside the writers' transactions. Where they get lost, the log's end is looked at each second.

use std::collections::HashMap;
use std::time::Duration;

use model::RunId;
use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::committed::{Committed, Publisher, RunLog};
use crate::engine::{self, Pool};
use crate::{Error, events};

const CHANNEL: &str = "dashboard";
/// Hints are gathered for so long, which bounds how many there are.
const GATHER: Duration = Duration::from_millis(25);
/// How often the log's end is looked at when nobody gives a hint.
const LOOK: Duration = Duration::from_secs(1);
/// Run logs in one hint: PostgreSQL takes 8,000 bytes. Followers of the others see them at their next look.
const LOGS: usize = 100;

/// Sends and hears hints.
#[derive(Debug, Clone)]
pub(crate) struct Wake {
    hints: PgPool,
    readers: Pool,
    publisher: Publisher,
    epoch: String,
    /// Tells this process's own hints from others'.
    origin: String,
}

impl Wake {
    pub(crate) fn new(hints: PgPool, readers: Pool, publisher: Publisher, epoch: String) -> Self {
        let origin = Uuid::new_v4().simple().to_string();
        Self {
            hints,
            readers,
            publisher,
            epoch,
            origin,
        }
    }

    pub(crate) fn start(self, tasks: &TaskTracker, stop: &CancellationToken) {
        let own = self.publisher.subscribe();
        tasks.spawn(
            stop.clone()
                .run_until_cancelled_owned(self.clone().send(own)),
        );
        tasks.spawn(
            stop.clone()
                .run_until_cancelled_owned(self.clone().listen()),
        );
        tasks.spawn(stop.clone().run_until_cancelled_owned(self.look()));
    }

    /// Tells the others what this process wrote.
    async fn send(self, mut own: broadcast::Receiver<Committed>) {
        let mut gathered = Hint::default();
        loop {
            match own.recv().await {
                Ok(committed) => gathered.take(&committed),
                Err(RecvError::Lagged(_)) => gathered.head = *self.publisher.head().borrow(),
                Err(RecvError::Closed) => return,
            }
            tokio::time::sleep(GATHER).await;
            while let Ok(committed) = own.try_recv() {
                gathered.take(&committed);
            }
            let hint = std::mem::take(&mut gathered);
            if hint.is_empty() {
                continue;
            }
            let payload = hint.write(&self.origin, &self.epoch);
            if let Err(error) = engine::notify(&self.hints, CHANNEL, &payload).await {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "a hint was not sent"
                );
            }
        }
    }

    /// Hears the others, and comes back by itself when the connection was lost.
    async fn listen(self) {
        loop {
            if let Err(error) = self.hear().await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "hints are not heard"
                );
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn hear(&self) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.hints).await?;
        listener.listen(CHANNEL).await?;
        loop {
            let notification = listener.recv().await?;
            if let Some(hint) = Hint::read(notification.payload(), &self.origin, &self.epoch) {
                self.publisher.publish(hint.into());
            }
        }
    }

    /// Looks by itself, so that a lost hint costs a second and nothing else.
    async fn look(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            if let Ok(head) = self.head().await {
                self.publisher.publish(
                    Hint {
                        head,
                        logs: HashMap::new(),
                    }
                    .into(),
                );
            }
        }
    }

    async fn head(&self) -> Result<i64, Error> {
        events::head(&mut self.readers.acquire().await?).await
    }
}

/// How far things reach.
#[derive(Debug, Default, PartialEq)]
struct Hint {
    head: i64,
    logs: HashMap<RunId, i64>,
}

impl Hint {
    /// Only what this process wrote itself; what it heard is told by who wrote it.
    fn take(&mut self, committed: &Committed) {
        if committed.is_own {
            self.head = self.head.max(committed.head);
            self.logs
                .extend(committed.logs.iter().map(|log| (log.run, log.last_line)));
        }
    }

    fn is_empty(&self) -> bool {
        self.head == 0 && self.logs.is_empty()
    }

    /// `origin epoch head run:line run:line …`
    fn write(&self, origin: &str, epoch: &str) -> String {
        let mut payload = format!("{origin} {epoch} {}", self.head);
        for (run, line) in self.logs.iter().take(LOGS) {
            payload.push_str(&format!(" {run}:{line}"));
        }
        payload
    }

    /// `None` for what is our own, of another database on the same server, or no hint at all.
    fn read(payload: &str, own: &str, own_epoch: &str) -> Option<Self> {
        let mut words = payload.split(' ');
        let (origin, epoch) = (words.next()?, words.next()?);
        let head = words.next()?.parse().ok()?;
        let log = |word: &str| {
            let (run, line) = word.split_once(':')?;
            Some((run.parse().ok()?, line.parse().ok()?))
        };
        let logs = words.filter_map(log).collect();
        (origin != own && epoch == own_epoch).then_some(Self { head, logs })
    }
}

impl From<Hint> for Committed {
    fn from(hint: Hint) -> Self {
        let log = |(run, last_line)| RunLog { run, last_line };
        Self {
            head: hint.head,
            events: std::sync::Arc::new([]),
            logs: hint.logs.into_iter().map(log).collect(),
            is_own: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_reads_as_it_is_written() {
        let hint = Hint {
            head: 7,
            logs: HashMap::from([(RunId::new(), 3)]),
        };
        let payload = hint.write("a", "e");
        assert_eq!(Hint::read(&payload, "b", "e"), Some(hint));
    }

    #[test]
    fn own_hints_and_those_of_another_database_are_not_heard() {
        let payload = Hint {
            head: 7,
            ..Hint::default()
        }
        .write("a", "e");
        assert_eq!(Hint::read(&payload, "a", "e"), None);
        assert_eq!(Hint::read(&payload, "b", "f"), None);
        assert_eq!(Hint::read("what", "b", "e"), None);
    }

    #[test]
    fn a_hint_fits_into_a_notification() {
        let logs = (0..1000).map(|_| (RunId::new(), i64::MAX)).collect();
        let payload = Hint {
            head: i64::MAX,
            logs,
        }
        .write(&"o".repeat(32), &"e".repeat(32));
        assert!(payload.len() < 8000, "{}", payload.len());
    }
}
