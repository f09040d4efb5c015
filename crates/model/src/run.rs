//! Runs: one attempt at a task, or an ad-hoc piece of work. A run starts once and ends once.

use serde::{Deserialize, Serialize};

use crate::{
    Name, Outcome, ProjectId, ProjectRef, RunId, RunState, SessionId, Step, TaskId, Text, TicketId,
    Timestamp, Title, Totals, patch,
};

/// One attempt at a task, or an ad-hoc piece of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The ticket that it works for.
    pub ticket_id: Option<TicketId>,
    /// The task that it works on; none for ad-hoc work.
    pub task_id: Option<TaskId>,
    /// The run that started it.
    pub parent_run_id: Option<RunId>,
    /// Its number: within its task where there is one, else within its project.
    pub number: i64,
    /// What it does, in one line: the command, or the task's title.
    pub title: Title,
    /// Where it stands.
    pub state: RunState,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Which agent works.
    pub agent: Option<Name>,
    /// Which model it uses.
    pub model: Option<Name>,
    /// Which worker runs it.
    pub worker: Option<Name>,
    /// On which machine.
    pub host: Option<Name>,
    /// The worker's process.
    pub worker_pid: Option<i64>,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// The directory that it works in.
    pub cwd: Option<Text>,
    /// The workflow that it is an execution of.
    pub workflow: Option<Name>,
    /// The step of its parent that it carries out.
    pub step_key: Option<Name>,
    /// The container that it runs in.
    pub container: Option<Name>,
    /// The agent's conversation, where it is known.
    pub session_id: Option<SessionId>,
    /// Counts the leases on its task; a report under an older one is refused.
    pub lease_epoch: i64,
    /// When its lease runs out; ad-hoc runs have none.
    pub lease_expires_at: Option<Timestamp>,
    /// When its worker was last heard of.
    pub last_heartbeat_at: Timestamp,
    /// Whether its worker has not been heard of for too long. It may come back.
    pub lost_contact: bool,
    /// When somebody asked for its end.
    pub cancel_requested_at: Option<Timestamp>,
    /// After so many seconds it is stopped.
    pub max_runtime_seconds: Option<i64>,
    /// The command's exit code; 128 and the signal's number after a signal.
    pub exit_code: Option<i64>,
    /// What came of it.
    pub summary: Option<Text>,
    /// What went wrong.
    pub error: Option<Text>,
    /// What its worker adds.
    pub metadata: Option<serde_json::Value>,
    /// Log lines so far.
    pub log_lines: i64,
    /// What was spent on it.
    #[serde(flatten)]
    pub totals: Totals,
    /// What the agent itself said that it cost, in dollars.
    pub reported_cost_usd: Option<crate::Usd>,
    /// When it was made known.
    pub created_at: Timestamp,
    /// When work began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Counts the edits; an edit names the version that it saw.
    pub version: i64,
}

impl Run {
    /// What the server says of a run whose lease ran out.
    pub const LEASE_RAN_OUT: &str = "its lease ran out";

    /// Whether it counts as a failure of its task.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        matches!(
            self.outcome,
            Some(Outcome::Failed | Outcome::Crashed | Outcome::TimedOut | Outcome::GaveUp)
        )
    }

    /// Whether it ended because nobody renewed its lease.
    #[must_use]
    pub fn lost_its_lease(&self) -> bool {
        let error = self.error.as_ref().map(Text::as_str);
        self.outcome == Some(Outcome::Reclaimed) && error == Some(Self::LEASE_RAN_OUT)
    }

    /// Whether its worker vanished, or said no more than that it is over.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        let error = self.error.as_ref().map(Text::as_str);
        match self.outcome {
            Some(Outcome::Reclaimed) => self.lost_its_lease(),
            Some(Outcome::Failed | Outcome::Interrupted) => {
                self.summary.is_none() && error.is_none() && self.exit_code.is_none()
            }
            // The outcome says what happened.
            _ => false,
        }
    }

    /// When it has run for as long as it may.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        let (began, seconds) = self.started_at.zip(self.max_runtime_seconds)?;
        Some(began.plus_seconds(seconds))
    }

    /// Whether it takes longer than it may.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= now)
    }
}

