//! The rules that every history is held against, and the end that it must come to.

use std::collections::HashMap;

use app::EventPage;
use model::{
    Event, EventFilter, Outcome, Page, Run, RunFilter, RunId, Scope, Task, TaskFilter, TaskId,
    TaskOrder, TaskState,
};

use super::{Hand, Simulation};
use crate::support::*;

impl Simulation {
    /// What holds at every moment.
    pub(super) async fn check(&self) {
        let (tasks, runs) = self.everything().await;
        let states: HashMap<_, _> = tasks.iter().map(|task| (task.id, task.status)).collect();
        for task in &tasks {
            check_lease(task, &runs);
            self.check_place(task, &states).await;
            let why = self.app().get_task_why(&admin(), task.id).await.unwrap();
            assert!(!why.reasons.is_empty(), "stuck without a reason: {task:?}");
        }
        self.check_counts(&runs).await;
        assert_eq!(
            runs.len() as u64,
            self.figures.claims,
            "a claim that nobody heard of"
        );
    }

    /// Children are let go exactly when they may be.
    async fn check_place(&self, task: &Task, states: &HashMap<TaskId, TaskState>) {
        let links = self.app().list_task_links(&admin(), task.id).await.unwrap();
        let is_open = |parent: &TaskId| !states[parent].lets_children_go();
        let waits = links.parents.iter().any(is_open);
        match task.status {
            TaskState::Todo => assert!(waits, "held back for nothing: {task:?}"),
            TaskState::Ready => assert!(!waits, "let go too early: {task:?}"),
            _ => {}
        }
    }

    /// Started is ended and in flight, by the counters as by the runs.
    async fn check_counts(&self, runs: &[Run]) {
        let ours = within(self.project.id, &[Scope::Read]);
        let counted = self.app().get_status(&ours).await.unwrap();
        let in_flight = runs.iter().filter(|run| !run.state.has_ended()).count();
        assert_eq!(counted.active_runs, i64::try_from(in_flight).unwrap());
        assert_eq!(
            counted.runs.values().sum::<i64>(),
            i64::try_from(runs.len()).unwrap()
        );
    }

    /// An honest worker and a patient person bring everything to its end: nothing is lost and nothing stuck.
    pub(super) async fn wind_up(&mut self) {
        self.hands
            .iter_mut()
            .for_each(|hand| *hand = Hand::default());
        self.resume_all().await;
        for _ in 0..500 {
            let tasks = self.tasks().await;
            if tasks.iter().all(|task| task.status == TaskState::Done) {
                break;
            }
            self.clock.advance_seconds(4000);
            self.keep_house().await;
            self.help(self.tasks().await).await;
            self.work_honestly().await;
        }
        for task in self.tasks().await {
            assert_eq!(task.status, TaskState::Done, "{task:?}");
            self.figures.done += 1;
        }
        self.check().await;
        self.check_history().await;
    }

    async fn help(&self, tasks: Vec<Task>) {
        for task in tasks {
            match task.status {
                TaskState::Triage => self.order(&task, TaskOrder::Accept).await,
                TaskState::Failed | TaskState::Blocked => self.order(&task, TaskOrder::Retry).await,
                TaskState::Review => {
                    self.order(&task, TaskOrder::Approve { comment: None })
                        .await;
                }
                TaskState::Waiting => self.answer_all(&task).await,
                _ => {}
            }
        }
    }

    async fn work_honestly(&mut self) {
        let honest = self.claim("honest");
        let answer = self.app().claim_work(&admin(), honest).await.unwrap();
        for claim in answer.claims {
            self.note(&claim).await;
            let done = end(Outcome::Completed);
            let done = self.app().finish_run(&admin(), claim.run.id, done).await;
            done.unwrap();
        }
    }

    /// Each task was done once, every run began once and ended once, and the log has no gap.
    async fn check_history(&self) {
        let (tasks, runs) = self.everything().await;
        let events = self.events().await;
        let told = |word: &str, run: &Run| {
            let of_it = |event: &&Event| event.event_type == word && event.run_id == Some(run.id);
            events.iter().filter(of_it).count()
        };
        for run in &runs {
            assert_eq!(
                (told("run_started", run), told("run_finished", run)),
                (1, 1)
            );
        }
        for task in &tasks {
            let of_it = runs.iter().filter(|run| run.task_id == Some(task.id));
            let completed = of_it.filter(|run| run.outcome == Some(Outcome::Completed));
            let completed = completed.count();
            match task.human_gate {
                // A person may have asked for changes.
                true => assert!(completed >= 1, "{task:?}"),
                false => assert_eq!(completed, 1, "{task:?}"),
            }
        }
    }

    /// Everything that was said of this project.
    async fn events(&self) -> Vec<Event> {
        let filter = || EventFilter {
            project: Some(self.project.id),
            ..EventFilter::default()
        };
        let mut events: Vec<Event> = Vec::new();
        loop {
            let page = EventPage {
                after: Some(events.last().map_or(0, |event| event.seq)),
                limit: 1000,
                ..EventPage::default()
            };
            let found = self.app().list_events(&admin(), filter(), page).await;
            let found = found.unwrap();
            if found.is_empty() {
                return events;
            }
            events.extend(found);
        }
    }

    /// Everything about which a worker could lie.
    pub(super) async fn everything(&self) -> (Vec<Task>, Vec<Run>) {
        (self.tasks().await, self.runs().await)
    }

    pub(super) async fn tasks(&self) -> Vec<Task> {
        let filter = TaskFilter {
            project: Some(self.project.id),
            ..TaskFilter::default()
        };
        let page = Page::first(1000);
        let found = self.app().list_tasks(&admin(), filter, page).await;
        let mut tasks = found.unwrap().items;
        tasks.sort_by_key(|task| task.sequence);
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

    pub(super) async fn run(&self, id: RunId) -> Run {
        self.app().get_run(&admin(), id).await.unwrap().run
    }
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
