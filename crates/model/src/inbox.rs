//! The inbox: what needs a person.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{
    DiagnosticKind, DiagnosticSeverity, ProjectId, QuestionId, Remedy, RunId, TaskId, Text,
    TicketId, Timestamp, Title,
};

words! {
    /// Why something needs a person.
    InboxKind ("kind of inbox item") {
        /// Somebody asks.
        Question = "question",
        /// A result waits for a verdict.
        Approval = "approval",
        /// A task was given up.
        Failure = "failure",
        /// Something stands in a task's way, or nobody gets it done.
        Stuck = "stuck",
        /// A run's worker is not heard of.
        LostLease = "lost_lease",
    }
}

/// What of the inbox to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InboxFilter {
    /// Only this project's. Without one, nothing of archived projects.
    pub project: Option<ProjectId>,
    /// Only what is at least as bad; everything when absent.
    pub severity: Option<DiagnosticSeverity>,
    /// Only this kind.
    pub kind: Option<InboxKind>,
}

impl InboxFilter {
    /// Whether something of this kind may be shown.
    #[must_use]
    pub fn wants(&self, kind: InboxKind) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
    }
}

/// Something that needs a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InboxItem {
    /// Why it needs a person.
    pub kind: InboxKind,
    /// How bad it is.
    pub severity: DiagnosticSeverity,
    /// The same in words: what is asked, what stands in the way, what went wrong.
    pub reason: Text,
    /// What it is about, in one line.
    pub title: Title,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The ticket that it is about.
    pub ticket_id: Option<TicketId>,
    /// The task that it is about.
    pub task_id: Option<TaskId>,
    /// The run that it is about.
    pub run_id: Option<RunId>,
    /// The question that is asked.
    pub question_id: Option<QuestionId>,
    /// Since when it waits.
    pub since: Timestamp,
    /// The same in seconds.
    pub age_seconds: i64,
    /// What is wrong with the task by the rules, the worst first.
    pub diagnostics: Vec<DiagnosticKind>,
    /// What a person can do, the best first.
    pub actions: Vec<Remedy>,
}
