//! The simulator: random histories of people, workers that die, hang, wake and lie, clocks that jump and servers that
//! restart, each held against the rules of leases. With an even seed everything happens in turn, with an odd one workers ask
//! all at once.
//!
//! `DASHBOARD_SIMULATE=5000` runs so many histories, `DASHBOARD_SEED=17` only that one. A failure names its seed.

use std::collections::HashMap;

use app::{App, Options};
use bus::Bus;
use model::{
    ClaimWork, Claimed, Clock, FinishRun, Heartbeat, NewTask, Outcome, Page, Project, ReclaimTask,
    Run, RunFilter, RunId, Scope, Task, TaskFilter, TaskId, TaskOrder, TaskState, Terms,
    WorkClaimed, WorkerFilter,
};
use store::Store;
use testkit::every_engine;
use tokio::task::JoinHandle;

use crate::support::*;

/// Histories of a test run.
const HISTORIES: u64 = 4;
/// Things that happen in one history.
const STEPS: usize = 60;
/// Everything is looked at after so many of them.
const LOOK: usize = 6;
/// Workers that come and go.
const HANDS: usize = 5;

/// Chance, from a seed: the same seed tells the same history.
struct Dice(u64);

impl Dice {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn one_of<T: Copy>(&mut self, choice: &[T]) -> T {
        choice[self.below(choice.len())]
    }
}

/// A worker, with every lease that it believes to hold.
#[derive(Default)]
struct Hand {
    leases: Vec<Claimed>,
}

/// What came of the histories.
#[derive(Debug, Default, Clone, Copy)]
struct Figures {
    claims: u64,
    refused: u64,
    restarts: u64,
    reclaimed: u64,
}

struct Simulation {
    /// Every history has a project of its own.
    project: Project,
    app: App,
    clock: Clock,
    store: Store,
    is_crowded: bool,
    dice: Dice,
    hands: Vec<Hand>,
    /// The last lease that was given on each task.
    leases: HashMap<TaskId, RunId>,
    figures: Figures,
}

async fn opened(store: &Store, clock: &Clock) -> App {
    let options = Options {
        clock: clock.clone(),
        ..Options::new(store.clone(), Bus::start(store.clone()))
    };
    App::open(options).await.unwrap()
}

impl Simulation {
    async fn new(store: Store, seed: u64) -> Self {
        let clock = Clock::manual(testkit::makers::noon());
        let app = opened(&store, &clock).await;
        let project = new_project(&format!("p{seed}"));
        Self {
            project: app.create_project(&admin(), project).await.unwrap().value,
            app,
            clock,
            store,
            is_crowded: seed % 2 == 1,
            dice: Dice(seed),
            hands: (0..HANDS).map(|_| Hand::default()).collect(),
            leases: HashMap::new(),
            figures: Figures::default(),
        }
    }

    async fn step(&mut self) {
        let hand = self.dice.below(HANDS);
        match self.dice.below(20) {
            0..=2 => self.make_task().await,
            3..=5 => self.all_ask().await,
            6..=8 => self.beat(hand).await,
            9..=11 => self.finish(hand).await,
            // It is gone: nobody hears of its leases any more.
            12 => self.hands[hand] = Hand::default(),
            13 => self.reclaim_by_hand().await,
            14 => self.cancel().await,
            15 => self.pause_or_resume().await,
            16 => self.drain_or_resume().await,
            17 => self.retry().await,
            18 => self.restart().await,
            _ => self.jump().await,
        }
    }

    async fn make_task(&mut self) {
        let known = self.tasks().await;
        let mut parents = Vec::new();
        for _ in 0..self.dice.below(3).min(known.len()) {
            parents.push(known[self.dice.below(known.len())].id);
        }
        let new = NewTask {
            project: Some(self.project.id.to_string()),
            parents,
            priority: i64::try_from(self.dice.below(3)).unwrap(),
            max_retries: Some(i64::try_from(self.dice.below(3)).unwrap()),
            max_runtime_seconds: self.dice.one_of(&[None, None, Some(100)]),
            ..new_task("x")
        };
        self.app.create_task(&admin(), new).await.unwrap();
    }

