//! The states of a task, and the moves between them.

use crate::moves::NotAllowed;
use crate::words::words;

words! {
    /// Where a task stands; the columns of the board, in this order.
    TaskState ("task status") {
        /// Somebody must first say whether and how.
        Triage = "triage",
        /// Waits for other tasks.
        Todo = "todo" or "pending",
        /// May be taken.
        Ready = "ready",
        /// Somebody works on it.
        Running = "running",
        /// Its worker waits for an answer.
        Waiting = "waiting",
        /// Its result waits for a verdict.
        Review = "review",
        /// Something stands in the way.
        Blocked = "blocked",
        /// Its time has not come.
        Scheduled = "scheduled",
        /// Done.
        Done = "done",
        /// Given up.
        Failed = "failed",
        /// Put away.
        Archived = "archived",
    }
}

/// What may be done to a task. What it becomes can depend on its surroundings, which the caller knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskMove {
    /// All parents are done, or somebody insists.
    Promote,
    /// A parent is open again.
    Hold,
    /// A worker takes it.
    Claim,
    /// Its worker asks a person.
    Ask,
    /// The answer came while the worker was there.
    AnswerLive,
    /// The answer came after the worker had gone.
    AnswerLater,
    /// Its worker wants a verdict.
    SubmitForReview,
    /// The verdict is good.
    Approve,
    /// The verdict is not good.
    RequestChanges,
    /// It is done.
    Complete,
    /// Something stands in the way.
    Block,
    /// The same stands in the way again and again: somebody must look at it.
    BlockAgain,
    /// Nothing stands in the way any more.
    Unblock,
    /// The run failed and is tried again.
    FailAndRetry,
    /// The run failed once too often.
    GiveUp,
    /// The lease ran out, or a person took it back.
    Reclaim,
    /// Somebody wants another try.
    Retry,
    /// Put away.
    Archive,
    /// Brought back.
    Restore,
    /// Triage said yes.
    Accept,
    /// Back to triage.
    Demote,
    /// Its time lies ahead.
    Schedule,
    /// Its time has come.
    Due,
    /// Done was not done.
    Reopen,
}

impl TaskMove {
    /// Every move, for tables.
    pub const ALL: &'static [Self] = &[
        Self::Promote,
        Self::Hold,
        Self::Claim,
        Self::Ask,
        Self::AnswerLive,
        Self::AnswerLater,
        Self::SubmitForReview,
        Self::Approve,
        Self::RequestChanges,
        Self::Complete,
        Self::Block,
        Self::BlockAgain,
        Self::Unblock,
        Self::FailAndRetry,
        Self::GiveUp,
        Self::Reclaim,
        Self::Retry,
        Self::Archive,
        Self::Restore,
        Self::Accept,
        Self::Demote,
        Self::Schedule,
        Self::Due,
        Self::Reopen,
    ];

    /// The verb for people.
    #[must_use]
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Hold => "hold back",
            Self::Claim => "claim",
            Self::Ask => "ask about",
            Self::AnswerLive | Self::AnswerLater => "answer for",
            Self::SubmitForReview => "submit",
            Self::Approve => "approve",
            Self::RequestChanges => "request changes to",
            Self::Complete => "complete",
            Self::Block | Self::BlockAgain => "block",
            Self::Unblock => "unblock",
            Self::FailAndRetry | Self::GiveUp => "fail",
            Self::Reclaim => "reclaim",
            Self::Retry => "retry",
            Self::Archive => "archive",
            Self::Restore => "restore",
            Self::Accept => "accept",
            Self::Demote => "send back to triage",
            Self::Schedule => "schedule",
            Self::Due => "release",
            Self::Reopen => "reopen",
        }
    }

    /// From where this move may be made.
    const fn from(self) -> &'static [TaskState] {
        use TaskState::{
            Archived, Blocked, Done, Failed, Ready, Review, Running, Scheduled, Todo, Triage,
            Waiting,
        };
        match self {
            Self::Promote => &[Todo],
            Self::Hold | Self::Claim => &[Ready],
            Self::Ask => &[Running],
            // What a person did without a worker is judged, too.
            Self::SubmitForReview => &[Running, Ready],
            Self::AnswerLive | Self::AnswerLater => &[Waiting],
            Self::Approve | Self::RequestChanges => &[Review],
            Self::Complete => &[Running, Ready, Review, Blocked],
            Self::Block | Self::BlockAgain => &[Running, Ready, Todo],
            Self::Unblock => &[Blocked],
            Self::FailAndRetry | Self::GiveUp | Self::Reclaim => &[Running, Waiting],
            Self::Retry => &[Failed, Blocked],
            Self::Archive => &[
                Triage, Todo, Ready, Running, Waiting, Review, Blocked, Scheduled, Done, Failed,
            ],
            Self::Restore => &[Archived],
            Self::Accept => &[Triage],
            Self::Demote => &[Ready, Todo],
            Self::Schedule => &[Todo, Ready, Blocked, Scheduled],
            Self::Due => &[Scheduled],
            Self::Reopen => &[Done],
        }
    }
}

