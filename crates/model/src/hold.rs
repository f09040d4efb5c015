//! Holds: what keeps a task from being worked on. Whoever hands out work and whoever explains why it is not handed out ask
//! the same functions here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{
    DaemonState, Limits, LoopState, Name, PrincipalKind, Project, RunId, Task, TaskId, TaskState,
    Timestamp,
};

words! {
    /// What keeps a task from being worked on.
    HoldReason ("reason") {
        /// Somebody must first say whether and how.
        Triage = "triage",
        /// A task that it waits for is not done.
        ParentOpen = "parent_open",
        /// Somebody holds it back, though it waits for no other task.
        Held = "held",
        /// Its time has not come.
        Scheduled = "scheduled",
        /// Something stands in its way.
        Blocked = "blocked",
        /// Its worker waits for an answer.
        Question = "question",
        /// Its result waits for a verdict.
        Gate = "gate",
        /// It is being worked on.
        Running = "running",
        /// It is done, given up, or put away.
        Ended = "ended",
        /// It failed, and the wait before the next try is not over.
        Backoff = "backoff",
        /// Its project is put away.
        Archived = "archived",
        /// A person stopped handing out everywhere.
        DaemonPaused = "daemon_paused",
        /// Its project's work is not handed out.
        Paused = "paused",
        /// As many tasks run as may.
        Limit = "limit",
        /// The budget is spent.
        Budget = "budget",
        /// No connected worker can do it.
        NoWorker = "no_worker",
        /// Every worker that can do it is at work.
        Busy = "busy",
        /// A worker is about to take it.
        Queued = "queued",
    }
}

/// How somebody comes to take a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A worker asked for any task.
    Queue,
    /// A person asked to hand out now.
    Offer,
    /// Somebody named this very task.
    Hand,
}

impl HoldReason {
    /// Whether it keeps those off who come this way.
    #[must_use]
    pub const fn stops(self, way: Way) -> bool {
        match self {
            // Who asks for it by hand means it.
            Self::Paused => !matches!(way, Way::Offer),
            Self::Backoff => !matches!(way, Way::Hand),
            // These say who takes it, not whether it may be taken.
            Self::NoWorker | Self::Busy | Self::Queued => false,
            _ => true,
        }
    }
}

/// One thing that keeps a task from being worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Hold {
    /// What, in a word.
    pub reason: HoldReason,
    /// What, for people.
    pub detail: String,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The open tasks that it waits for, the first 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskId>,
}

impl Hold {
    /// A hold without an end of its own.
    #[must_use]
    pub fn new(reason: HoldReason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
            until: None,
            tasks: Vec::new(),
        }
    }

    fn until(self, until: Option<Timestamp>) -> Self {
        Self { until, ..self }
    }
}

/// Why a task is not being worked on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskWhy {
    /// The task.
    pub task_id: TaskId,
    /// Where it stands.
    pub status: TaskState,
    /// The run that works on it.
    pub current_run_id: Option<RunId>,
    /// Everything that keeps it from being worked on, the task's own reasons first. Never empty.
    pub reasons: Vec<Hold>,
}

/// How much runs already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Load {
    /// Tasks of the project that run.
    pub running: i64,
    /// Tasks of the project that are in work: running, waiting for an answer, or in review.
    pub in_work: i64,
    /// Tasks of all projects that run.
    pub running_everywhere: i64,
    /// Tasks of the project that run, by agent; only where a limit asks for it.
    pub by_agent: BTreeMap<Name, i64>,
    /// Tasks of all projects that run, by agent; only where a limit asks for it.
    pub by_agent_everywhere: BTreeMap<Name, i64>,
}

/// What is around the tasks of a project.
#[derive(Debug, Clone, PartialEq)]
pub struct Surroundings {
    /// Whether work is handed out at all.
    pub daemon: DaemonState,
    /// How much may run at once, whatever the project.
    pub limits: Limits,
    /// The project.
    pub project: Project,
    /// How much runs already.
    pub load: Load,
}

impl Surroundings {
    /// What keeps all tasks of the project from being handed out.
    #[must_use]
    pub fn holds(&self) -> Vec<Hold> {
        let mut holds = Vec::new();
        if self.project.archived_at.is_some() {
            holds.push(Hold::new(HoldReason::Archived, "its project is archived"));
        }
        if self.daemon == DaemonState::Paused {
            let detail = "a person paused the server: no work is handed out";
            holds.push(Hold::new(HoldReason::DaemonPaused, detail));
        }
        if self.project.loop_state != LoopState::Running {
            holds.push(Hold::new(HoldReason::Paused, paused(&self.project)));
        }
        holds.extend(self.full());
        holds
    }

