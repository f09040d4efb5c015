//! What workers do: take, by asking or by naming, show life, finish, hand over, ask, stop and wake.

use app::Credential;
use auth::Caller;
use model::{
    BlockKind, ClaimTask, ClaimWork, Claimed, FinishRun, Handoff, Heartbeat, Hindrance, Name,
    NewQuestion, NewRun, Outcome, RunId, RunPatch, RunState, Task, TaskOrder, TaskState, Terms,
    Text, WorkClaimed,
};
use tokio::task::{JoinHandle, yield_now};

use super::claims::Way;
use super::{HANDS, Simulation};
use crate::support::*;

/// The agent profiles of each worker.
const AGENTS: [&[&str]; HANDS] = [
    &["claude"],
    &["claude"],
    &["codex"],
    &["claude", "codex"],
    &["codex", "claude"],
];

/// The agent profiles there are.
pub(super) const ALL_AGENTS: [&str; 2] = ["claude", "codex"];
/// What only one of the workers, and the honest one, are able to do.
pub(super) const SKILL: &str = "rust";
const SKILLED: usize = 4;

impl Simulation {
    /// Everybody without a lease asks: one after the other, so that the seed tells all, or all at once, and some are gone before
    /// they hear the answer.
    pub(super) async fn all_ask(&mut self) {
        let is_idle =
            |hand: &usize| self.hands[*hand].leases.is_empty() && !self.hands[*hand].sleeps;
        let idle: Vec<usize> = (0..HANDS).filter(is_idle).collect();
        let scene = self.scene().await;
        let (mut asking, mut given) = (Vec::new(), Vec::new());
        for hand in idle {
            let app = self.app().clone();
            let claim = self.claim(hand);
            let asked = tokio::spawn(async move { app.claim_work(&admin(), claim).await });
            match self.is_crowded {
                true => asking.push((hand, asked)),
                false => given.extend(self.take(hand, asked).await),
            }
        }
        let dropped = self.drop_some(&mut asking).await;
        for (hand, asked) in asking {
            given.extend(self.take(hand, asked).await);
        }
        if dropped {
            self.wait_for_what_comes_back().await;
        }
        self.check_claims(&scene, &given, Way::Queue).await;
    }

    async fn take(
        &mut self,
        hand: usize,
        asked: JoinHandle<Result<WorkClaimed, app::Error>>,
    ) -> Vec<Claimed> {
        let claims = match asked.await {
            Ok(answer) => answer.unwrap().claims,
            Err(gone) if gone.is_cancelled() => Vec::new(),
            Err(failed) => std::panic::resume_unwind(failed.into_panic()),
        };
        for claim in &claims {
            self.note(claim).await;
            self.check_suits(hand, claim);
            self.hands[hand].leases.push(claim.clone());
        }
        claims
    }

    /// The connections of some break off while they ask.
    async fn drop_some<T>(&mut self, asking: &mut [(usize, JoinHandle<T>)]) -> bool {
        let is_dropped = self.dice.below(3) == 0 && !asking.is_empty();
        if is_dropped {
            for _ in 0..self.dice.below(30) {
                yield_now().await;
            }
            let whose = self.dice.below(asking.len());
            asking[whose].1.abort();
            self.figures.dropped += 1;
        }
        is_dropped
    }

    /// Once an ask that gets nothing is answered, all before it is handed out; what found nobody comes back at once.
    async fn wait_for_what_comes_back(&self) {
        for (_, app) in &self.servers {
            let claim = ClaimWork {
                projects: vec![self.elsewhere.id.to_string()],
                // No worker that somebody lets drain.
                ..new_claim(&format!("nobody{}", self.figures.dropped))
            };
            app.claim_work(&admin(), claim).await.unwrap();
        }
        for _ in 0..10_000 {
            let unheard = |id: &RunId| !self.given.contains_key(id);
            let runs = self.runs().await;
            if !runs
                .iter()
                .any(|run| unheard(&run.id) && !run.state.has_ended())
            {
                return;
            }
            yield_now().await;
        }
        panic!("a task that nobody heard of does not come back");
    }

    pub(super) fn claim(&self, hand: usize) -> ClaimWork {
        let names = |words: &[&str]| words.iter().map(|word| Name::lossy(word)).collect();
        ClaimWork {
            projects: vec![self.project.id.to_string()],
            agents: names(AGENTS[hand]),
            skills: names(if hand == SKILLED { &[SKILL] } else { &[] }),
            ..new_claim(&format!("w{hand}"))
        }
    }

