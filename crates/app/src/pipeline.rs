//! The pipeline: tickets that are being worked on, with where each stands.

use auth::Caller;
use model::{ActivePipeline, Scope, Task, TaskState, Ticket};
use store::{Read, tasks, tickets};

use crate::{App, Error};

/// No more tickets at once.
const MOST_SHOWN: i64 = 1000;

impl App {
    /// The tickets that are being worked on, oldest first.
    pub async fn list_active_pipelines(
        &self,
        caller: &Caller,
    ) -> Result<Vec<ActivePipeline>, Error> {
        caller.may(Scope::Read)?;
        let mut read = self.read().await?;
        let mut pipelines = Vec::new();
        for ticket in tickets::active(&mut read, MOST_SHOWN).await? {
            if caller.may_see(ticket.project_id).is_ok() {
                pipelines.push(pipeline(&mut read, ticket).await?);
            }
        }
        Ok(pipelines)
    }
}

async fn pipeline(read: &mut Read, ticket: Ticket) -> Result<ActivePipeline, Error> {
    let tasks = tasks::of_ticket(read, ticket.id).await?;
    Ok(ActivePipeline {
        ticket_id: ticket.id,
        external_id: ticket.external_id,
        title: ticket.title,
        current_stage: ticket.status,
        current_task_seq: current(&tasks),
        total_tasks: ticket.tasks_total,
        started_at: ticket.started_at,
    })
}

/// The sequence of the task that is worked on, or of the next one; 0 for none.
fn current(tasks: &[Task]) -> i64 {
    let worked_on = tasks.iter().find(|task| task.status.has_worker());
    let next = || {
        let ended = [TaskState::Done, TaskState::Failed, TaskState::Archived];
        tasks.iter().find(|task| !ended.contains(&task.status))
    };
    worked_on.or_else(next).map_or(0, |task| task.sequence)
}
