//! What workers say that they have no right to say. Nothing may come of it.

use model::{
    ClaimTask, Claimed, FinishRun, Heartbeat, NewComment, NewStep, Outcome, RunPatch, RunState,
    TaskOrder, TaskState, Terms, Text,
};

use super::Simulation;
use crate::support::*;

impl Simulation {
    /// It says what it has no right to say, and nothing comes of it.
    pub(super) async fn lie(&mut self, hand: usize) {
        let Some(lease) = self.at_work(hand) else {
            return;
        };
        let before = self.everything().await;
        let is_refused = match self.dice.below(5) {
            0 => self.speaks_under_another_lease(&lease).await,
            1 => self.moves_a_strangers_task(&lease).await,
            2 => self.takes_what_is_taken(&lease).await,
            3 => self.beats_for_another(&lease).await,
            _ => self.goes_on_after_the_end(&lease).await,
        };
        if is_refused {
            self.figures.lies += 1;
            self.assert_untouched(&before, "a lie").await;
        }
    }

    async fn speaks_under_another_lease(&self, lease: &Claimed) -> bool {
        let is_there = self.run(lease.run.id).await.is_some();
        let end = FinishRun {
            lease_epoch: Some(lease.lease_epoch + 1),
            ..end(Outcome::Completed)
        };
        let said = self.app().finish_run(&admin(), lease.run.id, end).await;
        let expected = if is_there { "lease_lost" } else { "not_found" };
        assert_eq!(refused(said), expected);
        true
    }

    async fn moves_a_strangers_task(&mut self, lease: &Claimed) -> bool {
        let Some(worker) = self.rights(lease).await else {
            return false;
        };
        let Some(other) = self.any(|task| task.id != lease.task.id).await else {
            return false;
        };
        let done = TaskOrder::Complete(Default::default());
        let said = self
            .app()
            .move_task(&worker, other.id, done, Terms::default());
        assert_eq!(refused(said.await), "forbidden");
        true
    }

    async fn takes_what_is_taken(&mut self, lease: &Claimed) -> bool {
        let Some(other) = self.any(|task| task.status != TaskState::Ready).await else {
            return false;
        };
        let claim = ClaimTask {
            agent: lease.run.agent.clone(),
            ..ClaimTask::default()
        };
        let said = self.app().claim_task(&admin(), other.id, claim).await;
        assert_eq!(refused(said), "move_not_allowed");
        true
    }

    async fn beats_for_another(&mut self, lease: &Claimed) -> bool {
        let Some(worker) = self.rights(lease).await else {
            return false;
        };
        let mut runs = self.runs().await;
        runs.retain(|run| run.id != lease.run.id);
        if runs.is_empty() {
            return false;
        }
        let other = runs[self.dice.below(runs.len())].id;
        let beat = Heartbeat::default();
        let said = self.app().heartbeat_run(&worker, other, beat).await;
        assert_eq!(refused(said), "forbidden");
        true
    }

    /// With the token of a run that has ended, it comments, begins a step, calls itself alive, and its task done.
    async fn goes_on_after_the_end(&mut self, lease: &Claimed) -> bool {
        let Some(run) = self.run(lease.run.id).await else {
            return false;
        };
        let Some(worker) = self.rights(lease).await.filter(|_| run.state.has_ended()) else {
            return false;
        };
        let step = serde_json::json!({ "step_type": "script", "name": "late" });
        let step: NewStep = serde_json::from_value(step).unwrap();
        let comment = NewComment {
            body: Text::lossy("late"),
        };
        let alive = RunPatch {
            state: Some(RunState::Running),
            ..RunPatch::default()
        };
        let done = TaskOrder::Complete(Default::default());
        let (app, task) = (self.app(), lease.task.id);
        assert!(app.begin_step(&worker, run.id, step).await.is_err());
        assert!(app.update_run(&worker, run.id, alive).await.is_err());
        let said = app.create_task_comment(&worker, task, comment).await;
        if run.outcome == Some(Outcome::Reclaimed) {
            assert_eq!(refused(said), "lease_lost");
        }
        let moved = app.move_task(&worker, task, done, Terms::default()).await;
        assert!(moved.is_err());
        true
    }
}
