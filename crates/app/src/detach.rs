//! Detaching a task from the run that works on it. The run ends here and now; its worker, fenced off, is told to stop at its
//! next word.

use model::{
    EventType, NotAllowed, Outcome, Page, Run, RunFilter, RunId, RunState, Task, TaskMove,
    TaskOrder, TaskState,
};
use store::{Tx, runs};

use crate::deed::Deed;
use crate::{Error, gates, run_ends, task_moves, tasks};

/// Detaches a task for an order, if the order is one for which that may be done.
pub(crate) async fn for_order(
    tx: &mut Tx,
    deed: &Deed,
    task: Task,
    order: &TaskOrder,
    reclaim_first: bool,
) -> Result<Task, Error> {
    if !task.status.has_worker() {
        return Ok(task);
    }
    let verb = order.verb();
    match order {
        TaskOrder::Archive => {
            cancel(tx, deed, &task, "its task was put away").await?;
            let mut task = tasks::there(tx, task.id).await?;
            task.current_run_id = None;
            Ok(task)
        }
        _ if !order.is_possible_when_ready() => {
            Err(NotAllowed::new(verb, "task", task.status.as_str()).into())
        }
        _ => {
            let task = reclaimed(tx, deed, task, verb, reclaim_first).await?;
            freed(tx, deed, task).await
        }
    }
}

/// Takes a task back from its worker, if the caller asked for that. What waits for an answer goes on waiting.
pub(crate) async fn reclaimed(
    tx: &mut Tx,
    deed: &Deed,
    task: Task,
    verb: &'static str,
    reclaim_first: bool,
) -> Result<Task, Error> {
    if !reclaim_first && task.current_run_id.is_some() {
        let refused = NotAllowed::new(verb, "task", task.status.as_str());
        return Err(refused
            .with_hint("a run is open on it; `reclaim_first` takes it back")
            .into());
    }
    let Some(run) = runs::open_on_task(tx, task.id).await? else {
        return Ok(task);
    };
    let end = run_ends::without_worker(Outcome::Reclaimed, "somebody took its task back");
    run_ends::end_run(tx, deed, run, end).await?;
    tasks::there(tx, task.id).await
}

/// Lets a task that nobody works on wait no longer for an answer, so that it may be moved elsewhere.
pub(crate) async fn freed(tx: &mut Tx, deed: &Deed, mut task: Task) -> Result<Task, Error> {
    if task.status == TaskState::Waiting {
        gates::check_questions(tx, deed, &task).await?;
        let (made, event) = (TaskMove::Reclaim, EventType::TaskReclaimed);
        task_moves::make(tx, deed, &mut task, made, event).await?;
    }
    Ok(task)
}

/// Cancels all runs that are open of what is about to be deleted.
pub(crate) async fn cancel_all(
    tx: &mut Tx,
    deed: &Deed,
    of: RunFilter,
    reason: &str,
) -> Result<(), Error> {
    let is_open = |state: &RunState| !state.has_ended();
    let open = RunFilter {
        state: RunState::ALL.iter().copied().filter(is_open).collect(),
        ..of
    };
    loop {
        let found = runs::list(tx, &open, &Page::first(1000)).await?;
        if found.items.is_empty() {
            return Ok(());
        }
        for run in found.items {
            // It may have ended with the one above it.
            if let Some(run) = runs::get(tx, run.id).await? {
                cancel_run(tx, deed, run, reason).await?;
            }
        }
    }
}

/// Cancels the run that is open on a task; answers which one.
pub(crate) async fn cancel(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    reason: &str,
) -> Result<Option<RunId>, Error> {
    let Some(run) = runs::open_on_task(tx, task.id).await? else {
        return Ok(None);
    };
    let id = run.id;
    cancel_run(tx, deed, run, reason).await?;
    Ok(Some(id))
}

/// Ends a run here and now. What becomes of its task is decided by who cancels.
async fn cancel_run(tx: &mut Tx, deed: &Deed, run: Run, reason: &str) -> Result<(), Error> {
    let run = run_ends::cancel(tx, deed, run).await?;
    if !run.state.has_ended() {
        let end = run_ends::without_worker(Outcome::Cancelled, reason);
        run_ends::close_run(tx, deed, run, end).await?;
    }
    Ok(())
}