/// Starts an ad-hoc run. With `task_id` it claims that task.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// An id of the caller's making, so that a repeated start starts once.
    pub id: Option<RunId>,
    /// The project, by slug or id; the task's, the ticket's or the caller's current one when absent, else `default`.
    #[schema(value_type = Option<ProjectRef>)]
    pub project: Option<String>,
    /// The ticket that it works for.
    pub ticket_id: Option<TicketId>,
    /// The task that it works on.
    pub task_id: Option<TaskId>,
    /// The run that started it.
    pub parent_run_id: Option<RunId>,
    /// What it does, in one line; the command when absent.
    pub title: Option<Title>,
    /// Which agent works.
    pub agent: Option<Name>,
    /// Which model it uses.
    pub model: Option<Name>,
    /// Which worker runs it.
    pub worker: Option<Name>,
    /// On which machine.
    pub host: Option<Name>,
    /// The worker's process.
    pub worker_pid: Option<i64>,
    /// The command and its arguments, at most 1,000.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub command: Vec<Text>,
    /// The directory that it works in.
    pub cwd: Option<Text>,
    /// The workflow that it is an execution of.
    pub workflow: Option<Name>,
    /// The step of its parent that it carries out.
    pub step_key: Option<Name>,
    /// The container that it runs in.
    pub container: Option<Name>,
    /// After so many seconds it is stopped.
    #[schema(minimum = 1)]
    pub max_runtime_seconds: Option<i64>,
    /// What its worker adds.
    pub metadata: Option<serde_json::Value>,
    /// When work began, for a start that is reported late; now when absent.
    pub started_at: Option<Timestamp>,
}

/// The answer to a start: the run, and the token that may write only to it.
#[derive(Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunStarted {
    /// The run itself.
    pub run: Run,
    /// May write to this run and its task, and nothing else. Shown only to the first caller.
    pub run_token: Option<String>,
    /// Seconds between two heartbeats.
    pub heartbeat_seconds: i64,
}

impl std::fmt::Debug for RunStarted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RunStarted")
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

/// What of a run changes while it is open.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunPatch {
    /// What it does, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// `running`, `waiting` or `parked`; an end is reported by `finish`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RunState>,
    /// Which agent works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Name>,
    /// Which model it uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Name>,
    /// The command's process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_pid: Option<i64>,
    /// The agent's conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<crate::SessionReport>,
    /// The container that it runs in; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Name>)]
    pub container: Option<Option<Name>>,
    /// What its worker adds; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<serde_json::Value>)]
    pub metadata: Option<Option<serde_json::Value>>,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A worker's sign of life.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Heartbeat {
    /// The lease under which it works; for runs with a task.
    pub lease_epoch: Option<i64>,
    /// So many seconds the answer may wait for something that the worker must do, at most one heartbeat's length;
    /// it comes at once when absent. The lease is renewed when the heartbeat arrives.
    #[schema(minimum = 0, maximum = 3600)]
    pub wait_seconds: Option<i64>,
}

/// What the worker must do now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HeartbeatAnswer {
    /// Stop, and finish as cancelled.
    pub cancel: bool,
    /// Set aside, and go on when this is false again.
    pub pause: bool,
    /// Where the run stands now. A worker whose run has ended stops at once.
    pub state: RunState,
    /// What this run asked and a person has answered, oldest first, each time anew.
    pub answers: Vec<crate::Question>,
    /// When the lease runs out, where there is one.
    pub lease_expires_at: Option<Timestamp>,
    /// Seconds until the next heartbeat is due.
    pub heartbeat_seconds: i64,
}

impl HeartbeatAnswer {
    /// Whether it tells the worker nothing that another did not.
    #[must_use]
    pub fn asks_the_same(&self, other: &Self) -> bool {
        (self.cancel, self.pause, self.state, self.answers.len())
            == (other.cancel, other.pause, other.state, other.answers.len())
    }
}

/// Says how a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishRun {
    /// How it ended.
    pub outcome: Outcome,
    /// The command's exit code; 128 and the signal's number after a signal.
    pub exit_code: Option<i64>,
    /// What came of it.
    pub summary: Option<Text>,
    /// What went wrong.
    pub error: Option<Text>,
    /// What its worker adds; `null` leaves what is there.
    pub metadata: Option<serde_json::Value>,
    /// What the agent itself said that it cost, in dollars.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 9_223_372)]
    pub reported_cost_usd: Option<crate::Usd>,
    /// The lease under which it worked; for runs with a task.
    pub lease_epoch: Option<i64>,
    /// When it ended, for an end that is reported late; now when absent.
    pub ended_at: Option<Timestamp>,
}

impl FinishRun {
    /// An end of which nothing more is known.
    #[must_use]
    pub const fn new(outcome: Outcome) -> Self {
        Self {
            outcome,
            exit_code: None,
            summary: None,
            error: None,
            metadata: None,
            reported_cost_usd: None,
            lease_epoch: None,
            ended_at: None,
        }
    }
}

/// What to look for among runs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunFilter {
    /// Only this project's.
    pub project: Option<ProjectId>,
    /// Only this ticket's.
    pub ticket: Option<TicketId>,
    /// Only this task's.
    pub task: Option<TaskId>,
    /// Only this run's children.
    pub parent: Option<RunId>,
    /// Only these states; all when empty.
    pub state: Vec<RunState>,
    /// Only executions of this workflow.
    pub workflow: Option<Name>,
    /// Only this agent's.
    pub agent: Option<Name>,
}

/// A run with everything that its page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunDetail {
    /// The run itself.
    pub run: Run,
    /// Its steps, in the order in which they began; a tree by `parent_step_id`.
    pub steps: Vec<Step>,
    /// The runs that it started.
    pub children: Vec<Run>,
}
