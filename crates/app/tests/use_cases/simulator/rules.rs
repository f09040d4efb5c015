//! The rules that hold at every moment of every history.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{
    HoldReason, Page, ProjectRef, Run, RunFilter, RunId, Scope, Task, TaskFilter, TaskId,
    TaskState, TicketStatus,
};

use super::Simulation;
use crate::support::*;

/// So long a lease lasts.
const LEASE_SECONDS: i64 = 90;

impl Simulation {
    /// What holds at every moment.
    pub(super) async fn check(&self) {
        let (tasks, runs) = self.everything().await;
        let there: BTreeSet<TaskId> = tasks.iter().map(|task| task.id).collect();
        assert!(
            there == self.made,
            "a task is lost, or one is there that nobody made"
        );
        let states: HashMap<_, _> = tasks.iter().map(|task| (task.id, task.status)).collect();
        for task in &tasks {
            check_lease(task, &runs);
            self.check_place(task, &states).await;
            self.check_why(task).await;
        }
        self.check_runs(&runs);
        self.check_counts(&tasks, &runs).await;
        self.check_tickets(&tasks).await;
    }

    /// Children are let go exactly when they may be.
    async fn check_place(&self, task: &Task, states: &HashMap<TaskId, TaskState>) {
        let parents = self.parents(task.id).await;
        let waits = parents.iter().any(|id| !states[id].lets_children_go());
        let is_held = self.held.get(&task.id) == Some(&task.version);
        let is_forced = task.ignores_parents && self.forced.contains(&task.id);
        match task.status {
            TaskState::Todo => assert!(waits || is_held, "held back for nothing: {task:?}"),
            TaskState::Ready => assert!(!waits || is_forced, "let go too early: {task:?}"),
            _ => {}
        }
    }

    /// What does not run has a reason, and the reason is true.
    async fn check_why(&self, task: &Task) {
        let why = self.app().get_task_why(&admin(), task.id).await.unwrap();
        let Some(first) = why.reasons.first() else {
            panic!("stuck without a reason: {task:?}");
        };
        let is_true = match first.reason {
            HoldReason::Question => !self.open_questions(task).await.is_empty(),
            HoldReason::ParentOpen => !first.tasks.is_empty(),
            HoldReason::Held => self.held.get(&task.id) == Some(&task.version),
            HoldReason::Running => task.current_run_id.is_some(),
            HoldReason::Backoff => first.until.is_some_and(|until| until > self.clock.now()),
            HoldReason::Ended => task.status.has_ended(),
            HoldReason::Triage => task.status == TaskState::Triage,
            HoldReason::Blocked => task.status == TaskState::Blocked,
            HoldReason::Scheduled => task.status == TaskState::Scheduled,
            HoldReason::Gate => task.status == TaskState::Review,
            _ => task.status == TaskState::Ready,
        };
        assert!(is_true, "{:?} is no reason: {task:?}", first.reason);
    }

    /// Every run is one that a worker heard of, that somebody did by hand, or that came back because its worker was gone.
    fn check_runs(&self, runs: &[Run]) {
        let unheard = runs.iter().filter(|run| !self.given.contains_key(&run.id));
        let (by_hand, dropped): (Vec<&Run>, Vec<&Run>) = unheard.partition(|run| is_by_hand(run));
        assert!(by_hand.len() as u64 <= self.figures.orders);
        assert!(
            dropped.len() as u64 <= self.figures.dropped,
            "a claim that nobody heard of"
        );
        assert_eq!(
            runs.len() - by_hand.len() - dropped.len(),
            self.given.len(),
            "a run is lost"
        );
    }

    /// Started is ended and in flight, by the counters as by the runs; and the board counts what is on it.
    async fn check_counts(&self, tasks: &[Task], runs: &[Run]) {
        let ours = within(self.project.id, &[Scope::Read]);
        let counted = self.app().get_status(&ours).await.unwrap();
        let in_flight = runs.iter().filter(|run| !run.state.has_ended()).count();
        assert_eq!(counted.active_runs, i64::try_from(in_flight).unwrap());
        assert_eq!(
            counted.runs.values().sum::<i64>(),
            i64::try_from(runs.len() as u64 + self.figures.deleted).unwrap()
        );
        let mut on_board = BTreeMap::new();
        for task in tasks {
            *on_board.entry(task.status.to_string()).or_default() += 1;
        }
        let project = ProjectRef::Id(self.project.id);
        let card = self.app().get_project(&admin(), &project).await.unwrap();
        assert_eq!(card.counts, on_board);
    }

