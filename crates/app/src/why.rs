//! Why a task is not being worked on, by the same holds that those who hand out look at.

use std::sync::Arc;

use auth::Caller;
use model::{HoldReason, ProjectId, Surroundings, Task, TaskId, TaskState, TaskWhy};
use store::projects;

use crate::crew::Crew;
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
            reasons.push(self.muster(&mut read).await?.says_of(&task, &around));
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
        let around = self.look_around(task.project_id).await?;
        let Some(around) = around.as_ref() else {
            return Ok(None);
        };
        let paused = around
            .holds()
            .into_iter()
            .find(|hold| matches!(hold.reason, HoldReason::Paused | HoldReason::DaemonPaused));
        let hold = match paused {
            Some(hold) => hold,
            // Who waits here need not be looked for among all that are connected.
            None if self
                .waiting()
                .any(|worker| crew::can_take(worker, task, around)) =>
            {
                return Ok(None);
            }
            None => self.look_at_crew().await?.says_of(task, around),
        };
        let nobody = hold.reason != HoldReason::Busy && hold.reason != HoldReason::Queued;
        Ok(nobody.then_some(hold.detail))
    }

    async fn look_around(&self, project: ProjectId) -> Result<Arc<Option<Surroundings>>, Error> {
        let look = async || {
            let mut read = self.read().await?;
            match projects::get(&mut read, project).await? {
                Some(project) => holds::around(&mut read, project).await.map(Some),
                None => Ok(None),
            }
        };
        self.outlooks().around.share(project, look).await
    }

    async fn look_at_crew(&self) -> Result<Arc<Crew>, Error> {
        let look = async || self.muster(&mut self.read().await?).await;
        self.outlooks().crew.share((), look).await
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
