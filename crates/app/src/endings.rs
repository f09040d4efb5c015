//! How the stream of a run's log comes to its end: the run has ended, and every line of it was handed out.

use std::time::Duration;

use bus::{Batch, EventSubscription, Subscription, Topic};
use model::{EventFilter, EventType, RunId};
use store::{Store, logs, runs};

use crate::{App, Error};

/// Lines that nobody wants are passed over unseen, so the end is looked for now and then.
const LOOK: Duration = Duration::from_millis(100);

/// What a stream waits for, to end.
#[derive(Debug)]
pub(crate) enum Ending {
    /// It goes on for ever.
    Never,
    /// The run goes on.
    Awaited {
        finished: Box<EventSubscription>,
        store: Store,
        run: RunId,
    },
    /// The run has ended; its last line is to be looked up.
    Come { store: Store, run: RunId },
    /// The run has ended with this line.
    At(i64),
}

impl Ending {
    /// The end of a run's log. `None` when there is no such run.
    pub(crate) async fn of_run(app: &App, run: RunId) -> Result<Option<Self>, Error> {
        let filter = EventFilter {
            run: Some(run),
            event_type: vec![EventType::RunFinished.as_str().to_owned()],
            ..EventFilter::default()
        };
        // Followed before it is looked at: an end in between is seen twice rather than never.
        let finished = Box::new(app.bus().subscribe(None, filter).await?);
        let Some(found) = runs::get(&mut app.read().await?, run).await? else {
            return Ok(None);
        };
        let store = app.store().clone();
        Ok(Some(match found.state.has_ended() {
            true => Self::Come { store, run },
            false => Self::Awaited {
                finished,
                store,
                run,
            },
        }))
    }

    /// Whether a stream has come to its end.
    pub(crate) async fn is_reached<T: Topic>(&mut self, stream: &Subscription<T>) -> bool {
        if let Self::Come { store, run } = self {
            // A database that is away for now is asked again at the next look. In a box: it happens once.
            if let Ok(last_line) = Box::pin(last_line(store, *run)).await {
                *self = Self::At(last_line);
            }
        }
        matches!(self, Self::At(last_line) if stream.cursor() >= *last_line)
    }

    /// Waits until it is worth looking again. It may be cancelled.
    pub(crate) async fn news(&mut self) {
        let Self::Awaited {
            finished,
            store,
            run,
        } = self
        else {
            return match self {
                Self::Never => std::future::pending().await,
                _ => tokio::time::sleep(LOOK).await,
            };
        };
        if let Batch::Frames(_) = Box::pin(finished.next_batch()).await {
            *self = Self::Come {
                store: store.clone(),
                run: *run,
            };
        }
    }
}

async fn last_line(store: &Store, run: RunId) -> Result<i64, store::Error> {
    let extent = logs::extent(&mut store.read().await?, run).await?;
    Ok(extent.map_or(0, |(last_line, _)| last_line))
}
