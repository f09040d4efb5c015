//! Why a task is not being worked on, by the same holds that those who hand out look at.

use auth::Caller;
use model::{TaskId, TaskState, TaskWhy};
use store::projects;

use crate::{App, Error, details, holds, tasks};

impl App {
    /// Says why a task is not being worked on.
    pub async fn get_task_why(&self, caller: &Caller, id: TaskId) -> Result<TaskWhy, Error> {
        let mut read = self.read().await?;
        let task = tasks::visible(&mut read, caller, id).await?;
        let project = projects::get(&mut read, task.project_id).await?;
        let project = project.ok_or(Error::NotFound("project"))?;
        let around = holds::around(&mut read, project).await?;
        let (agent, at) = (task.assignee.as_ref(), self.clock().now());
        let mut reasons = holds::of_task(&mut read, &task, &around, agent, at).await?;
        details::add(&mut read, &task, &mut reasons).await?;
        if settles_it(task.status) {
            reasons.truncate(1);
        }
        if reasons.is_empty() {
            reasons.push(self.muster(&mut read).await?.says_of(&task, &around));
        }
        Ok(TaskWhy {
            task_id: id,
            status: task.status,
            current_run_id: task.current_run_id,
            reasons,
        })
    }
}

/// In these states it does not matter what is around.
const fn settles_it(status: TaskState) -> bool {
    matches!(
        status,
        TaskState::Running
            | TaskState::Waiting
            | TaskState::Done
            | TaskState::Failed
            | TaskState::Archived
    )
}