impl TaskState {
    /// The state after a move. `parents_open` says whether a task that this one waits for is still open.
    pub fn after(self, made: TaskMove, parents_open: bool) -> Result<Self, NotAllowed> {
        if !made.from().contains(&self) {
            return Err(NotAllowed::new(made.verb(), "task", self.as_str()));
        }
        let waiting_or = |free: Self| if parents_open { Self::Todo } else { free };
        Ok(match made {
            TaskMove::Promote
            | TaskMove::AnswerLater
            | TaskMove::RequestChanges
            | TaskMove::FailAndRetry
            | TaskMove::Reclaim => Self::Ready,
            TaskMove::Unblock
            | TaskMove::Retry
            | TaskMove::Restore
            | TaskMove::Accept
            | TaskMove::Due
            | TaskMove::Reopen => waiting_or(Self::Ready),
            TaskMove::Hold => Self::Todo,
            TaskMove::Claim | TaskMove::AnswerLive => Self::Running,
            TaskMove::Ask => Self::Waiting,
            TaskMove::SubmitForReview => Self::Review,
            TaskMove::Approve | TaskMove::Complete => Self::Done,
            TaskMove::Block => Self::Blocked,
            TaskMove::GiveUp => Self::Failed,
            TaskMove::Archive => Self::Archived,
            TaskMove::Demote | TaskMove::BlockAgain => Self::Triage,
            TaskMove::Schedule => Self::Scheduled,
        })
    }

    /// Whether tasks that wait for this one may go on.
    #[must_use]
    pub const fn lets_children_go(self) -> bool {
        matches!(self, Self::Done | Self::Archived)
    }

    /// Whether a run is open on it.
    #[must_use]
    pub const fn has_worker(self) -> bool {
        matches!(self, Self::Running | Self::Waiting)
    }

    /// Whether a question about it may wait for its answer: the task does so, too.
    #[must_use]
    pub const fn may_be_asked_about(self) -> bool {
        matches!(self, Self::Waiting | Self::Blocked)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use expect_test::expect;

    use super::*;

    #[test]
    fn every_move_from_every_state() {
        let mut table = String::new();
        for made in TaskMove::ALL {
            let _ = write!(table, "{made:?}:");
            for state in TaskState::ALL {
                if let Ok(next) = state.after(*made, false) {
                    let _ = write!(table, " {state}→{next}");
                }
            }
            table.push('\n');
        }
        expect![[r#"
            Promote: todo→ready
            Hold: ready→todo
            Claim: ready→running
            Ask: running→waiting
            AnswerLive: waiting→running
            AnswerLater: waiting→ready
            SubmitForReview: ready→review running→review
            Approve: review→done
            RequestChanges: review→ready
            Complete: ready→done running→done review→done blocked→done
            Block: todo→blocked ready→blocked running→blocked
            BlockAgain: todo→triage ready→triage running→triage
            Unblock: blocked→ready
            FailAndRetry: running→ready waiting→ready
            GiveUp: running→failed waiting→failed
            Reclaim: running→ready waiting→ready
            Retry: blocked→ready failed→ready
            Archive: triage→archived todo→archived ready→archived running→archived waiting→archived review→archived blocked→archived scheduled→archived done→archived failed→archived
            Restore: archived→ready
            Accept: triage→ready
            Demote: todo→triage ready→triage
            Schedule: todo→scheduled ready→scheduled blocked→scheduled scheduled→scheduled
            Due: scheduled→ready
            Reopen: done→ready
        "#]]
        .assert_eq(&table);
    }

    #[test]
    fn with_open_parents_a_task_comes_back_to_todo() {
        for made in [TaskMove::Unblock, TaskMove::Retry] {
            assert_eq!(TaskState::Blocked.after(made, true), Ok(TaskState::Todo));
        }
        assert_eq!(
            TaskState::Done.after(TaskMove::Reopen, true),
            Ok(TaskState::Todo)
        );
    }

    #[test]
    fn a_refusal_says_what_and_why() {
        let refused = TaskState::Done.after(TaskMove::Claim, false).unwrap_err();
        assert_eq!(refused.to_string(), "cannot claim a task that is done");
    }
}