    /// It can do what it got.
    fn check_suits(&self, hand: usize, claim: &Claimed) {
        let (able, task) = (self.claim(hand), &claim.task);
        let agent = claim.run.agent.as_ref().unwrap();
        assert!(able.agents.contains(agent), "{task:?}");
        assert!(task.assignee.as_ref().is_none_or(|wanted| wanted == agent));
        assert!(task.skills.iter().all(|skill| able.skills.contains(skill)));
    }

    /// Somebody names a task, twice in the same words: one run comes of it, or none.
    pub(super) async fn take_by_name(&mut self, hand: usize) {
        let Some(task) = self.any(|_| true).await else {
            return;
        };
        let scene = self.scene().await;
        let given = match self.dice.below(2) {
            0 => self.claim_by_name(hand, &task).await,
            _ => self.start_by_name(hand, &task).await,
        };
        match given {
            Some(claim) => {
                self.note(&claim).await;
                let claims = [claim];
                self.check_claims(&scene, &claims, Way::Name).await;
                self.hands[hand].leases.extend(claims);
            }
            None => self.assert_untouched(&scene.all(), "a refused claim").await,
        }
    }

    async fn claim_by_name(&self, hand: usize, task: &Task) -> Option<Claimed> {
        let claim = ClaimTask {
            run_id: Some(RunId::new()),
            agent: Some(Name::lossy(AGENTS[hand][0])),
            worker: Some(Name::lossy(&format!("w{hand}"))),
            ..ClaimTask::default()
        };
        let (ada, app) = (admin(), self.app());
        let claimed = match app.claim_task(&ada, task.id, claim.clone()).await {
            Ok(claimed) => claimed.value,
            Err(error) => {
                assert_eq!(error.kind().as_str(), "move_not_allowed");
                return None;
            }
        };
        let again = self.app().claim_task(&admin(), task.id, claim).await;
        let again = again.unwrap();
        assert!(
            !again.is_new && again.value.run == claimed.run,
            "claimed twice"
        );
        Some(claimed)
    }

    async fn start_by_name(&self, hand: usize, task: &Task) -> Option<Claimed> {
        let new = NewRun {
            task_id: Some(task.id),
            worker: Some(Name::lossy(&format!("w{hand}"))),
            ..NewRun::default()
        };
        match self.app().start_run(&admin(), new).await {
            Ok(started) => Some(Claimed {
                task: self.app().get_task(&admin(), task.id).await.unwrap().task,
                run_token: started.value.run_token,
                lease_epoch: started.value.run.lease_epoch,
                heartbeat_seconds: 15,
                run: started.value.run,
            }),
            Err(error) => {
                assert_eq!(error.kind().as_str(), "move_not_allowed");
                None
            }
        }
    }

    /// Never two live leases on one task.
    pub(super) async fn note(&mut self, claim: &Claimed) {
        self.figures.claims += 1;
        self.given.insert(claim.run.id, claim.task.id);
        if let Some(before) = self.leases.insert(claim.task.id, claim.run.id) {
            let before = self.run(before).await.expect("its task is there");
            assert!(before.state.has_ended(), "two live leases on one task");
            assert!(claim.lease_epoch > before.lease_epoch);
        }
    }

    /// What a worker that is awake believes to work on.
    pub(super) fn at_work(&self, hand: usize) -> Option<Claimed> {
        let hand = &self.hands[hand];
        hand.leases.last().filter(|_| !hand.sleeps).cloned()
    }

    /// The rights that came with a lease; none once its task is deleted.
    pub(super) async fn rights(&self, lease: &Claimed) -> Option<Caller> {
        let bearer = Credential::Bearer(lease.run_token.as_deref().unwrap());
        let caller = self.app().authenticate(bearer).await;
        match self.run(lease.run.id).await {
            Some(_) => Some(caller.unwrap()),
            None => {
                assert!(caller.is_err(), "the token outlives its run");
                None
            }
        }
    }

