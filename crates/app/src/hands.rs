//! Hands: how many more tasks workers may take. A worker's capacity counts over all that it is at work on, whichever of its
//! questions was answered with it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::{Name, Worker, WorkerId};
use store::{Read, workers};

use crate::Error;

/// No worker is given more at a time: who has more hands free has enough.
const ENOUGH: i64 = 100;

/// So long a rough count is believed. Another server would have to give a worker a hundred tasks meanwhile to make it wrong.
const BELIEVED: Duration = Duration::from_secs(1);

/// The hands that workers have free.
#[derive(Debug, Default)]
pub(crate) struct Hands {
    free: BTreeMap<WorkerId, i64>,
}

/// What was counted last of workers that have many hands free: who takes one task after the other is not counted anew for
/// each, which would cost the more the more it is at work on.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    free: Mutex<BTreeMap<WorkerId, (Instant, i64)>>,
}

impl Counted {
    /// How many hands a worker has free, where that was counted just now and there are more than enough.
    fn of(&self, worker: &Worker) -> Option<i64> {
        let known = self.known();
        let (counted, free) = known.get(&worker.id)?;
        let is_believed = counted.elapsed() < BELIEVED && worker.capacity > ENOUGH;
        Some(*free).filter(|free| is_believed && *free >= ENOUGH)
    }

    fn note(&self, worker: &Worker, free: i64) {
        let mut known = self.known();
        known.retain(|_, (counted, _)| counted.elapsed() < BELIEVED);
        // A hundred are left to whoever else hands out.
        known.insert(worker.id, (Instant::now(), free - ENOUGH));
    }

    fn occupy(&self, worker: WorkerId) {
        let mut known = self.known();
        if let Some((_, free)) = known.get_mut(&worker) {
            *free -= 1;
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<WorkerId, (Instant, i64)>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hands {
    /// Counts those of some workers.
    pub(crate) async fn count(
        read: &mut Read,
        all: &[&Worker],
        counted: &Counted,
    ) -> Result<Self, Error> {
        let mut hands = Self::default();
        let (mut many, mut few) = (Vec::new(), Vec::new());
        for &worker in all {
            match counted.of(worker) {
                Some(free) => drop(hands.free.insert(worker.id, free)),
                None if worker.capacity > ENOUGH => many.push(worker),
                None => few.push(worker),
            }
        }
        // Of who has many hands mostly a rough count will do, however much it is at work on.
        let roughly = match many.is_empty() {
            true => BTreeMap::new(),
            false => workers::open_run_counts(read, &names(&many)).await?,
        };
        for worker in many {
            let busy = roughly.get(worker.name.as_str()).copied().unwrap_or(0);
            let free = worker.capacity - busy;
            if free < ENOUGH {
                few.push(worker);
                continue;
            }
            counted.note(worker, free);
            hands.free.insert(worker.id, free);
        }
        if few.is_empty() {
            return Ok(hands);
        }
        let busy = workers::open_task_counts(read, &names(&few)).await?;
        for worker in few {
            let busy = busy.get(&workers::hands(worker)).copied().unwrap_or(0);
            hands.free.insert(worker.id, worker.capacity - busy);
        }
        Ok(hands)
    }

    /// Whether a worker has one free.
    pub(crate) fn has_one(&self, worker: WorkerId) -> bool {
        self.free.get(&worker).is_some_and(|free| *free > 0)
    }

    /// One more of a worker's is at work, for good.
    pub(crate) fn take(&mut self, worker: WorkerId, counted: &Counted) {
        self.occupy(worker);
        counted.occupy(worker);
    }

    /// One more of a worker's is at work.
    pub(crate) fn occupy(&mut self, worker: WorkerId) {
        if let Some(free) = self.free.get_mut(&worker) {
            *free -= 1;
        }
    }
}

fn names(workers: &[&Worker]) -> Vec<Name> {
    let mut names: Vec<Name> = workers.iter().map(|worker| worker.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}
