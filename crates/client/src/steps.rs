//! Steps: the named parts of a run.

use model::{NewStep, RunId, Step, StepId, StepPatch};

use crate::{Client, Error};

impl Client {
    /// A run's steps, in the order in which they began.
    pub async fn list_steps(&self, run: RunId) -> Result<Vec<Step>, Error> {
        self.get(format!("api/runs/{run}/steps")).answer().await
    }

    /// Begins a step; the same `id` or `external_id` again begins it once.
    pub async fn create_step(&self, run: RunId, new: &NewStep) -> Result<Step, Error> {
        self.post(format!("api/runs/{run}/steps"))
            .json(new)
            .answer()
            .await
    }

    /// Says what changed about a step, or that it ended.
    pub async fn update_step(
        &self,
        run: RunId,
        step: StepId,
        patch: &StepPatch,
    ) -> Result<Step, Error> {
        self.patch(format!("api/runs/{run}/steps/{step}"))
            .json(patch)
            .answer()
            .await
    }
}
