//! What workers do: take, show life, finish, ask, stop and wake, and lie.

use app::Credential;
use auth::Caller;
use model::{
    ClaimTask, ClaimWork, Claimed, FinishRun, Heartbeat, NewComment, NewQuestion, NewStep, Outcome,
    TaskOrder, TaskState, Terms, Text, WorkClaimed,
};
use tokio::task::JoinHandle;

use super::{HANDS, Simulation};
use crate::support::*;

impl Simulation {
    /// Everybody without a lease asks: one after the other, so that the seed tells all, or all at once.
    pub(super) async fn all_ask(&mut self) {
        let is_idle =
            |hand: &usize| self.hands[*hand].leases.is_empty() && !self.hands[*hand].sleeps;
        let idle: Vec<usize> = (0..HANDS).filter(is_idle).collect();
        let mut asking = Vec::new();
        for hand in idle {
            let app = self.app().clone();
            let claim = self.claim(&format!("w{hand}"));
            let asked = tokio::spawn(async move { app.claim_work(&admin(), claim).await });
            match self.is_crowded {
                true => asking.push((hand, asked)),
                false => self.take(hand, asked).await,
            }
        }
        for (hand, asked) in asking {
            self.take(hand, asked).await;
        }
    }

    async fn take(&mut self, hand: usize, asked: JoinHandle<Result<WorkClaimed, app::Error>>) {
        for claim in asked.await.unwrap().unwrap().claims {
            self.note(&claim).await;
            self.hands[hand].leases.push(claim);
        }
    }

    pub(super) fn claim(&self, worker: &str) -> ClaimWork {
        ClaimWork {
            projects: vec![self.project.id.to_string()],
            ..new_claim(worker)
        }
    }

    /// Never two live leases on one task.
    pub(super) async fn note(&mut self, claim: &Claimed) {
        self.figures.claims += 1;
        if let Some(before) = self.leases.insert(claim.task.id, claim.run.id) {
            let before = self.run(before).await;
            assert!(before.state.has_ended(), "two live leases on one task");
            assert!(claim.lease_epoch > before.lease_epoch);
        }
    }

    /// What a worker that is awake believes to work on.
    fn at_work(&self, hand: usize) -> Option<Claimed> {
        let hand = &self.hands[hand];
        hand.leases.last().filter(|_| !hand.sleeps).cloned()
    }

    /// The rights that came with a lease.
    async fn rights(&self, lease: &Claimed) -> Caller {
        let token = lease.run_token.as_deref().unwrap();
        let bearer = Credential::Bearer(token);
        self.app().authenticate(bearer).await.unwrap()
    }

    pub(super) async fn beat(&mut self, hand: usize) {
        let Some(lease) = self.at_work(hand) else {
            return;
        };
        let beat = Heartbeat {
            lease_epoch: Some(lease.lease_epoch),
            ..Heartbeat::default()
        };
        let run = self.run(lease.run.id).await;
        let answer = self.app().heartbeat_run(&admin(), run.id, beat).await;
        if run.outcome == Some(Outcome::Reclaimed) {
            assert_eq!(refused(answer), "lease_lost");
            self.fenced(hand);
        } else if answer.unwrap().cancel && self.dice.below(2) == 0 {
            self.say(hand, lease, Outcome::Cancelled).await;
        }
    }

    /// It stops, or lies and goes on as if it had not heard.
    fn fenced(&mut self, hand: usize) {
        self.figures.refused += 1;
        if self.dice.below(2) == 0 {
            self.hands[hand].leases.pop();
        }
    }

    pub(super) async fn finish(&mut self, hand: usize) {
        let Some(lease) = self.at_work(hand) else {
            return;
        };
        let outcome = self.dice.one_of(&[
            Outcome::Completed,
            Outcome::Completed,
            Outcome::Completed,
            Outcome::Failed,
            Outcome::Crashed,
            Outcome::SpawnFailed,
            Outcome::RateLimited,
            Outcome::Blocked,
            Outcome::Interrupted,
        ]);
        self.say(hand, lease, outcome).await;
    }

    /// No change of state is accepted from a worker that was fenced off.
    async fn say(&mut self, hand: usize, lease: Claimed, outcome: Outcome) {
        let run = self.run(lease.run.id).await;
        let end = FinishRun {
            lease_epoch: Some(lease.lease_epoch),
            ..end(outcome)
        };
        if !run.state.has_ended() {
            self.app().finish_run(&admin(), run.id, end).await.unwrap();
            self.hands[hand].leases.pop();
            return;
        }
        let before = self.everything().await;
        let answer = self.app().finish_run(&admin(), run.id, end).await;
        if run.outcome == Some(Outcome::Reclaimed) {
            assert_eq!(refused(answer), "lease_lost");
        }
        assert!(
            before == self.everything().await,
            "a fenced worker changed something"
        );
        self.fenced(hand);
    }

    pub(super) fn stop_or_wake(&mut self, hand: usize) {
        let hand = &mut self.hands[hand];
        hand.sleeps = !hand.sleeps;
        self.figures.wakes += u64::from(!hand.sleeps);
    }

    /// It asks a person, and waits.
    pub(super) async fn ask(&mut self, hand: usize) {
        let Some(lease) = self.at_work(hand) else {
            return;
        };
        let worker = self.rights(&lease).await;
        let question = NewQuestion {
            text: Text::lossy("which?"),
            options: Vec::new(),
        };
        let has_ended = self.run(lease.run.id).await.state.has_ended();
        let before = self.everything().await;
        let asked = self
            .app()
            .create_question(&worker, lease.task.id, question)
            .await;
        match has_ended {
            true => {
                assert!(asked.is_err(), "a fenced worker asked");
                assert!(
                    before == self.everything().await,
                    "a refused question changed something"
                );
                self.fenced(hand);
            }
            false => drop(asked.unwrap()),
        }
    }

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
            assert!(before == self.everything().await, "a lie changed something");
        }
    }

    async fn speaks_under_another_lease(&self, lease: &Claimed) -> bool {
        let end = FinishRun {
            lease_epoch: Some(lease.lease_epoch + 1),
            ..end(Outcome::Completed)
        };
        let said = self.app().finish_run(&admin(), lease.run.id, end).await;
        assert_eq!(refused(said), "lease_lost");
        true
    }

    async fn moves_a_strangers_task(&mut self, lease: &Claimed) -> bool {
        let worker = self.rights(lease).await;
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
        let closed =
            |status: TaskState| status != TaskState::Ready && status != TaskState::Scheduled;
        let Some(other) = self.any(|task| closed(task.status)).await else {
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
        let worker = self.rights(lease).await;
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

    /// With the token of a run that has ended, it comments, begins a step, and calls its task done.
    async fn goes_on_after_the_end(&mut self, lease: &Claimed) -> bool {
        let run = self.run(lease.run.id).await;
        if !run.state.has_ended() {
            return false;
        }
        let worker = self.rights(lease).await;
        let step = serde_json::json!({ "step_type": "script", "name": "late" });
        let step: NewStep = serde_json::from_value(step).unwrap();
        let comment = NewComment {
            body: Text::lossy("late"),
        };
        let done = TaskOrder::Complete(Default::default());
        let (app, task) = (self.app(), lease.task.id);
        assert!(app.begin_step(&worker, lease.run.id, step).await.is_err());
        let said = app.create_task_comment(&worker, task, comment).await;
        if run.outcome == Some(Outcome::Reclaimed) {
            assert_eq!(refused(said), "lease_lost");
        }
        let moved = app.move_task(&worker, task, done, Terms::default()).await;
        assert!(moved.is_err());
        true
    }
}
