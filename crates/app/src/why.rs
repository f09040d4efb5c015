//! Why a task is not being worked on, by the same holds that those who hand out look at.

use auth::Caller;
use model::{HoldReason, Task, TaskId, TaskState, TaskWhy};
use store::projects;

use crate::{App, Error, crew, holds, tasks};

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
        if settles_it(task.status) {
            reasons.truncate(1);
        }
        if reasons.is_empty() {
            reasons.push(crew::muster(&mut read).await?.says_of(&task, &around));
        }
        Ok(TaskWhy {
            task_id: id,
            status: task.status,
            current_run_id: task.current_run_id,
            reasons,
        })
    }

    /// Why nobody will take a new task soon.
    pub(crate) async fn warning_about(&self, task: &Task) -> Result<Option<String>, Error> {
        if task.status != TaskState::Ready {
            return Ok(None);
        }
        let mut read = self.read().await?;
        let Some(project) = projects::get(&mut read, task.project_id).await? else {
            return Ok(None);
        };
        let around = holds::around(&mut read, project).await?;
        let paused = around
            .holds()
            .into_iter()
            .find(|hold| matches!(hold.reason, HoldReason::Paused | HoldReason::DaemonPaused));
        let hold = match paused {
            Some(hold) => hold,
            None => crew::muster(&mut read).await?.says_of(task, &around),
        };
        let nobody = hold.reason != HoldReason::Busy && hold.reason != HoldReason::Queued;
        Ok(nobody.then_some(hold.detail))
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
