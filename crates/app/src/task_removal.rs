//! Removal of tasks for good. Events stay without content, what was spent stays spent, and who waited goes on.

use auth::Caller;
use model::{EventType, Scope, Task, TaskDeleted, TaskId, TaskOrder, TaskState};
use store::{Tx, events, links, questions, tasks as kept};

use crate::deed::{Deed, Rights};
use crate::facts::About;
use crate::{
    App, Error, children, detach, fence, gates, questions as question_cases, ticket_states,
};

impl App {
    /// Deletes a task with its content; a run that is open is cancelled first.
    pub async fn delete_task(&self, caller: &Caller, id: TaskId) -> Result<TaskDeleted, Error> {
        caller.holds(Scope::Operate)?;
        let deleted = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let task = fence::to_change(tx, &deed, id).await?;
                    delete(tx, &deed, task).await
                })
            })
            .await?;
        self.forget_removed();
        Ok(deleted)
    }
}

async fn delete(tx: &mut Tx, deed: &Deed, task: Task) -> Result<TaskDeleted, Error> {
    gates::check(tx, deed, &task, &TaskOrder::Archive).await?;
    let cancelled_run_id = detach::cancel(tx, deed, &task, "its task was deleted").await?;
    let waiting = links::children_in(tx, task.id, &[TaskState::Todo]).await?;
    let was_asked = questions::is_open_on_task(tx, task.id).await?;
    events::redact_task(tx, task.id).await?;
    kept::delete(tx, task.id).await?;
    let fact = deed.fact(EventType::TaskDeleted, "a task was deleted");
    let mut fact = fact.in_project(task.project_id);
    fact.task_id = Some(task.id);
    fact.ticket_id = task.ticket_id;
    tx.append(fact);
    if was_asked {
        question_cases::release_ticket(tx, deed, &task).await?;
    }
    ticket_states::settle(tx, deed, &task, task.status).await?;
    for child in waiting {
        if !links::has_open_parents(tx, child.id).await? {
            children::promote_one(tx, deed, child).await?;
        }
    }
    Ok(TaskDeleted {
        status: "deleted".to_owned(),
        task_id: task.id,
        cancelled_run_id,
    })
}
