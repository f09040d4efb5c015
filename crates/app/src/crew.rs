//! The crew: the workers that are connected, whichever server they talk to, and which of them have a hand free.

use std::collections::BTreeMap;

use auth::Caller;
use model::{ClaimWork, Hold, HoldReason, Surroundings, Task, Timestamp, Worker, WorkerId};
use store::{Engine, Read, workers};

use crate::misfits::{KeptOff, Misfit};
use crate::waiting::{Seat, Waiter};
use crate::{App, Error, plan};

/// The workers that are connected, the first to come first.
#[derive(Debug, Default)]
pub(crate) struct Crew {
    hands: Vec<Hand>,
    kept_off: KeptOff,
}

#[derive(Debug)]
struct Hand {
    worker: Worker,
    /// So many more tasks it could do at once.
    free: i64,
    /// Whether it asks for work, as far as that can be seen from here.
    asks: bool,
}

/// So long a worker may take from one question to the next, in seconds.
const PAUSE: i64 = 10;

impl App {
    /// Looks who is there.
    pub(crate) async fn muster(&self, read: &mut Read) -> Result<Crew, Error> {
        let there = workers::there(read).await?;
        let busy = match there.is_empty() {
            true => BTreeMap::new(),
            false => workers::open_task_counts(read, &[]).await?,
        };
        let now = self.clock().now();
        let hands = there.into_iter().map(|worker| {
            let busy = busy.get(&workers::hands(&worker)).copied();
            Hand {
                free: worker.capacity - busy.unwrap_or(0),
                asks: self.asks(&worker, now),
                worker,
            }
        });
        Ok(Crew {
            hands: hands.collect(),
            kept_off: self.misfits().now(now),
        })
    }

    /// Whether a worker waits for work, or has only just been heard of. At another server its question may be as old as the
    /// longest wait.
    fn asks(&self, worker: &Worker, now: Timestamp) -> bool {
        let seconds = match self.store().engine() {
            Engine::Sqlite => PAUSE,
            Engine::Postgres => ClaimWork::LONGEST_WAIT + PAUSE,
        };
        self.waiting().holds(worker.id) || worker.last_seen_at >= now.plus_seconds(-seconds)
    }
}

impl Crew {
    /// What they say to a task that nothing else holds back.
    pub(crate) fn says_of(&self, task: &Task, around: &Surroundings) -> Hold {
        let able: Vec<&Hand> = self.able(task).collect();
        if able.is_empty() {
            let connected = match self.hands.len() {
                0 => "no worker is connected".to_owned(),
                count => format!("none of {count} connected workers can do it{}", wants(task)),
            };
            return Hold::new(HoldReason::NoWorker, connected);
        }
        let here = |hand: &&Hand| hand.asks || hand.free <= 0;
        let (able, away): (Vec<&Hand>, Vec<&Hand>) = able.into_iter().partition(here);
        if let Some(first) = away.first().filter(|_| able.is_empty()) {
            let detail = format!("worker {} could do it, and does not ask", first.worker.name);
            return Hold::new(HoldReason::NoWorker, detail);
        }
        let fit = |hand: &&Hand| self.kept_off.why(&hand.worker, task.id).is_none();
        let (able, unfit): (Vec<&Hand>, Vec<&Hand>) = able.into_iter().partition(fit);
        if let Some(first) = unfit.first().filter(|_| able.is_empty()) {
            return self.says_unfit(task, first, unfit.len());
        }
        if !able
            .iter()
            .any(|hand| agent_is_free(&hand.worker, task, around))
        {
            let full = "as many tasks run with each agent that could do it as may";
            return Hold::new(HoldReason::Limit, full);
        }
        match able.iter().find(|hand| hand.free > 0) {
            Some(hand) => {
                let detail = format!("worker {} has a hand free for it", hand.worker.name);
                Hold::new(HoldReason::Queued, detail)
            }
            None => {
                let detail = match able.len() {
                    1 => "the only worker that can do it is at work".to_owned(),
                    count => format!("all {count} workers that can do it are at work"),
                };
                Hold::new(HoldReason::Busy, detail)
            }
        }
    }

    fn says_unfit(&self, task: &Task, first: &Hand, count: usize) -> Hold {
        let misfit = self.kept_off.why(&first.worker, task.id);
        let said = misfit.and_then(|misfit| misfit.why.as_ref());
        let said = said.map(|why| format!(": {why}")).unwrap_or_default();
        let name = &first.worker.name;
        let detail = match count - 1 {
            0 => format!("worker {name} could not begin it{said}"),
            more => format!("worker {name} and {more} more could not begin it{said}"),
        };
        Hold {
            until: misfit.map(|misfit: &Misfit| misfit.until),
            ..Hold::new(HoldReason::NoWorker, detail)
        }
    }

    /// One more task goes to a worker.
    pub(crate) fn occupy(&mut self, worker: WorkerId) {
        let mut hands = self.hands.iter_mut();
        if let Some(hand) = hands.find(|hand| hand.worker.id == worker) {
            hand.free -= 1;
        }
    }

    /// Places for those who have a hand free and do not sit in this process.
    pub(crate) fn elsewhere(&self, is_here: impl Fn(WorkerId) -> bool) -> Vec<Seat> {
        let awaited = self.hands.iter().filter(|hand| {
            let worker = &hand.worker;
            hand.free > 0 && !worker.draining && !is_here(worker.id)
        });
        let seat = |hand: &Hand| {
            Seat::elsewhere(Waiter {
                caller: Caller::host(hand.worker.principal.clone()),
                worker: hand.worker.clone(),
                wants: usize::try_from(hand.free).unwrap_or(1),
            })
        };
        awaited.map(seat).collect()
    }

    fn able(&self, task: &Task) -> impl Iterator<Item = &Hand> {
        self.hands.iter().filter(|hand| is_able(&hand.worker, task))
    }
}

/// Whether a worker that is there takes a task as soon as it has a hand free.
pub(crate) fn can_take(worker: &Worker, task: &Task, around: &Surroundings) -> bool {
    is_able(worker, task) && agent_is_free(worker, task, around)
}

fn is_able(worker: &Worker, task: &Task) -> bool {
    !worker.draining && worker.suits(task.project_id, task.assignee.as_ref(), &task.skills)
}

fn agent_is_free(worker: &Worker, task: &Task, around: &Surroundings) -> bool {
    plan::free_agent(&worker.agents, task.assignee.as_ref(), around).is_some()
}

fn wants(task: &Task) -> String {
    let mut wants = Vec::new();
    wants.extend(task.assignee.iter().map(|agent| format!("agent {agent}")));
    wants.extend(task.skills.iter().map(|skill| format!("skill {skill}")));
    if wants.is_empty() {
        return " in its project".to_owned();
    }
    format!(": it wants {}", wants.join(", "))
}