    /// The limits that are reached, whoever comes.
    fn full(&self) -> Vec<Hold> {
        let (project, load) = (&self.project, &self.load);
        [
            reached(project.max_running, load.running, "run in its project"),
            reached(
                project.max_wip,
                load.in_work,
                "are in work in its project, reviews and questions included",
            ),
            reached(
                self.limits.max_running,
                load.running_everywhere,
                "run in all projects",
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The limits of an agent that are reached.
    #[must_use]
    pub fn holds_for(&self, agent: &Name) -> Vec<Hold> {
        let count = |load: &BTreeMap<Name, i64>| load.get(agent).copied().unwrap_or(0);
        let here = format!("run in its project with {agent}");
        let everywhere = format!("run in all projects with {agent}");
        [
            reached(
                self.project.max_running_per_agent,
                count(&self.load.by_agent),
                &here,
            ),
            reached(
                self.limits.max_running_per_agent,
                count(&self.load.by_agent_everywhere),
                &everywhere,
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Whether some limit is by agent, so that it must be known who runs what.
    #[must_use]
    pub const fn limits_agents(project: &Project, limits: &Limits) -> bool {
        project.max_running_per_agent.is_some() || limits.max_running_per_agent.is_some()
    }

    /// One more task of the project runs.
    pub fn add(&mut self, agent: Option<&Name>) {
        self.load.running += 1;
        self.load.in_work += 1;
        if let Some(agent) = agent {
            *self.load.by_agent.entry(agent.clone()).or_default() += 1;
        }
        self.add_elsewhere(agent);
    }

    /// One more task of another project runs.
    pub fn add_elsewhere(&mut self, agent: Option<&Name>) {
        self.load.running_everywhere += 1;
        if let Some(agent) = agent {
            let running = &mut self.load.by_agent_everywhere;
            *running.entry(agent.clone()).or_default() += 1;
        }
    }
}

fn paused(project: &Project) -> String {
    let why = project.loop_reason.as_ref();
    let why = why.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("its project is {}{why}", project.loop_state)
}

fn reached(limit: Option<i64>, count: i64, what: &str) -> Option<Hold> {
    let limit = limit.filter(|limit| count >= *limit)?;
    let detail = format!("{count} tasks {what}, and the limit is {limit}");
    Some(Hold::new(HoldReason::Limit, detail))
}

impl Task {
    /// Whether its time lies ahead.
    #[must_use]
    pub fn is_early(&self, at: Timestamp) -> bool {
        self.not_before.is_some_and(|due| due > at)
    }

    /// What of the task itself keeps it from being handed out; nothing when it is ready. What it waits for, the caller adds.
    #[must_use]
    pub fn holds(&self, at: Timestamp) -> Vec<Hold> {
        let waits_twice = matches!(
            self.status,
            TaskState::Triage | TaskState::Todo | TaskState::Blocked
        );
        let time = Some(self).filter(|task| waits_twice && task.is_early(at));
        let time = time.map(|task| task.not_yet());
        self.hold(at).into_iter().chain(time).collect()
    }

    fn hold(&self, at: Timestamp) -> Option<Hold> {
        use HoldReason::{Backoff, Blocked, Ended, Gate, ParentOpen, Question, Running, Triage};
        Some(match self.status {
            TaskState::Ready if self.is_early(at) => {
                Hold::new(Backoff, self.next_try()).until(self.not_before)
            }
            TaskState::Ready => return None,
            TaskState::Triage => Hold::new(Triage, "somebody must first accept it"),
            TaskState::Todo => Hold::new(ParentOpen, "it waits for tasks that are not done"),
            TaskState::Scheduled => self.not_yet(),
            TaskState::Blocked => Hold::new(Blocked, self.blocked()),
            TaskState::Waiting if self.current_run_id.is_none() => {
                Hold::new(Question, "it waits for an answer, and its worker has gone")
            }
            TaskState::Waiting => Hold::new(Question, "its worker waits for an answer"),
            TaskState::Review => Hold::new(Gate, "its result waits for a verdict"),
            TaskState::Running => Hold::new(Running, "it is being worked on"),
            TaskState::Done | TaskState::Failed | TaskState::Archived => {
                Hold::new(Ended, format!("it is {}", self.status))
            }
        })
    }

    /// What stands in its way, who said so, and who alone takes it away.
    fn blocked(&self) -> String {
        let kind = self.block_kind.map(|kind| format!(" ({kind})"));
        let by = self.blocked_by.as_ref();
        let only = by.filter(|by| by.kind == PrincipalKind::Human);
        let only = only.map(|_| "; only a person releases it");
        let by = by.map(|by| format!(" by {by}"));
        let reason = self.block_reason.as_ref().map(|reason| reason.as_str());
        let reason = reason.filter(|reason| !reason.trim().is_empty());
        let reason = match reason {
            Some(reason) => format!(": {}", reason.trim_end()),
            None => ", without a reason given".to_owned(),
        };
        let (kind, by) = (kind.unwrap_or_default(), by.unwrap_or_default());
        format!(
            "it is blocked{kind}{by}{}{reason}",
            only.unwrap_or_default()
        )
    }

    fn not_yet(&self) -> Hold {
        let detail = match self.not_before {
            Some(_) => "its time has not come",
            None => "it was put off without a time, until somebody releases it",
        };
        Hold::new(HoldReason::Scheduled, detail).until(self.not_before)
    }

    fn next_try(&self) -> String {
        let waits = "its last attempt came to nothing, and it waits for the next";
        match self.failure_count {
            // Its provider refused, or its worker was lost: that is no failure of its own.
            0 => waits.to_owned(),
            failures => format!("{waits}; failures so far: {failures}"),
        }
    }
}

#[cfg(test)]
#[path = "hold_tests.rs"]
mod tests;
