//! Tasks: units of work that an agent claims.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{
    Comment, Diagnostic, Event, Links, Name, Principal, ProjectId, ProjectRef, Question, Run,
    RunId, TaskId, TaskState, Text, TicketId, Timestamp, Title, Totals, patch,
};

words! {
    /// Where the work on a task happens.
    WorkspaceKind ("workspace kind") {
        /// A new empty directory.
        Scratch = "scratch",
        /// A directory that is there already.
        Dir = "dir",
        /// A git worktree on a branch of its own.
        Worktree = "worktree",
    }
}

words! {
    /// Why a task is blocked.
    BlockKind ("kind of block") {
        /// A person must say something.
        NeedsInput = "needs_input",
        /// Something else must be there first.
        Dependency = "dependency",
        /// No agent can do it.
        Capability = "capability",
        /// It will pass.
        Transient = "transient",
    }
}

/// A unit of work that an agent claims.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The ticket that it is a part of.
    pub ticket_id: Option<TicketId>,
    /// Its place within the ticket, from 1; within the project where there is no ticket.
    pub sequence: i64,
    /// What is to be done, in one line.
    pub title: Title,
    /// What is to be done, in Markdown.
    pub body: Text,
    /// Where it stands.
    pub status: TaskState,
    /// Since when it stands there.
    #[serde(default)]
    #[schema(required = true)]
    pub status_since: Timestamp,
    /// The agent profile that is to do it; any when absent.
    pub assignee: Option<Name>,
    /// Higher goes first.
    pub priority: i64,
    /// For whom it is done, where one board serves several.
    pub tenant: Option<Name>,
    /// What an agent must be able to do.
    pub skills: Vec<Name>,
    /// Where the work happens.
    pub workspace_kind: WorkspaceKind,
    /// The directory, for `dir` and `worktree`.
    pub workspace_path: Option<Text>,
    /// The branch, for `worktree`.
    pub branch_name: Option<Name>,
    /// A caller's own key: creating twice with the same key within a project creates once.
    pub idempotency_key: Option<Name>,
    /// After so many seconds a run is stopped.
    pub max_runtime_seconds: Option<i64>,
    /// So many failures are tried again.
    pub max_retries: i64,
    /// Not handed out before.
    pub not_before: Option<Timestamp>,
    /// Whether only a person may approve the result.
    pub human_gate: bool,
    /// Why it is blocked, in a word.
    pub block_kind: Option<BlockKind>,
    /// Why it is blocked.
    pub block_reason: Option<Text>,
    /// Who blocked it.
    pub blocked_by: Option<Principal>,
    /// Why it was last blocked by an agent, in a word.
    pub last_block_kind: Option<BlockKind>,
    /// How often in a row an agent blocked it for that.
    pub block_recurrences: i64,
    /// Whether a person let it go although tasks that it waits for were open.
    pub ignores_parents: bool,
    /// Whether something that it builds on was opened again while it was worked on.
    pub stale: bool,
    /// Failures since the last success or retry.
    pub failure_count: i64,
    /// Workers in a row that went without a word, since the last that said how it went.
    #[serde(default)]
    #[schema(required = true)]
    pub silent_runs: i64,
    /// Those of the failures that were crashes.
    #[serde(default)]
    #[schema(required = true)]
    pub crash_count: i64,
    /// Attempts in a row that could not begin, since the last that did.
    #[serde(default)]
    #[schema(required = true)]
    pub false_starts: i64,
    /// Attempts in a row that the model's provider refused.
    #[serde(default)]
    #[schema(required = true)]
    pub refusals: i64,
    /// The run that works on it now.
    pub current_run_id: Option<RunId>,
    /// Who made it.
    pub created_by: Principal,
    /// What came of it, as the last complete said.
    pub result: Option<Text>,
    /// Attempts to implement.
    pub implementation_attempts: i64,
    /// Attempts at a review against the specification.
    pub spec_review_attempts: i64,
    /// Attempts at a review of the quality.
    pub quality_review_attempts: i64,
    /// The commit that the work became.
    pub commit_sha: Option<Name>,
    /// What was spent on it.
    #[serde(flatten)]
    pub totals: Totals,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When work on it first began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Counts the edits; an edit names the version that it saw.
    pub version: i64,
}

