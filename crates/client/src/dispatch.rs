//! Dispatch: pause, resume, limits, hand out by hand, and why a task is not being worked on.

use model::{
    Daemon, Dispatched, Limits, LoopChange, ProjectLoop, ReclaimTask, Task, TaskId, TaskWhy,
};

use crate::{Client, Error};

impl Client {
    /// Whether the work of a project is handed out.
    pub async fn get_loop(&self, project: &str) -> Result<ProjectLoop, Error> {
        self.get(format!("api/projects/{project}/loop"))
            .answer()
            .await
    }

    /// Starts or stops handing out the work of a project.
    pub async fn update_loop(
        &self,
        project: &str,
        change: &LoopChange,
    ) -> Result<ProjectLoop, Error> {
        self.put(format!("api/projects/{project}/loop"))
            .json(change)
            .answer()
            .await
    }

    /// Offers the ready tasks of a project once to the workers that are waiting; `dry_run` only says what they would take.
    pub async fn trigger_project(
        &self,
        project: &str,
        dry_run: bool,
        max: Option<i64>,
    ) -> Result<Dispatched, Error> {
        self.post(format!("api/projects/{project}/trigger"))
            .query("dry_run", dry_run.then_some(true))
            .query("max", max)
            .answer()
            .await
    }

    /// Offers the ready tasks of all projects once to the workers that are waiting; `dry_run` only says what they would take.
    pub async fn dispatch_tasks(
        &self,
        dry_run: bool,
        max: Option<i64>,
    ) -> Result<Dispatched, Error> {
        self.post("api/dispatch")
            .query("dry_run", dry_run.then_some(true))
            .query("max", max)
            .answer()
            .await
    }

    /// Stops handing out work everywhere.
    pub async fn pause_daemon(&self) -> Result<Daemon, Error> {
        self.post("api/daemon/pause").answer().await
    }

    /// Hands out work again.
    pub async fn resume_daemon(&self) -> Result<Daemon, Error> {
        self.post("api/daemon/resume").answer().await
    }

    /// How many tasks may run at once, whatever the project.
    pub async fn get_limits(&self) -> Result<Limits, Error> {
        self.get("api/limits").answer().await
    }

    /// Sets how many tasks may run at once.
    pub async fn update_limits(&self, limits: &Limits) -> Result<Limits, Error> {
        self.put("api/limits").json(limits).answer().await
    }

    /// Why a task is not being worked on.
    pub async fn get_task_why(&self, task: TaskId) -> Result<TaskWhy, Error> {
        self.get(format!("api/tasks/{task}/why")).answer().await
    }

    /// Takes a task back from its worker.
    pub async fn reclaim_task(&self, task: TaskId, reclaim: &ReclaimTask) -> Result<Task, Error> {
        self.post(format!("api/tasks/{task}/reclaim"))
            .json(reclaim)
            .answer()
            .await
    }

    /// Gives a worker's own task back; another word for reclaim.
    pub async fn release_task(&self, task: TaskId, reclaim: &ReclaimTask) -> Result<Task, Error> {
        self.post(format!("api/tasks/{task}/release"))
            .json(reclaim)
            .answer()
            .await
    }
}