    /// Tickets count their tasks, and ask only while something is asked.
    async fn check_tickets(&self, tasks: &[Task]) {
        for id in &self.tickets {
            let ticket = self.app().get_ticket(&admin(), *id).await.unwrap();
            let its: Vec<&Task> = tasks
                .iter()
                .filter(|task| task.ticket_id == Some(*id))
                .collect();
            let done = its.iter().filter(|task| task.status == TaskState::Done);
            let counted = (ticket.tasks_total, ticket.tasks_done);
            let (total, done) = (its.len(), done.count());
            assert_eq!(
                counted,
                (i64::try_from(total).unwrap(), i64::try_from(done).unwrap())
            );
            let mut asked = 0;
            for task in &its {
                asked += self.open_questions(task).await.len();
            }
            let asks = ticket.status == TicketStatus::ClarificationNeeded;
            assert!(!asks || asked > 0, "nothing is asked: {ticket:?}");
        }
    }

    /// What has to happen without anybody asking has happened: what is due is released, and no lease lasts longer than it may.
    pub(super) async fn check_house(&self) {
        let (tasks, runs) = self.everything().await;
        let now = self.clock.now();
        for task in tasks
            .iter()
            .filter(|task| task.status == TaskState::Scheduled)
        {
            assert!(
                task.not_before.is_none_or(|due| due > now),
                "not released: {task:?}"
            );
        }
        for run in runs.iter().filter(|run| !run.state.has_ended()) {
            let end = run.lease_expires_at.expect("a task's run has a lease");
            assert!(
                end <= now.plus_seconds(LEASE_SECONDS),
                "too long a lease: {run:?}"
            );
        }
    }

    /// Everything about which a worker could lie.
    pub(super) async fn everything(&self) -> (Vec<Task>, Vec<Run>) {
        (self.tasks().await, self.runs().await)
    }

    /// What must not change anything has changed nothing.
    pub(super) async fn assert_untouched(&self, before: &(Vec<Task>, Vec<Run>), by: &str) {
        let now = self.everything().await;
        let tasks = differences(&before.0, &now.0);
        let runs = differences(&before.1, &now.1);
        assert!(
            tasks.is_empty() && runs.is_empty(),
            "{by} changed something: {tasks:#?} {runs:#?}"
        );
    }

    pub(super) async fn tasks(&self) -> Vec<Task> {
        let filter = TaskFilter {
            project: Some(self.project.id),
            status: TaskState::ALL.to_vec(),
            ..TaskFilter::default()
        };
        let page = Page::first(1000);
        let found = self.app().list_tasks(&admin(), filter, page).await;
        let mut tasks = found.unwrap().items;
        tasks.sort_by_key(|task| (task.ticket_id, task.sequence));
        tasks
    }

    pub(super) async fn runs(&self) -> Vec<Run> {
        let filter = RunFilter {
            project: Some(self.project.id),
            ..RunFilter::default()
        };
        let page = Page::first(1000);
        let found = self.app().list_runs(&admin(), filter, page).await;
        found.unwrap().items
    }

    /// A run; none once its task is deleted.
    pub(super) async fn run(&self, id: RunId) -> Option<Run> {
        match self.app().get_run(&admin(), id).await {
            Ok(detail) => Some(detail.run),
            Err(app::Error::NotFound(_)) => None,
            Err(error) => panic!("{error}"),
        }
    }

    pub(super) async fn parents(&self, id: TaskId) -> Vec<TaskId> {
        let links = self.app().list_task_links(&admin(), id).await;
        links.unwrap().parents
    }

    /// Whether something that a task waits for is open.
    pub(super) async fn waits(&self, id: TaskId) -> bool {
        let parents = self.parents(id).await;
        let is_open = |task: &Task| parents.contains(&task.id) && !task.status.lets_children_go();
        self.tasks().await.iter().any(is_open)
    }
}

/// Whether a run tells of what a person did.
pub(super) fn is_by_hand(run: &Run) -> bool {
    run.agent.is_none() && run.summary.is_some() && run.started_at == run.ended_at
}

/// A task that somebody works on has one open run, which is its current one; any other has none.
fn check_lease(task: &Task, runs: &[Run]) {
    let open = |run: &&Run| run.task_id == Some(task.id) && !run.state.has_ended();
    let open: Vec<RunId> = runs.iter().filter(open).map(|run| run.id).collect();
    let expected: Vec<RunId> = task.current_run_id.into_iter().collect();
    assert_eq!(open, expected, "{task:?}");
    match task.status {
        // Its worker may have gone without the answer.
        TaskState::Waiting => assert!(open.len() <= 1, "{task:?}"),
        status => assert_eq!(status == TaskState::Running, open.len() == 1, "{task:?}"),
    }
}

/// What stands only before, and what stands only now.
fn differences<'a, T: PartialEq>(before: &'a [T], now: &'a [T]) -> Vec<(&'static str, &'a T)> {
    let only = |word, these: &'a [T], those: &'a [T]| {
        let these = these.iter().filter(|one| !those.contains(one));
        these.map(move |one| (word, one))
    };
    only("before", before, now)
        .chain(only("now", now, before))
        .collect()
}