/// Asks for a new task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// The project, by slug or id; the ticket's or the caller's current one when absent, else `default`.
    #[schema(value_type = Option<ProjectRef>)]
    pub project: Option<String>,
    /// The ticket that it is a part of.
    pub ticket_id: Option<TicketId>,
    /// What is to be done, in one line.
    pub title: Title,
    /// What is to be done, in Markdown.
    #[serde(default)]
    pub body: Text,
    /// The agent profile that is to do it.
    pub assignee: Option<Name>,
    /// For whom it is done, where one board serves several.
    pub tenant: Option<Name>,
    /// Higher goes first.
    #[serde(default)]
    pub priority: i64,
    /// Where the work happens; scratch when absent.
    pub workspace_kind: Option<WorkspaceKind>,
    /// The directory, for `dir` and `worktree`: absolute, without `..`. The project's `repo_path` when absent.
    pub workspace_path: Option<Text>,
    /// The branch, for `worktree`: a name that git takes for one.
    pub branch_name: Option<Name>,
    /// Tasks of the same project that must be done first, at most 100.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub parents: Vec<TaskId>,
    /// Puts it into triage instead of handing it out.
    #[serde(default)]
    pub triage: bool,
    /// A caller's own key: creating twice with the same key within a project creates once.
    pub idempotency_key: Option<Name>,
    /// After so many seconds a run is stopped.
    #[schema(minimum = 1)]
    pub max_runtime_seconds: Option<i64>,
    /// So many failures are tried again; 2 when absent.
    #[schema(minimum = 0, maximum = 100)]
    pub max_retries: Option<i64>,
    /// What an agent must be able to do, at most 50.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub skills: Vec<Name>,
    /// Not handed out before.
    pub not_before: Option<Timestamp>,
    /// Whether only a person may approve the result.
    #[serde(default)]
    pub human_gate: bool,
}

/// What of a task changes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TaskPatch {
    /// What is to be done, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// What is to be done, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Text>,
    /// The agent profile that is to do it; an empty text takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Text>,
    /// Higher goes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// For whom it is done; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Name>)]
    pub tenant: Option<Option<Name>>,
    /// What an agent must be able to do, at most 50; they replace the old ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 50)]
    pub skills: Option<Vec<Name>>,
    /// After so many seconds a run is stopped; `null` lifts the limit.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub max_runtime_seconds: Option<Option<i64>>,
    /// So many failures are tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100)]
    pub max_retries: Option<i64>,
    /// Whether only a person may approve the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub human_gate: Option<bool>,
    /// The commit that the work became; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Name>)]
    pub commit_sha: Option<Option<Name>>,
    /// Where the work happens; what has no place there, such as the path of a scratch workspace, goes unless it is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_kind: Option<WorkspaceKind>,
    /// The directory, for `dir` and `worktree`: absolute, without `..`. `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Text>)]
    pub workspace_path: Option<Option<Text>>,
    /// The branch, for `worktree`: a name that git takes for one. `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Name>)]
    pub branch_name: Option<Option<Name>>,
    /// The ticket of the same project that it is a part of; `null` takes it out of its ticket. What was spent stays there.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<TicketId>)]
    pub ticket_id: Option<Option<TicketId>>,
    /// Where it shall stand. The moves that lead there are made; `running` is for workers alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<TaskState>,
    /// What came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Text>,
    /// What was done, where `status` says that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Text>,
    /// The same for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<serde_json::Value>,
    /// Why it is blocked, in a word, where `status` says that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_kind: Option<BlockKind>,
    /// Why it is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_reason: Option<Text>,
    /// When its time comes: what may be taken is scheduled until then. `null` takes the time away and releases the task.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Timestamp>)]
    pub not_before: Option<Option<Timestamp>>,
    /// Takes the task back from the worker who has it; refused otherwise while a run is open.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reclaim_first: bool,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// What to look for among tasks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskFilter {
    /// Only this project's.
    pub project: Option<ProjectId>,
    /// Only this ticket's.
    pub ticket: Option<TicketId>,
    /// Only these states; all but archived when empty.
    pub status: Vec<TaskState>,
    /// Only for this agent profile.
    pub assignee: Option<Name>,
    /// Only for this tenant.
    pub tenant: Option<Name>,
    /// Only with this text in title or body, in any case.
    pub q: Option<String>,
}

/// A task with everything that its page shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskDetail {
    /// The task itself.
    pub task: Task,
    /// The last 100 things that were said about it, oldest first.
    pub comments: Vec<Comment>,
    /// Its last 100 events, newest first.
    pub events: Vec<Event>,
    /// What it waits for and what waits for it.
    pub links: Links,
    /// Its runs, newest first.
    pub runs: Vec<Run>,
    /// What was asked about it and waits for an answer, oldest first.
    pub questions: Vec<Question>,
    /// What is wrong with it, the worst first.
    pub diagnostics: Vec<Diagnostic>,
}

/// The answer to a new task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskCreated {
    /// The task itself.
    pub task: Task,
    /// Why nobody will take it soon, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
}
