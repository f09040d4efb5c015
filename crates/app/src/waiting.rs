//! Those who wait for work in this process: each sits in a row, in the order in which they came, until somebody gives them
//! a task or they get up. Waiting costs a place in a map and nothing else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth::Caller;
use model::{Claimed, Worker, WorkerId};
use tokio::sync::{Notify, oneshot};

use crate::app::Weakly;

/// Everybody who waits.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    row: Mutex<Row>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Row {
    last: u64,
    places: BTreeMap<u64, Place>,
}

#[derive(Debug)]
struct Place {
    who: Arc<Waiter>,
    /// Does not wait for what may come: gets up after one look.
    is_in_a_hurry: bool,
    answer: oneshot::Sender<Vec<Handover>>,
}

/// Who waits, and for how much.
#[derive(Debug)]
pub(crate) struct Waiter {
    pub(crate) caller: Caller,
    pub(crate) worker: Worker,
    pub(crate) wants: usize,
}

/// A place in the row, as those see it who hand out.
#[derive(Debug, Clone)]
pub(crate) struct Seat {
    number: u64,
    pub(crate) who: Arc<Waiter>,
}

impl Seat {
    /// The place of somebody who waits in another process: to plan with, not to serve.
    pub(crate) fn elsewhere(who: Waiter) -> Self {
        Self {
            number: 0,
            who: Arc::new(who),
        }
    }
}

impl Row {
    fn leave(&mut self, number: u64) -> Option<Place> {
        let place = self.places.remove(&number);
        self.count();
        place
    }

    fn count(&self) {
        metrics::gauge!("dashboard_waiting_claims").set(self.places.len() as f64);
    }
}

impl Waiting {
    /// Takes a place at the end of the row. Whoever drops it gets up.
    pub(crate) fn sit(self: &Arc<Self>, who: Waiter, is_in_a_hurry: bool) -> Sitting {
        let (answer, answered) = oneshot::channel();
        let mut row = self.lock();
        row.last += 1;
        let number = row.last;
        let place = Place {
            who: Arc::new(who),
            is_in_a_hurry,
            answer,
        };
        row.places.insert(number, place);
        row.count();
        drop(row);
        self.look();
        Sitting {
            number,
            answered,
            waiting: Arc::clone(self),
        }
    }

    /// There may be something to hand out.
    pub(crate) fn look(&self) {
        self.news.notify_one();
    }

    /// Waits until there may be something to hand out.
    pub(crate) async fn news(&self) {
        self.news.notified().await;
    }

    /// Who waits now, the longest first.
    pub(crate) fn seats(&self) -> Vec<Seat> {
        let seat = |(number, place): (&u64, &Place)| Seat {
            number: *number,
            who: Arc::clone(&place.who),
        };
        self.lock().places.iter().map(seat).collect()
    }

    /// How many wait.
    pub(crate) fn count(&self) -> usize {
        self.lock().places.len()
    }

    /// Whether this worker waits.
    pub(crate) fn holds(&self, worker: WorkerId) -> bool {
        self.any(|who| who.id == worker)
    }

    /// Whether a worker waits of whom this is true.
    pub(crate) fn any(&self, is_true: impl Fn(&Worker) -> bool) -> bool {
        let row = self.lock();
        row.places.values().any(|place| is_true(&place.who.worker))
    }

    /// Gives somebody what is theirs. Where nobody sits any more it goes back by itself.
    pub(crate) fn serve(&self, seat: &Seat, claims: Vec<Handover>) {
        let place = self.lock().leave(seat.number);
        if let Some(place) = place {
            // What cannot be taken is dropped, and goes back by that.
            drop(place.answer.send(claims));
        }
    }

    /// Lets those go who were in a hurry and got nothing.
    pub(crate) fn dismiss_hurried(&self, seats: &[Seat]) {
        let mut row = self.lock();
        for seat in seats {
            let hurried = |place: &Place| place.is_in_a_hurry;
            if row.places.get(&seat.number).is_some_and(hurried)
                && let Some(place) = row.leave(seat.number)
            {
                drop(place.answer.send(Vec::new()));
            }
        }
    }

    /// Lets a worker go that is to take nothing more.
    pub(crate) fn dismiss_worker(&self, worker: WorkerId) {
        let mut row = self.lock();
        let gone: Vec<u64> = row
            .places
            .iter()
            .filter(|(_, place)| place.who.worker.id == worker)
            .map(|(number, _)| *number)
            .collect();
        for place in gone.into_iter().filter_map(|number| row.leave(number)) {
            drop(place.answer.send(Vec::new()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Row> {
        self.row.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the row, as the one sees it who sits there.
#[derive(Debug)]
pub(crate) struct Sitting {
    number: u64,
    answered: oneshot::Receiver<Vec<Handover>>,
    waiting: Arc<Waiting>,
}

impl Sitting {
    /// What this one was given, at the latest after so long. Nothing when nobody hands out any more.
    pub(crate) async fn wait(mut self, longest: Duration) -> Vec<Claimed> {
        let answer = tokio::time::timeout(longest, &mut self.answered).await;
        let handed = match answer {
            Ok(answer) => answer.unwrap_or_default(),
            Err(_) => {
                self.get_up();
                // It may have been given something at the last moment.
                self.answered.try_recv().unwrap_or_default()
            }
        };
        handed.into_iter().filter_map(Handover::take).collect()
    }

    fn get_up(&self) {
        self.waiting.lock().leave(self.number);
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        self.get_up();
    }
}

/// A claimed task on its way to its worker. Dropped on the way, it is given back at once.
#[derive(Debug)]
pub(crate) struct Handover {
    claimed: Option<Claimed>,
    app: Weakly,
}

impl Handover {
    pub(crate) const fn new(claimed: Claimed, app: Weakly) -> Self {
        Self {
            claimed: Some(claimed),
            app,
        }
    }

    fn take(mut self) -> Option<Claimed> {
        self.claimed.take()
    }
}

impl Drop for Handover {
    fn drop(&mut self) {
        let (Some(claimed), Some(app)) = (self.claimed.take(), self.app.app()) else {
            return;
        };
        app.spawn(|weak| async move {
            if let Some(app) = weak.app() {
                app.give_back(claimed.run.id).await;
            }
        });
    }
}
