//! Together: who asks for a new task joins those who wait for the next unit of work. They are taken when the writer comes to
//! it, so that it never waits for them and all that were asked for until then are made at once. So a hundred callers cost
//! little more than one, and a single one does not wait.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use store::Store;
use tokio::sync::oneshot;

use crate::app::Weakly;
use crate::new_tasks::{self, Ask, Outcome};
use crate::outlooks::Outlook;
use crate::{App, Error};

/// So many are made in one unit of work: all other writes wait for it.
const AT_ONCE: usize = 128;

/// The row of those who wait for a new task.
#[derive(Debug, Clone, Default)]
pub(crate) struct Together {
    row: Arc<Mutex<Row>>,
}

type Row = VecDeque<(Ask, oneshot::Sender<Outcome>)>;

/// Those who are served together: what they ask for, and the way to each.
#[derive(Debug, Default)]
struct Askers {
    asks: Vec<Ask>,
    answers: Vec<oneshot::Sender<Outcome>>,
    /// Whether there were more than are served at once.
    are_more: bool,
}

impl Together {
    /// Makes a task. Once the writer has come to it, it is made also when whoever asked goes away.
    pub(crate) async fn make(&self, app: &App, ask: Ask) -> Outcome {
        let (answer, answered) = oneshot::channel();
        // The others find somebody there for whom a unit of work is on its way.
        if self.join(ask, answer) == 1 {
            self.call(app);
        }
        answered.await.map_err(|_| Error::Unavailable(None))?
    }

    /// Joins the row; answers how many stand in it.
    fn join(&self, ask: Ask, answer: oneshot::Sender<Outcome>) -> usize {
        let mut row = self.lock();
        row.push_back((ask, answer));
        row.len()
    }

    /// Takes those who came first. Who went away meanwhile was told that nothing is known, and may have asked again: where the
    /// database was away for long, nobody wants any more what was asked for before.
    fn first(&self) -> Askers {
        let mut row = self.lock();
        let mut first = Askers::default();
        while first.asks.len() < AT_ONCE
            && let Some((ask, answer)) = row.pop_front()
        {
            if !answer.is_closed() {
                first.asks.push(ask);
                first.answers.push(answer);
            }
        }
        first.are_more = !row.is_empty();
        first
    }

    /// Sends a unit of work on its way to those who wait.
    fn call(&self, app: &App) {
        let row = self.clone();
        let store = app.store().clone();
        app.spawn_to_end(|app| async move { row.serve(&store, app).await });
    }

    async fn serve(&self, store: &Store, app: Weakly) {
        let served = Arc::new(tokio::sync::Mutex::new(Askers::default()));
        let (row, serving) = (self.clone(), Arc::clone(&served));
        let made = store.write(move |tx| {
            Box::pin(async move {
                let mut serving = serving.lock().await;
                *serving = row.first();
                let made = new_tasks::make_all(tx, &serving.asks).await?;
                let outlook = Outlook::over(tx, &made).await?;
                Ok((made.outcomes, outlook))
            })
        });
        let made = made.await;
        let mut served = std::mem::take(&mut *served.lock().await);
        if made.is_err() && served.asks.is_empty() {
            // The writer did not come to them.
            served = self.first();
        }
        if served.are_more
            && let Some(app) = app.app()
        {
            self.call(&app);
        }
        let (mut outcomes, outlook) = match made {
            Ok(made) => made,
            Err(failure) => {
                let outcomes = after(failure, store, &served.asks).await;
                (outcomes, Outlook::default())
            }
        };
        if let Some(app) = app.app() {
            app.warn(outlook, &mut outcomes).await;
        }
        tell(outcomes, served.answers);
    }

    fn lock(&self) -> MutexGuard<'_, Row> {
        self.row.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(outcomes: Vec<Outcome>, answers: Vec<oneshot::Sender<Outcome>>) {
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
