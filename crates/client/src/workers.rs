//! Workers: ask for tasks, see who else does, send one away.

use model::{
    ClaimTask, ClaimWork, Claimed, Page, Paged, TaskId, WorkClaimed, Worker, WorkerCard,
    WorkerFilter, WorkerId,
};

use crate::{Client, Error};

impl Client {
    /// Workers with what they do now, the last to come first.
    pub async fn list_workers(
        &self,
        filter: WorkerFilter,
        page: &Page,
    ) -> Result<Paged<WorkerCard>, Error> {
        let left = filter.include_left.then_some(true);
        self.get("api/workers")
            .query("include_left", left)
            .page(page)
            .await
    }

    /// One worker with what it does now.
    pub async fn get_worker(&self, worker: WorkerId) -> Result<WorkerCard, Error> {
        self.get(format!("api/workers/{worker}")).answer().await
    }

    /// Says that a worker goes.
    pub async fn delete_worker(&self, worker: WorkerId) -> Result<Worker, Error> {
        self.delete(format!("api/workers/{worker}")).answer().await
    }

    /// Lets a worker finish what it has and take nothing more.
    pub async fn drain_worker(&self, worker: WorkerId) -> Result<Worker, Error> {
        self.post(format!("api/workers/{worker}/drain"))
            .answer()
            .await
    }

    /// Lets a worker take tasks again.
    pub async fn resume_worker(&self, worker: WorkerId) -> Result<Worker, Error> {
        self.post(format!("api/workers/{worker}/resume"))
            .answer()
            .await
    }

    /// Asks for tasks, and waits for them as long as `wait_seconds` says.
    pub async fn claim_work(&self, claim: &ClaimWork) -> Result<WorkClaimed, Error> {
        self.post("api/workers/claim").json(claim).answer().await
    }

    /// Takes one task. The same `run_id` again claims it once.
    pub async fn claim_task(&self, task: TaskId, claim: &ClaimTask) -> Result<Claimed, Error> {
        self.post(format!("api/tasks/{task}/claim"))
            .json(claim)
            .answer()
            .await
    }
}