    /// Everybody without a lease asks: one after the other, so that the seed tells all, or all at once.
    async fn all_ask(&mut self) {
        let idle = (0..HANDS).filter(|hand| self.hands[*hand].leases.is_empty());
        let mut asking = Vec::new();
        for hand in idle.collect::<Vec<_>>() {
            let app = self.app.clone();
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

    fn claim(&self, worker: &str) -> ClaimWork {
        ClaimWork {
            projects: vec![self.project.id.to_string()],
            ..new_claim(worker)
        }
    }

    /// Never two live leases on one task.
    async fn note(&mut self, claim: &Claimed) {
        self.figures.claims += 1;
        if let Some(before) = self.leases.insert(claim.task.id, claim.run.id) {
            let before = self.run(before).await;
            assert!(before.state.has_ended(), "two live leases on one task");
            assert!(claim.lease_epoch > before.lease_epoch);
        }
    }

    async fn beat(&mut self, hand: usize) {
        let Some(lease) = self.hands[hand].leases.last().cloned() else {
            return;
        };
        let beat = Heartbeat {
            lease_epoch: Some(lease.lease_epoch),
            ..Heartbeat::default()
        };
        let run = self.run(lease.run.id).await;
        let answer = self.app.heartbeat_run(&admin(), run.id, beat).await;
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

    async fn finish(&mut self, hand: usize) {
        let Some(lease) = self.hands[hand].leases.last().cloned() else {
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
        let (run, task) = (self.run(lease.run.id).await, self.task(lease.task.id).await);
        let end = FinishRun {
            lease_epoch: Some(lease.lease_epoch),
            ..end(outcome)
        };
        let answer = self.app.finish_run(&admin(), run.id, end).await;
        if !run.state.has_ended() {
            answer.unwrap();
            self.hands[hand].leases.pop();
            return;
        }
        if run.outcome == Some(Outcome::Reclaimed) {
            assert_eq!(refused(answer), "lease_lost");
        }
        assert_eq!(self.run(run.id).await, run, "an ended run changed");
        assert_eq!(
            self.task(task.id).await,
            task,
            "a fenced worker moved its task"
        );
        self.fenced(hand);
    }

    async fn reclaim_by_hand(&mut self) {
        if let Some(task) = self.any(|task| task.status.has_worker()).await {
            let reclaim = ReclaimTask::default();
            self.app
                .reclaim_task(&admin(), task.id, reclaim)
                .await
                .unwrap();
            self.figures.reclaimed += 1;
        }
    }

    async fn cancel(&mut self) {
        if let Some(task) = self.any(|task| task.current_run_id.is_some()).await {
            let run = task.current_run_id.unwrap();
            self.app.cancel_run(&admin(), run).await.unwrap();
        }
    }

    async fn pause_or_resume(&mut self) {
        match self.dice.below(3) {
            0 => self.app.pause_daemon(&admin()).await.unwrap(),
            _ => self.app.resume_daemon(&admin()).await.unwrap(),
        };
    }

    async fn drain_or_resume(&mut self) {
        let (ada, filter) = (admin(), WorkerFilter::default());
        let there = self.app.list_workers(&ada, filter, Page::first(100)).await;
        for card in there.unwrap().items {
            match self.dice.below(4) {
                0 => self.app.drain_worker(&ada, card.worker.id).await.unwrap(),
                _ => self.app.resume_worker(&ada, card.worker.id).await.unwrap(),
            };
        }
    }

    async fn retry(&mut self) {
        let ended = |task: &Task| matches!(task.status, TaskState::Failed | TaskState::Blocked);
        if let Some(task) = self.any(ended).await {
            self.order(&task, TaskOrder::Retry).await;
        }
    }

    async fn order(&self, task: &Task, order: TaskOrder) {
        let terms = Terms::default();
        self.app
            .move_task(&admin(), task.id, order, terms)
            .await
            .unwrap();
    }

    async fn restart(&mut self) {
        self.app.close().await;
        self.app = opened(&self.store, &self.clock).await;
        self.figures.restarts += 1;
    }

    async fn jump(&mut self) {
        let seconds = self.dice.one_of(&[1, 20, 50, 95, 400]);
        self.clock.advance_seconds(seconds);
        self.app.keep_house().await.unwrap();
    }

    async fn any(&mut self, wanted: impl Fn(&Task) -> bool) -> Option<Task> {
        let mut found = self.tasks().await;
        found.retain(wanted);
        match found.len() {
            0 => None,
            count => Some(found.swap_remove(self.dice.below(count))),
        }
    }

    /// What holds at every moment.
    async fn check(&self) {
        let tasks = self.tasks().await;
        let states: HashMap<_, _> = tasks.iter().map(|task| (task.id, task.status)).collect();
        let runs = self.runs().await;
        for task in &tasks {
            let open = |run: &&Run| run.task_id == Some(task.id) && !run.state.has_ended();
            let open: Vec<RunId> = runs.iter().filter(open).map(|run| run.id).collect();
            let expected: Vec<RunId> = task.current_run_id.into_iter().collect();
            assert_eq!(open, expected, "{task:?}");
            assert_eq!(task.status.has_worker(), !open.is_empty(), "{task:?}");
            let parents = self
                .app
                .list_task_links(&admin(), task.id)
                .await
                .unwrap()
                .parents;
            let waits = parents
                .iter()
                .any(|parent| !states[parent].lets_children_go());
            match task.status {
                TaskState::Todo => assert!(waits, "held back for nothing: {task:?}"),
                TaskState::Ready => assert!(!waits, "let go too early: {task:?}"),
                _ => {}
            }
            let why = self.app.get_task_why(&admin(), task.id).await.unwrap();
            assert!(!why.reasons.is_empty(), "stuck without a reason: {task:?}");
        }
        let ours = within(self.project.id, &[Scope::Read]);
        let counted = self.app.get_status(&ours).await.unwrap();
        let in_flight = runs.iter().filter(|run| !run.state.has_ended()).count();
        assert_eq!(counted.active_runs, i64::try_from(in_flight).unwrap());
        assert_eq!(
            counted.runs.values().sum::<i64>(),
            i64::try_from(runs.len()).unwrap()
        );
        assert_eq!(
            runs.len() as u64,
            self.figures.claims,
            "a claim that nobody heard of"
        );
    }

    /// An honest worker brings everything to its end: nothing is lost and nothing stuck.
    async fn wind_up(&mut self) {
        self.hands
            .iter_mut()
            .for_each(|hand| *hand = Hand::default());
        self.app.resume_daemon(&admin()).await.unwrap();
        let (ada, filter) = (admin(), WorkerFilter::default());
        let there = self.app.list_workers(&ada, filter, Page::first(100)).await;
        for card in there.unwrap().items {
            self.app.resume_worker(&ada, card.worker.id).await.unwrap();
        }
        for _ in 0..500 {
            if self
                .tasks()
                .await
                .iter()
                .all(|task| task.status == TaskState::Done)
            {
                break;
            }
            self.clock.advance_seconds(4000);
            self.app.keep_house().await.unwrap();
            for task in self.tasks().await {
                if matches!(
                    task.status,
                    TaskState::Failed | TaskState::Blocked | TaskState::Triage
                ) {
                    let order = match task.status {
                        TaskState::Triage => TaskOrder::Accept,
                        _ => TaskOrder::Retry,
                    };
                    self.order(&task, order).await;
                }
            }
            let honest = self.claim("honest");
            let answer = self.app.claim_work(&admin(), honest).await.unwrap();
            for claim in answer.claims {
                self.note(&claim).await;
                let done = end(Outcome::Completed);
                self.app
                    .finish_run(&admin(), claim.run.id, done)
                    .await
                    .unwrap();
            }
        }
        for task in self.tasks().await {
            assert_eq!(task.status, TaskState::Done, "{task:?}");
        }
        self.check().await;
    }

    async fn tasks(&self) -> Vec<Task> {
        let project = Some(self.project.id);
        let filter = TaskFilter {
            project,
            ..TaskFilter::default()
        };
        let page = Page::first(1000);
        let found = self.app.list_tasks(&admin(), filter, page).await;
        let mut tasks = found.unwrap().items;
        tasks.sort_by_key(|task| task.sequence);
        tasks
    }

    async fn runs(&self) -> Vec<Run> {
        let project = Some(self.project.id);
        let filter = RunFilter {
            project,
            ..RunFilter::default()
        };
        let page = Page::first(1000);
        self.app
            .list_runs(&admin(), filter, page)
            .await
            .unwrap()
            .items
    }

    async fn task(&self, id: TaskId) -> Task {
        self.app.get_task(&admin(), id).await.unwrap().task
    }

    async fn run(&self, id: RunId) -> Run {
        self.app.get_run(&admin(), id).await.unwrap().run
    }
}

async fn history(store: Store, seed: u64) -> Figures {
    let mut simulation = Simulation::new(store, seed).await;
    for step in 0..STEPS {
        simulation.step().await;
        if step % LOOK == 0 {
            simulation.check().await;
        }
    }
    simulation.wind_up().await;
    simulation.app.close().await;
    simulation.figures
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

every_engine! {
    async fn no_history_breaks_the_rules(place) {
        let seeds = match number("DASHBOARD_SEED") {
            Some(seed) => seed..seed + 1,
            None => 0..number("DASHBOARD_SIMULATE").unwrap_or(HISTORIES),
        };
        let mut sum = Figures::default();
        let store = place.open().await;
        for seed in seeds.clone() {
            let told = tokio::spawn(history(store.clone(), seed)).await;
            let told = told.unwrap_or_else(|failed| {
                eprintln!("the history of DASHBOARD_SEED={seed} breaks a rule");
                std::panic::resume_unwind(failed.into_panic())
            });
            sum.claims += told.claims;
            sum.refused += told.refused;
            sum.restarts += told.restarts;
            sum.reclaimed += told.reclaimed;
        }
        println!("{} histories: {sum:?}", seeds.count());
        assert!(number("DASHBOARD_SEED").is_some() || (sum.claims > 0 && sum.refused > 0));
    }
}
