//! Together: who asks for a new task while others are being made waits for the next unit of work, which makes all that were
//! asked for until then. So a hundred callers cost little more than one, and a single one does not wait.

use std::sync::Arc;

use futures_util::future::join_all;
use store::Store;
use tokio::sync::{mpsc, oneshot};

use crate::Error;
use crate::app::Weakly;
use crate::new_tasks::{self, Ask, Outcome};

/// So many are made in one unit of work: all other writes wait for it.
const AT_ONCE: usize = 128;

/// The way to whoever makes tasks.
#[derive(Debug, Clone)]
pub(crate) struct Together {
    asks: mpsc::Sender<Asked>,
}

/// Somebody who waits for a task.
type Asked = (Ask, oneshot::Sender<Outcome>);

impl Together {
    /// A way, and its end.
    pub(crate) fn new() -> (Self, Asks) {
        let (asks, waiting) = mpsc::channel(AT_ONCE);
        (Self { asks }, Asks { waiting })
    }

    /// Makes a task. It is made also when whoever asked goes away.
    pub(crate) async fn make(&self, ask: Ask) -> Outcome {
        let (answer, answered) = oneshot::channel();
        let closed = || Error::Unavailable(None);
        self.asks.send((ask, answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Asks {
    waiting: mpsc::Receiver<Asked>,
}

impl Asks {
    /// Makes tasks until nobody can ask any more.
    pub(crate) async fn answer(mut self, app: Weakly) {
        let mut batch = Vec::with_capacity(AT_ONCE);
        while self.waiting.recv_many(&mut batch, AT_ONCE).await > 0 {
            let Some(app) = app.app() else {
                return;
            };
            let (asks, answers) = batch.drain(..).unzip();
            let outcomes = make_all(app.store(), asks).await;
            // The next are made meanwhile.
            app.spawn(|app| tell(app, outcomes, answers));
        }
    }
}

async fn make_all(store: &Store, asks: Vec<Ask>) -> Vec<Outcome> {
    let asks = Arc::new(asks);
    let all = Arc::clone(&asks);
    let made = store.write(move |tx| Box::pin(async move { new_tasks::make_all(tx, &all).await }));
    match made.await {
        Ok(outcomes) => outcomes,
        Err(failure) => after(failure, store, &asks).await,
    }
}

async fn tell(app: Weakly, mut outcomes: Vec<Outcome>, answers: Vec<oneshot::Sender<Outcome>>) {
    if let Some(app) = app.app() {
        app.warn(&mut outcomes).await;
    }
    for (answer, outcome) in answers.into_iter().zip(outcomes) {
        // Who went away has the task all the same.
        let _ = answer.send(outcome);
    }
}

/// What becomes of those whose unit of work failed: where the store is at fault, all of them hear so; else one of them may
/// be, and each is tried alone.
async fn after(failure: Error, store: &Store, asks: &[Ask]) -> Vec<Outcome> {
    match failure {
        Error::StorageFull => asks.iter().map(|_| Err(Error::StorageFull)).collect(),
        Error::Unavailable(cause) => {
            let unavailable = |_| Err(Error::Unavailable(cause.clone()));
            asks.iter().map(unavailable).collect()
        }
        _ => {
            let alone = asks.iter().cloned().map(|ask| make_alone(store, ask));
            join_all(alone).await
        }
    }
}

async fn make_alone(store: &Store, ask: Ask) -> Outcome {
    store
        .write(move |tx| Box::pin(async move { new_tasks::make(tx, &ask).await }))
        .await
}
