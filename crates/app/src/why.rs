//! Why a task is not being worked on, by the same holds that those who hand out look at.

use auth::Caller;
use model::{Hold, HoldReason, Surroundings, Task, TaskId, TaskState, TaskWhy};
use store::{Read, projects, workers};

use crate::{App, Error, holds, plan, tasks};

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
            reasons.push(of_workers(&mut read, &task, &around).await?);
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
            None => of_workers(&mut read, task, &around).await?,
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

/// What the connected workers say to a task that nothing holds back.
pub(crate) async fn of_workers(
    read: &mut Read,
    task: &Task,
    around: &Surroundings,
) -> Result<Hold, Error> {
    let there = workers::there(read).await?;
    let mut able = Vec::new();
    for worker in there.iter().filter(|worker| !worker.draining) {
        if worker.suits(task.project_id, task.assignee.as_ref(), &task.skills) {
            able.push(worker);
        }
    }
    if able.is_empty() {
        let connected = match there.len() {
            0 => "no worker is connected".to_owned(),
            count => format!("none of {count} connected workers can do it{}", wants(task)),
        };
        return Ok(Hold::new(HoldReason::NoWorker, connected));
    }
    let agent_is_free = |agents| plan::free_agent(agents, task.assignee.as_ref(), around).is_some();
    if !able.iter().any(|worker| agent_is_free(&worker.agents)) {
        let full = "as many tasks run with each agent that could do it as may";
        return Ok(Hold::new(HoldReason::Limit, full));
    }
    for worker in &able {
        let runs = workers::open_runs(read, worker).await?.len();
        if i64::try_from(runs).is_ok_and(|runs| runs < worker.capacity) {
            let detail = format!("worker {} has a hand free for it", worker.name);
            return Ok(Hold::new(HoldReason::Queued, detail));
        }
    }
    let detail = format!("{} workers can do it, and all are at work", able.len());
    Ok(Hold::new(HoldReason::Busy, detail))
}

fn wants(task: &Task) -> String {
    let mut wants = Vec::new();
    wants.extend(task.assignee.iter().map(|agent| format!("agent {agent}")));
    wants.extend(task.skills.iter().map(|skill| format!("skill {skill}")));
    if wants.is_empty() {
        return " in its project".to_owned();
    }
    format!(": it wants {}", wants.join(", "))
}
