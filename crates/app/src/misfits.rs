//! Misfits: who could not begin a task a short while ago: its command is not there, or the task's directory is on another
//! machine. That is not held against the task, which others may take at once; whoever could not begin it gets it again
//! after a while that grows with every time, or as a new process. Kept in memory: a new server lets everybody try once more.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use model::{Name, Outcome, Run, RunId, TaskId, Text, Timestamp, Worker};

use crate::attempts;

/// No more are remembered; the one whose wait ends first is forgotten for a new one.
const MOST: usize = 10_000;

/// All that is remembered.
#[derive(Debug, Default)]
pub(crate) struct Misfits {
    kept: Mutex<BTreeMap<(TaskId, Who), Misfit>>,
}

/// A worker, as its runs name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Who {
    name: Name,
    host: Option<Name>,
}

/// That somebody could not begin a task.
#[derive(Debug, Clone)]
pub(crate) struct Misfit {
    run: RunId,
    times: i64,
    since: Timestamp,
    /// When it gets the task again.
    pub(crate) until: Timestamp,
    /// What it said.
    pub(crate) why: Option<Text>,
}

/// Those who are kept off now.
#[derive(Debug, Default)]
pub(crate) struct KeptOff {
    by_task: BTreeMap<TaskId, Vec<(Who, Misfit)>>,
}

impl Misfits {
    /// Remembers a run that could not begin; all others change nothing.
    pub(crate) fn note(&self, run: &Run, at: Timestamp) {
        let who = run.worker.clone().map(|name| Who {
            name,
            host: run.host.clone(),
        });
        let (Some(task), Some(who)) = (run.task_id, who) else {
            return;
        };
        if run.outcome != Some(Outcome::SpawnFailed) {
            return;
        }
        let mut kept = self.lock();
        let key = (task, who);
        let before = kept.get(&key);
        if before.is_some_and(|misfit| misfit.run == run.id) {
            return;
        }
        let times = before.map_or(1, |misfit| misfit.times + 1);
        let misfit = Misfit {
            run: run.id,
            times,
            since: at,
            until: at.plus_seconds(attempts::wait_after(times)),
            why: run.error.clone(),
        };
        kept.insert(key, misfit);
        forget_one(&mut kept);
    }

    /// Who is kept off which tasks at a moment.
    pub(crate) fn now(&self, at: Timestamp) -> KeptOff {
        let mut kept_off = KeptOff::default();
        for ((task, who), misfit) in self.lock().iter() {
            if misfit.until > at {
                let those = kept_off.by_task.entry(*task).or_default();
                those.push((who.clone(), misfit.clone()));
            }
        }
        kept_off
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(TaskId, Who), Misfit>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn forget_one(kept: &mut BTreeMap<(TaskId, Who), Misfit>) {
    if kept.len() <= MOST {
        return;
    }
    let first = kept.iter().min_by_key(|(_, misfit)| misfit.until);
    if let Some(key) = first.map(|(key, _)| key.clone()) {
        kept.remove(&key);
    }
}

impl KeptOff {
    /// Why a worker is kept off a task, where it is. One that came after that is a new process.
    pub(crate) fn why(&self, worker: &Worker, task: TaskId) -> Option<&Misfit> {
        let those = self.by_task.get(&task)?.iter();
        let mut same = those.filter(|(who, _)| who.name == worker.name && who.host == worker.host);
        let (_, misfit) = same.next()?;
        Some(misfit).filter(|misfit| misfit.since >= worker.joined_at)
    }

    /// Whether somebody is kept off a task.
    pub(crate) fn knows(&self, task: TaskId) -> bool {
        self.by_task.contains_key(&task)
    }
}
