//! Dispatch: how work is handed out, how much of it at once, and what came of handing it out by hand.

use serde::{Deserialize, Serialize};

use crate::{DaemonState, HoldReason, LoopState, TaskId, Text, Timestamp};

/// How much may run at once, whatever the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// No more tasks run at once in all.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub max_running: Option<i64>,
    /// No more tasks run at once with the same agent.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub max_running_per_agent: Option<i64>,
}

impl Limits {
    /// The greatest limit that can be set.
    pub const MOST: i64 = 1_000_000;
}

/// Whether the work of a project is handed out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProjectLoop {
    /// Whether it is.
    pub state: LoopState,
    /// Why it is not.
    pub reason: Option<Text>,
    /// Whether the server hands out work at all.
    pub daemon_state: DaemonState,
    /// When one of its tasks was last handed out.
    pub last_tick_at: Option<Timestamp>,
    /// When the next task becomes free by itself, where one waits for its time. Everything else is handed out as soon as
    /// it is ready.
    pub next_tick_at: Option<Timestamp>,
    /// Its tasks that may be taken.
    pub ready: i64,
    /// Its tasks that are being worked on.
    pub running: i64,
}

/// Starts or stops handing out the work of a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoopChange {
    /// `running` or `paused`; only the server halts a loop.
    pub state: LoopState,
    /// Why it is paused.
    pub reason: Option<Text>,
}

/// Whether the server hands out work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Daemon {
    /// Whether it does.
    pub daemon_state: DaemonState,
}

/// Takes a task back from its worker.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReclaimTask {
    /// Why; the run's error says so.
    pub reason: Option<Text>,
}

/// What came of handing out work by hand.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Dispatched {
    /// The tasks that workers took; with `dry_run` those that they would have taken.
    pub dispatched: Vec<TaskId>,
    /// The first 100 open tasks that nobody took, each with the reason.
    pub skipped: Vec<Skipped>,
}

/// A task that was not handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Skipped {
    /// Which one.
    pub task: TaskId,
    /// Why not, in a word.
    pub reason: HoldReason,
    /// Why not.
    pub detail: String,
}
