//! Hands: how many more tasks workers may take. A worker's capacity counts over all that it is at work on, whichever of its
//! questions was answered with it.

use std::collections::BTreeMap;

use model::{Name, Worker, WorkerId};
use store::{Read, workers};

use crate::Error;

/// No worker is given more at a time: who has more hands free has enough.
const ENOUGH: i64 = 100;

/// The hands that workers have free.
#[derive(Debug, Default)]
pub(crate) struct Hands {
    free: BTreeMap<WorkerId, i64>,
}

impl Hands {
    /// Counts those of some workers.
    pub(crate) async fn count(read: &mut Read, all: &[&Worker]) -> Result<Self, Error> {
        let (many, few): (Vec<&Worker>, Vec<&Worker>) =
            all.iter().partition(|worker| worker.capacity > ENOUGH);
        let (mut hands, mut few) = (Self::default(), few);
        // Of who has many hands mostly a rough count will do, however much it is at work on.
        let roughly = match many.is_empty() {
            true => BTreeMap::new(),
            false => workers::open_run_counts(read, &names(&many)).await?,
        };
        for worker in many {
            let busy = roughly.get(worker.name.as_str()).copied().unwrap_or(0);
            match worker.capacity - busy {
                free if free >= ENOUGH => drop(hands.free.insert(worker.id, free)),
                _ => few.push(worker),
            }
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
