//! The log tells every history as it was: each task's states follow from one another, and what it says of runs adds up.

use std::collections::{BTreeMap, BTreeSet};

use app::EventPage;
use model::{Event, EventFilter, Outcome, PrincipalKind, Run, RunId, Task, TaskId, TaskState};

use super::Simulation;
use super::rules::is_by_hand;
use crate::support::*;

/// One step in the history of a task.
#[derive(Clone, Copy)]
struct Step {
    from: TaskState,
    to: TaskState,
    /// Whether a person did it.
    by_a_person: bool,
}

impl Step {
    fn is_claim(&self) -> bool {
        self.to == TaskState::Running && self.from != TaskState::Waiting
    }

    /// A worker's result was taken.
    fn is_result(&self) -> bool {
        self.from.has_worker() && matches!(self.to, TaskState::Done | TaskState::Review)
    }

    /// What was done is to be done again.
    fn is_return(&self) -> bool {
        let was_over = [TaskState::Done, TaskState::Review, TaskState::Archived];
        was_over.contains(&self.from) && !was_over.contains(&self.to)
    }
}

impl Simulation {
    /// Holds the log against the tasks and runs that there are.
    pub(super) async fn check_history(&self) {
        let (tasks, runs) = self.everything().await;
        let events = self.events().await;
        check_words(&runs, &events);
        let mut by_task: BTreeMap<TaskId, Vec<&Event>> = BTreeMap::new();
        for event in &events {
            if let Some(task) = event.task_id {
                by_task.entry(task).or_default().push(event);
            }
        }
        for task in &tasks {
            let its: Vec<&Run> = runs
                .iter()
                .filter(|run| run.task_id == Some(task.id))
                .collect();
            let steps = steps(task, &by_task[&task.id]);
            check_steps(task, &steps, &its);
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
}

/// Every run began once and ended once, also what somebody did by hand.
fn check_words(runs: &[Run], events: &[Event]) {
    let mut told: BTreeMap<(RunId, &str), usize> = BTreeMap::new();
    for event in events {
        if let Some(run) = event.run_id {
            *told.entry((run, event.event_type.as_str())).or_default() += 1;
        }
    }
    let told = |run: &Run, word| told.get(&(run.id, word)).copied().unwrap_or(0);
    for run in runs {
        assert_eq!(
            (told(run, "run_started"), told(run, "run_finished")),
            (1, 1),
            "{run:?}"
        );
    }
}

/// The steps that the log tells of a task, which lead from where it was made to where it stands.
fn steps(task: &Task, events: &[&Event]) -> Vec<Step> {
    let state = |event: &Event, key: &str| -> Option<TaskState> {
        let word = event.details.as_ref()?.get(key)?.as_str()?;
        word.parse().ok()
    };
    let mut at = state(events[0], "status").expect("the first event tells where it was made");
    let mut steps = Vec::new();
    for told in events {
        let is_of_run = told.event_type.starts_with("run_");
        let step = state(told, "from").zip(state(told, "to"));
        let Some((from, to)) = step.filter(|_| !is_of_run) else {
            continue;
        };
        assert_eq!(from, at, "{told:?} of {task:?}");
        at = to;
        let by_a_person = told.actor.kind == PrincipalKind::Human;
        steps.push(Step {
            from,
            to,
            by_a_person,
        });
    }
    assert_eq!(at, task.status, "the log does not tell all of {task:?}");
    steps
}

/// A task is taken once for each of its runs, done once unless it is given back, and past its gate by a person.
fn check_steps(task: &Task, steps: &[Step], runs: &[&Run]) {
    let count = |is: fn(&Step) -> bool| steps.iter().filter(|step| is(step)).count();
    let by_workers = || runs.iter().filter(|run| !is_by_hand(run));
    let completed = by_workers().filter(|run| run.outcome == Some(Outcome::Completed));
    let completed = completed.count();
    assert_eq!(count(Step::is_claim), by_workers().count(), "{task:?}");
    assert_eq!(count(Step::is_result), completed, "{task:?}");
    assert!(
        completed <= 1 + count(Step::is_return),
        "done twice: {task:?}"
    );
    for step in steps.iter().filter(|step| step.to == TaskState::Done) {
        assert!(
            !task.human_gate || step.by_a_person,
            "a program judged: {task:?}"
        );
    }
    let numbers: BTreeSet<i64> = runs.iter().map(|run| run.number).collect();
    assert_eq!(
        numbers.len(),
        runs.len(),
        "two attempts of one number: {task:?}"
    );
}
