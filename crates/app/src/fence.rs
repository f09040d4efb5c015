//! The fence around an attempt at a task: who may say what becomes of it. A worker that lost its lease changes nothing, and
//! who never had it neither.

use auth::Caller;
use model::{Outcome, Run, Scope, Task};
use store::Read;

use crate::deed::Rights;
use crate::{Error, runs};

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
    let current = match task.current_run_id {
        Some(id) => Some(runs::there(read, id).await?),
        None => None,
    };
    let epoch = match caller.run {
        Some(own) => {
            let own = runs::there(read, own.run).await?;
            refuse_reclaimed(&own)?;
            Some(own.lease_epoch)
        }
        None => caller.lease_epoch,
    };
    match (epoch, current) {
        (Some(epoch), Some(current)) if epoch != current.lease_epoch => Err(Error::LeaseLost),
        (None, Some(_)) if !is_at_home(caller, task.project_id) => {
            let what = "somebody works on this task";
            Err(Error::Forbidden(format!("{what}: {WANTED}")))
        }
        _ => Ok(()),
    }
}

/// Whether the caller needs no lease: it has the run's own token, or operates.
fn is_at_home(caller: &Caller, project: model::ProjectId) -> bool {
    caller.run.is_some() || caller.may_in(Scope::Operate, project).is_ok()
}
