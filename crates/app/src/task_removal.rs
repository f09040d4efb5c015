//! Removal of tasks for good. Events stay without content, what was spent stays spent, and who waited goes on.

use auth::Caller;
use model::{EventType, Scope, Task, TaskDeleted, TaskId, TaskOrder, TaskState};
use store::{Tx, events, links, tasks as kept};

use crate::deed::{Deed, Rights};
use crate::facts::About;
use crate::{App, Error, children, detach, gates, task_moves, tasks};

impl App {
    /// Deletes a task with its content; a run that is open is cancelled first.
    pub async fn delete_task(&self, caller: &Caller, id: TaskId) -> Result<TaskDeleted, Error> {
        caller.holds(Scope::Operate)?;
        let deleted = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let task = tasks::to_change(tx, &deed, id).await?;
                    delete(tx, &deed, task).await
                })
            })
            .await?;
        self.known().forget_everything();
        self.keys().forget_everything();
        Ok(deleted)
    }
}

async fn delete(tx: &mut Tx, deed: &Deed, task: Task) -> Result<TaskDeleted, Error> {
    gates::check(deed, &task, &TaskOrder::Archive)?;
    let cancelled_run_id = detach::cancel(tx, deed, &task, "its task was deleted").await?;
    let waiting = links::children_in(tx, task.id, &[TaskState::Todo]).await?;
    let ticket = task_moves::ticket_of(tx, &task).await?;
    events::redact_task(tx, task.id).await?;
    kept::delete(tx, task.id).await?;
    let fact = deed.fact(EventType::TaskDeleted, "a task was deleted");
    let mut fact = fact.in_project(task.project_id);
    fact.task_id = Some(task.id);
    fact.ticket_id = task.ticket_id;
    tx.append(fact);
    for child in waiting {
        if !links::has_open_parents(tx, child.id).await? {
            children::promote_one(tx, deed, child).await?;
        }
    }
    if let Some(ticket) = ticket {
        let ticket = store::tickets::get(tx, ticket.id).await?;
        if let Some(ticket) = ticket {
            task_moves::settle_by_tasks(tx, deed, ticket).await?;
        }
    }
    Ok(TaskDeleted {
        status: "deleted".to_owned(),
        task_id: task.id,
        cancelled_run_id,
    })
}
