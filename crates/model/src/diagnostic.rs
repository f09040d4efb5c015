//! Diagnostics: what is wrong with a task, with what would help. The rules are in `symptoms.rs`.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{TaskMove, TaskState, Timestamp};

words! {
    /// What is wrong with a task.
    DiagnosticKind ("kind of diagnostic") {
        /// It failed again and again.
        RepeatedFailures = "repeated_failures",
        /// Its workers crashed again and again.
        RepeatedCrashes = "repeated_crashes",
        /// It was blocked in the same way again and again.
        BlockCycling = "block_cycling",
        /// It has been blocked for long.
        StuckInBlocked = "stuck_in_blocked",
        /// It may be taken, and nobody takes it.
        StrandedInReady = "stranded_in_ready",
        /// Its workers vanished, or ended without a word.
        SilentExit = "silent_exit",
        /// Nobody could begin it, again and again.
        CannotBegin = "cannot_begin",
        /// Its model's provider refused it again and again.
        ProviderRefuses = "provider_refuses",
        /// What was said about it names tasks that are not there.
        UnknownReferences = "unknown_references",
    }
}

words! {
    /// How bad something is.
    DiagnosticSeverity ("severity of a diagnostic") {
        /// Worth a look.
        Warning = "warning",
        /// Somebody should do something.
        Error = "error",
        /// Nothing goes on before somebody does.
        Critical = "critical",
    }
}

words! {
    /// What may help.
    Remedy ("remedy") {
        /// Try it again.
        Retry = "retry",
        /// Give it to another agent profile.
        Reassign = "reassign",
        /// Say that nothing stands in the way.
        Unblock = "unblock",
        /// Say something about it.
        Comment = "comment",
        /// Read what its last run printed.
        OpenLog = "open_log",
        /// Change what is asked for.
        Edit = "edit",
        /// Start a worker that may take it.
        StartWorker = "start_worker",
        /// Answer what was asked.
        Answer = "answer",
        /// Say that the result is good.
        Approve = "approve",
        /// Say what is to be changed.
        RequestChanges = "request_changes",
        /// Take it back from its worker.
        Reclaim = "reclaim",
    }
}

impl Remedy {
    /// Whether it may be done to a task that stands here.
    #[must_use]
    pub fn is_possible(self, status: TaskState) -> bool {
        let may = |made| status.after(made, false).is_ok();
        match self {
            Self::Retry => may(TaskMove::Retry),
            Self::Unblock => may(TaskMove::Unblock),
            Self::Approve => may(TaskMove::Approve),
            Self::RequestChanges => may(TaskMove::RequestChanges),
            Self::Reclaim => may(TaskMove::Reclaim),
            Self::StartWorker => may(TaskMove::Claim),
            // Its worker would go on under another name.
            Self::Reassign => !status.has_worker(),
            Self::Comment | Self::OpenLog | Self::Edit | Self::Answer => true,
        }
    }
}

/// Something that is wrong with a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Diagnostic {
    /// What is wrong.
    pub kind: DiagnosticKind,
    /// How bad it is.
    pub severity: DiagnosticSeverity,
    /// What is wrong, for people.
    pub message: String,
    /// How often it was seen.
    pub count: i64,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// What may help, the best first.
    pub actions: Vec<Remedy>,
}

/// What is wrong with a task, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DiagnosticSummary {
    /// How bad the worst of it is.
    pub severity: DiagnosticSeverity,
    /// How much there is.
    pub count: i64,
}

impl DiagnosticSummary {
    /// Of all that is wrong; `None` where nothing is.
    #[must_use]
    pub fn of(found: &[Diagnostic]) -> Option<Self> {
        let severity = found.iter().map(|one| one.severity).max()?;
        Some(Self {
            severity,
            count: i64::try_from(found.len()).unwrap_or(i64::MAX),
        })
    }
}