    /// A worker whose run is over is told to stop at its next word.
    pub(super) async fn beat(&mut self, hand: usize) {
        let Some(lease) = self.at_work(hand) else {
            return;
        };
        let beat = Heartbeat {
            lease_epoch: Some(lease.lease_epoch),
            ..Heartbeat::default()
        };
        let run = self.run(lease.run.id).await;
        let answer = self.app().heartbeat_run(&admin(), lease.run.id, beat).await;
        match run {
            None => {
                assert_eq!(refused(answer), "not_found");
                self.fenced(hand);
            }
            Some(run) if run.outcome == Some(Outcome::Reclaimed) => {
                assert_eq!(refused(answer), "lease_lost");
                self.fenced(hand);
            }
            Some(run) => {
                let cancel = answer.unwrap().cancel;
                assert!(cancel || !run.state.has_ended(), "nobody tells it to stop");
                if cancel && self.dice.below(2) == 0 {
                    self.say(hand, lease, Outcome::Cancelled).await;
                }
            }
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
            Outcome::GaveUp,
            Outcome::RateLimited,
            Outcome::Blocked,
            Outcome::Cancelled,
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
        if run.as_ref().is_some_and(|run| !run.state.has_ended()) {
            let said = self.app().finish_run(&admin(), lease.run.id, end).await;
            said.unwrap();
            self.hands[hand].leases.pop();
            return;
        }
        let before = self.everything().await;
        let answer = self.app().finish_run(&admin(), lease.run.id, end).await;
        match run {
            None => assert_eq!(refused(answer), "not_found"),
            Some(run) if run.outcome == Some(Outcome::Reclaimed) => {
                assert_eq!(refused(answer), "lease_lost");
            }
            Some(_) => {}
        }
        self.assert_untouched(&before, "a fenced worker").await;
        self.fenced(hand);
    }

    /// It says of its task what came of it, with its own token.
    pub(super) async fn hand_over(&mut self, hand: usize) {
        let Some(lease) = self.at_work(hand) else {
            return;
        };
        let Some(worker) = self.rights(&lease).await else {
            return self.fenced(hand);
        };
        let order = match self.dice.below(3) {
            0 => TaskOrder::Complete(Handoff::default()),
            1 => TaskOrder::Review(Handoff::default()),
            _ => TaskOrder::Block(Hindrance {
                kind: Some(
                    self.dice
                        .one_of(&[BlockKind::Dependency, BlockKind::Transient]),
                ),
                reason: None,
            }),
        };
        let is_over = self.is_over(&lease).await;
        let before = self.everything().await;
        let terms = Terms::default();
        let said = self
            .app()
            .move_task(&worker, lease.task.id, order.clone(), terms);
        let said = said.await;
        if is_over {
            assert!(said.is_err(), "a fenced worker moved its task");
            self.assert_untouched(&before, "a refused word").await;
            return self.fenced(hand);
        }
        let task = said.unwrap();
        let may_be_done = matches!(order, TaskOrder::Complete(_)) && !task.human_gate;
        assert_eq!(task.status == TaskState::Done, may_be_done, "{task:?}");
        self.hands[hand].leases.pop();
    }

    /// Whether a run has ended, or is gone with its task.
    async fn is_over(&self, lease: &Claimed) -> bool {
        let run = self.run(lease.run.id).await;
        run.is_none_or(|run| run.state.has_ended())
    }

    pub(super) fn stop_or_wake(&mut self, hand: usize) {
        let hand = &mut self.hands[hand];
        hand.sleeps = !hand.sleeps;
        self.figures.wakes += u64::from(!hand.sleeps);
    }

    /// It asks a person and waits, or says that it does something else for a while.
    pub(super) async fn ask(&mut self, hand: usize) {
        let Some(lease) = self.at_work(hand) else {
            return;
        };
        let Some(worker) = self.rights(&lease).await else {
            return self.fenced(hand);
        };
        let is_over = self.is_over(&lease).await;
        let before = self.everything().await;
        let is_accepted = match self.dice.below(3) {
            0 => self.park(&worker, &lease).await,
            _ => self.question(&worker, &lease).await,
        };
        assert_ne!(
            is_accepted, is_over,
            "a fenced worker is heard, or another is not"
        );
        if is_over {
            self.assert_untouched(&before, "a refused word").await;
            self.fenced(hand);
        }
    }

    async fn question(&self, worker: &Caller, lease: &Claimed) -> bool {
        let question = NewQuestion {
            text: Text::lossy("which?"),
            options: Vec::new(),
        };
        let asked = self.app().create_question(worker, lease.task.id, question);
        asked.await.is_ok()
    }

    async fn park(&mut self, worker: &Caller, lease: &Claimed) -> bool {
        let patch = RunPatch {
            state: Some(self.dice.one_of(&[RunState::Parked, RunState::Running])),
            ..RunPatch::default()
        };
        let said = self.app().update_run(worker, lease.run.id, patch).await;
        said.is_ok()
    }
}
