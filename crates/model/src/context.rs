//! Contexts: what the next worker of a task is told besides the task itself, within a bound.

use serde::{Deserialize, Serialize};

use crate::TaskId;
use crate::words::words;

words! {
    /// What a part of a context is about.
    ContextKind ("kind of context") {
        /// What is to be done.
        Task = "task",
        /// What a reviewer wants changed.
        Verdict = "verdict",
        /// What came of a task that this one waited for.
        Parent = "parent",
        /// A question and its answer.
        Answer = "answer",
        /// An earlier attempt.
        Attempt = "attempt",
        /// Something that was said.
        Comment = "comment",
    }
}

/// A part of a context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ContextPart {
    /// What it is about.
    pub kind: ContextKind,
    /// The same in one line.
    pub title: String,
    /// What is told.
    pub text: String,
    /// Whether there was more.
    pub truncated: bool,
}

/// What the next worker of a task is told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskContext {
    /// Which task.
    pub task_id: TaskId,
    /// How much is told at most, in tokens of four characters.
    pub budget: i64,
    /// How much is told.
    pub used: i64,
    /// The same in percent of the budget.
    pub utilization_pct: f64,
    /// Files that its runs said they chose to read.
    pub files_selected: i64,
    /// Files that its runs said they changed.
    pub files_touched: i64,
    /// How often its runs said they found something in a cache.
    pub cache_hits: i64,
    /// What is told, the most needed first.
    pub parts: Vec<ContextPart>,
    /// Parts that found no place.
    pub left_out: i64,
}
