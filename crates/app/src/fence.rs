//! The fence around an attempt at a task: who may say what becomes of it. A worker that lost its lease changes nothing, and
//! who never had it neither.

use auth::Caller;
use model::{Outcome, Run, Scope, Task, TaskId};
use store::{Read, Tx, runs as kept};

use crate::deed::{Deed, Rights};
use crate::{Error, runs, tasks};

/// What would let a caller in who may only report.
const WANTED: &str = "say so with its run's token, or name its `lease_epoch`, as a field or as `Lease-Epoch`; \
    or have the scope `operate`";

/// Admits who may report on a run. One that nobody leased takes the word of everybody who may report.
pub(crate) fn admit(caller: &Caller, run: &Run, named: Option<i64>) -> Result<(), Error> {
    caller.report_run(run.project_id, run.id)?;
    let epochs = [named, caller.lease_epoch];
    if epochs
        .iter()
        .flatten()
        .any(|epoch| *epoch != run.lease_epoch)
    {
        return Err(Error::LeaseLost);
    }
    // A lease that nobody names is not a right one.
    if run.task_id.is_none() || epochs != [None, None] || is_at_home(caller, run.project_id) {
        return Ok(());
    }
    refuse_reclaimed(run)?;
    let what = "this run is an attempt at a task";
    Err(Error::Forbidden(format!("{what}: {WANTED}")))
}

/// Refuses a worker whose lease ran out or was taken back.
pub(crate) fn refuse_reclaimed(run: &Run) -> Result<(), Error> {
    match run.outcome {
        Some(Outcome::Reclaimed) => Err(Error::LeaseLost),
        _ => Ok(()),
    }
}

/// Admits who may say something about a task. While somebody works on it that is the one who does, or who operates. The
/// last words of a worker whose run ended in order are welcome until the next one begins.
pub(crate) async fn admit_to_task(
    read: &mut Read,
    caller: &Caller,
    task: &Task,
) -> Result<(), Error> {
    caller.report_task(task.project_id, task.id)?;
    refuse_stale(read, caller, task).await?;
    let is_let_in = caller.lease_epoch.is_some() || is_at_home(caller, task.project_id);
    if task.current_run_id.is_none() || is_let_in {
        return Ok(());
    }
    let what = "somebody works on this task";
    Err(Error::Forbidden(format!("{what}: {WANTED}")))
}

/// A task that the caller may change: every change of a task by those who operate begins here.
pub(crate) async fn to_change(tx: &mut Tx, deed: &Deed, id: TaskId) -> Result<Task, Error> {
    let task = tasks::to_change(tx, deed, id).await?;
    refuse_stale(tx, &deed.caller, &task).await?;
    Ok(task)
}

/// The same for the worker of one of its runs, about its own task.
pub(crate) async fn own(tx: &mut Tx, deed: &Deed, id: TaskId) -> Result<Task, Error> {
    let task = tasks::there(tx, id).await?;
    deed.caller.report_task(task.project_id, id)?;
    refuse_stale(tx, &deed.caller, &task).await?;
    Ok(task)
}

/// Refuses who comes with a lease of a task that is not the last one, or was taken back, whatever else that one may do.
async fn refuse_stale(read: &mut Read, caller: &Caller, task: &Task) -> Result<(), Error> {
    let Some(lease) = lease_of(read, caller).await? else {
        return Ok(());
    };
    let attempt = match task.current_run_id {
        Some(id) => Some(runs::there(read, id).await?),
        None => kept::last_attempt(read, task.id).await?,
    };
    match attempt {
        Some(run) if run.lease_epoch == lease => refuse_reclaimed(&run),
        _ => Err(Error::LeaseLost),
    }
}

/// The lease with which somebody comes: that of its run, by whose token it calls, or the one that it names.
async fn lease_of(read: &mut Read, caller: &Caller) -> Result<Option<i64>, Error> {
    let Some(own) = caller.run else {
        return Ok(caller.lease_epoch);
    };
    let own = runs::there(read, own.run).await?;
    refuse_reclaimed(&own)?;
    match caller.lease_epoch {
        Some(named) if named != own.lease_epoch => Err(Error::LeaseLost),
        _ => Ok(Some(own.lease_epoch)),
    }
}

/// Whether the caller needs no lease: it has the run's own token, or operates.
fn is_at_home(caller: &Caller, project: model::ProjectId) -> bool {
    caller.run.is_some() || caller.may_in(Scope::Operate, project).is_ok()
}
