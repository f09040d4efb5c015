//! Runs: start, follow, keep alive, cancel, finish.

use model::{
    FinishRun, Heartbeat, HeartbeatAnswer, NewRun, Page, Paged, Run, RunDetail, RunFilter, RunId,
    RunPatch, RunStarted,
};

use crate::{Client, Error};

impl Client {
    /// Runs that pass the filter, newest first.
    pub async fn list_runs(&self, filter: &RunFilter, page: &Page) -> Result<Paged<Run>, Error> {
        self.get("api/runs")
            .query("project", filter.project)
            .query("ticket", filter.ticket)
            .query("task", filter.task)
            .query("parent", filter.parent)
            .query_list("state", &filter.state)
            .query("workflow", filter.workflow.as_ref())
            .query("agent", filter.agent.as_ref())
            .page(page)
            .await
    }

    /// Starts a run; with `task_id` it claims that task. The same `id` again starts it once.
    pub async fn create_run(&self, new: &NewRun) -> Result<RunStarted, Error> {
        self.post("api/runs").json(new).answer().await
    }

    /// One run with its steps and the runs that it started.
    pub async fn get_run(&self, run: RunId) -> Result<RunDetail, Error> {
        self.get(format!("api/runs/{run}")).answer().await
    }

    /// Says what changed about an open run.
    pub async fn update_run(&self, run: RunId, patch: &RunPatch) -> Result<Run, Error> {
        self.patch(format!("api/runs/{run}"))
            .json(patch)
            .answer()
            .await
    }

    /// Shows that the run's worker is alive; the answer says what it must do.
    pub async fn heartbeat_run(
        &self,
        run: RunId,
        heartbeat: &Heartbeat,
    ) -> Result<HeartbeatAnswer, Error> {
        self.post(format!("api/runs/{run}/heartbeat"))
            .json(heartbeat)
            .answer()
            .await
    }

    /// Says how a run ended. Saying the same again is fine.
    pub async fn finish_run(&self, run: RunId, finish: &FinishRun) -> Result<Run, Error> {
        self.post(format!("api/runs/{run}/finish"))
            .json(finish)
            .answer()
            .await
    }

    /// Asks a run's worker to stop.
    pub async fn cancel_run(&self, run: RunId) -> Result<Run, Error> {
        self.post(format!("api/runs/{run}/cancel")).answer().await
    }
}
