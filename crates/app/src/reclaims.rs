//! Reclaims: a task is taken back from its worker by hand. The run ends here and now; its worker, fenced off, is told to stop
//! at its next word.

use auth::Caller;
use model::{NotAllowed, Outcome, ReclaimTask, Scope, Task, TaskId};
use store::{Tx, runs};

use crate::deed::{Deed, Rights};
use crate::{App, Error, fence, run_ends, tasks, worker_orders};

impl App {
    /// Takes a task back from its worker. Those who operate take any, a worker gives back its own.
    pub async fn reclaim_task(
        &self,
        caller: &Caller,
        id: TaskId,
        reclaim: ReclaimTask,
    ) -> Result<Task, Error> {
        caller.holds(Scope::Report)?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                let task = match worker_orders::is_own(&deed.caller, id) {
                    true => fence::own(tx, &deed, id).await?,
                    false => fence::to_change(tx, &deed, id).await?,
                };
                take_back(tx, &deed, task, reclaim).await
            })
        })
        .await
    }
}

async fn take_back(
    tx: &mut Tx,
    deed: &Deed,
    task: Task,
    reclaim: ReclaimTask,
) -> Result<Task, Error> {
    let open = runs::open_on_task(tx, task.id).await?;
    let Some(run) = open.filter(|_| task.status.has_worker()) else {
        return Err(NotAllowed::new("reclaim", "task", task.status.as_str()).into());
    };
    let is_another = deed.caller.run.is_some_and(|own| own.run != run.id);
    if is_another {
        return Err(Error::LeaseLost);
    }
    let reason = reclaim
        .reason
        .as_ref()
        .map_or("its task was taken back", |reason| reason.as_str());
    let end = run_ends::without_worker(Outcome::Reclaimed, reason);
    run_ends::end_run(tx, deed, run, end).await?;
    tasks::there(tx, task.id).await
}
