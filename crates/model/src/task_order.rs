//! Orders: what somebody wants to become of a task, and the bodies that say so.

use serde::{Deserialize, Serialize};

use crate::{BlockKind, RunId, Task, TaskId, TaskMove, TaskState, Text, Timestamp};

/// What somebody wants to become of a task.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskOrder {
    /// It is done.
    Complete(Handoff),
    /// Something stands in the way.
    Block(Hindrance),
    /// Nothing stands in the way any more, or its time has come.
    Unblock,
    /// It may be taken; with `force` also while tasks that it waits for are open.
    Promote {
        /// Whether open parents are passed over.
        force: bool,
    },
    /// It waits again, until somebody promotes it.
    Hold,
    /// Put away. A run that is open is cancelled.
    Archive,
    /// Brought back.
    Restore,
    /// Its result wants a verdict.
    Review(Handoff),
    /// The verdict is good.
    Approve {
        /// What is said about it.
        comment: Option<Text>,
    },
    /// The verdict is not good.
    RequestChanges {
        /// What is to be changed.
        comment: Option<Text>,
    },
    /// Somebody wants another try.
    Retry,
    /// Triage said yes.
    Accept,
    /// Back to triage.
    Demote,
    /// Its time lies ahead.
    Schedule {
        /// When it comes; when somebody says so when absent.
        not_before: Option<Timestamp>,
    },
    /// Done was not done.
    Reopen,
}

impl TaskOrder {
    /// The verb for people.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Complete(_) => TaskMove::Complete.verb(),
            Self::Block(_) => TaskMove::Block.verb(),
            Self::Unblock => TaskMove::Unblock.verb(),
            Self::Promote { .. } => TaskMove::Promote.verb(),
            Self::Hold => TaskMove::Hold.verb(),
            Self::Archive => TaskMove::Archive.verb(),
            Self::Restore => TaskMove::Restore.verb(),
            Self::Review(_) => TaskMove::SubmitForReview.verb(),
            Self::Approve { .. } => TaskMove::Approve.verb(),
            Self::RequestChanges { .. } => TaskMove::RequestChanges.verb(),
            Self::Retry => TaskMove::Retry.verb(),
            Self::Accept => TaskMove::Accept.verb(),
            Self::Demote => TaskMove::Demote.verb(),
            Self::Schedule { .. } => TaskMove::Schedule.verb(),
            Self::Reopen => TaskMove::Reopen.verb(),
        }
    }

    /// Whether it can be carried out on a task that has just been taken back from its worker.
    #[must_use]
    pub const fn is_possible_when_ready(&self) -> bool {
        matches!(
            self,
            Self::Complete(_)
                | Self::Block(_)
                | Self::Review(_)
                | Self::Hold
                | Self::Demote
                | Self::Schedule { .. }
        )
    }

    /// Whether the worker of a task may give this order.
    #[must_use]
    pub const fn is_for_workers(&self) -> bool {
        matches!(self, Self::Complete(_) | Self::Block(_) | Self::Review(_))
    }
}

/// On which terms an order is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// Takes the task back from the worker who has it.
    pub reclaim_first: bool,
    /// The version that the caller saw.
    pub version: Option<i64>,
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Handoff {
    /// What is kept as the task's result; the summary when absent.
    pub result: Option<Text>,
    /// What was done, in a few sentences, for those who go on.
    pub summary: Option<Text>,
    /// The same for programs.
    pub metadata: Option<serde_json::Value>,
}

/// What stands in a task's way.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Hindrance {
    /// In a word; `needs_input` when absent.
    pub kind: Option<BlockKind>,
    /// In a few sentences.
    pub reason: Option<Text>,
}

/// Moves a task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MoveTask {
    /// Takes the task back from the worker who has it; refused otherwise while a run is open.
    pub reclaim_first: bool,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Says what came of a task.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HandTaskOver {
    /// What is kept as the task's result; the summary when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Text>,
    /// What was done, in a few sentences, for those who go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// The same for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<serde_json::Value>,
    /// Takes the task back from the worker who has it; refused otherwise while a run is open.
    pub reclaim_first: bool,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Says what stands in a task's way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BlockTask {
    /// In a word; `needs_input` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<BlockKind>,
    /// In a few sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
    /// Takes the task back from the worker who has it; refused otherwise while a run is open.
    pub reclaim_first: bool,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Lets a task be taken.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PromoteTask {
    /// Also while tasks that it waits for are open.
    pub force: bool,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Judges a task's result.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JudgeTask {
    /// What is said about it; kept as a comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<Text>,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Lets a task wait for its time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleTask {
    /// When it comes; when somebody says so when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// Takes the task back from the worker who has it; refused otherwise while a run is open.
    pub reclaim_first: bool,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Does the same to many tasks, each on its own.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkTasks {
    /// Which tasks; at least one, at most 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    pub ids: Vec<TaskId>,
    /// Where they shall stand.
    pub status: Option<TaskState>,
    /// The agent profile that is to do them; an empty text takes it away.
    pub assignee: Option<Text>,
    /// Higher goes first.
    pub priority: Option<i64>,
    /// Puts them away.
    #[serde(default)]
    pub archive: bool,
    /// What is kept as their result, where they are done.
    pub result: Option<Text>,
    /// What was done.
    pub summary: Option<Text>,
    /// The same for programs.
    pub metadata: Option<serde_json::Value>,
    /// Why they are blocked, where they are.
    pub block_reason: Option<Text>,
    /// Takes the tasks back from the workers who have them.
    #[serde(default)]
    pub reclaim_first: bool,
}

/// What became of many tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BulkOutcome {
    /// One for each, in the order in which they were named.
    pub results: Vec<BulkResult>,
}

/// What became of one of many tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BulkResult {
    /// Which task.
    pub id: TaskId,
    /// Whether it was done as asked.
    pub ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The answer to a task that is tried again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskRetried {
    /// `retrying`.
    pub status: String,
    /// Which task.
    pub task_id: TaskId,
    /// The task as it is now.
    pub task: Task,
}

/// The answer to the deletion of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskDeleted {
    /// `deleted`.
    pub status: String,
    /// Which task.
    pub task_id: TaskId,
    /// The run that was cancelled for it.
    pub cancelled_run_id: Option<RunId>,
}
