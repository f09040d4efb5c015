//! Event types: what can happen, how much it matters, and who may say so.

use crate::Severity;

macro_rules! catalogue {
    ($($variant:ident = $word:literal $severity:ident $by:ident $doc:literal,)*) => {
        /// What can happen. The words are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum EventType {
            $(#[doc = $doc] $variant,)*
        }

        impl EventType {
            /// Everything that can happen.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word that is kept and sent.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// How much it matters, unless somebody says otherwise.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),* }
            }

            /// Who says so: the server about its own state, or agents about their work.
            #[must_use]
            pub const fn reported_by(self) -> Reporter {
                match self { $(Self::$variant => Reporter::$by),* }
            }

            /// The type with this word.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

/// Who may report an event of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reporter {
    /// Only the server: it is about state that the server keeps.
    Server,
    /// Agents and other programs.
    Agent,
}

catalogue! {
    ProjectCreated = "project_created" Info Server "A project was made.",
    ProjectUpdated = "project_updated" Info Server "A project was edited.",
    ProjectArchived = "project_archived" Info Server "A project was put away.",
    ProjectRestored = "project_restored" Info Server "A project was brought back.",
    ProjectDeleted = "project_deleted" Warning Server "A project was deleted with its content.",
    LoopStarted = "loop_started" Info Server "A project's work is handed out.",
    LoopStopped = "loop_stopped" Info Server "A person stopped handing out.",
    LoopHalted = "loop_halted" Warning Server "The server stopped handing out.",
    DaemonPaused = "daemon_paused" Warning Server "A person stopped handing out everywhere.",
    DaemonResumed = "daemon_resumed" Info Server "Work is handed out again.",
    DispatchTriggered = "dispatch_triggered" Info Server "A person asked to hand out now.",
    TicketCreated = "ticket_created" Info Server "A ticket was made.",
    TicketUpdated = "ticket_updated" Info Server "A ticket was edited.",
    TicketStatusChanged = "ticket_status_changed" Info Server "A ticket stands elsewhere.",
    TicketRetried = "ticket_retried" Info Server "A ticket was queued again.",
    TicketDeleted = "ticket_deleted" Warning Server "A ticket was deleted with its content.",
    ClarificationRequested = "clarification_requested" Warning Server "An agent asks a person.",
    ClarificationAnswered = "clarification_answered" Info Server "A person answered.",
    ClarificationWithdrawn = "clarification_withdrawn" Info Server "Nobody wants an answer any more.",
    PrCreated = "pr_created" Success Agent "A pull request was made.",
    PrUpdated = "pr_updated" Info Agent "A pull request changed.",
    PrMerged = "pr_merged" Success Agent "A pull request was merged.",
    PrClosed = "pr_closed" Warning Agent "A pull request was closed without a merge.",
    TaskCreated = "task_created" Info Server "A task was made.",
    TaskEdited = "task_edited" Info Server "A task was edited.",
    TaskAssigned = "task_assigned" Info Server "A task is for another agent.",
    TaskReprioritized = "task_reprioritized" Info Server "A task has another priority.",
    TaskLinked = "task_linked" Info Server "A task waits for another.",
    TaskUnlinked = "task_unlinked" Info Server "A task no longer waits for another.",
    TaskPromoted = "task_promoted" Info Server "A task may be taken.",
    TaskClaimed = "task_claimed" Info Server "A worker took a task.",
    TaskClaimRejected = "task_claim_rejected" Warning Server "A worker did not get a task.",
    TaskStatusChanged = "task_status_changed" Info Server "A task stands elsewhere.",
    TaskBlocked = "task_blocked" Warning Server "Something stands in a task's way.",
    TaskUnblocked = "task_unblocked" Info Server "Nothing stands in a task's way any more.",
    TaskWaiting = "task_waiting" Warning Server "A task's worker waits for an answer.",
    TaskReviewRequested = "task_review_requested" Info Server "A task's result waits for a verdict.",
    TaskApproved = "task_approved" Success Server "The verdict is good.",
    TaskChangesRequested = "task_changes_requested" Warning Server "The verdict is not good.",
    TaskCompleted = "task_completed" Success Server "A task is done.",
    TaskFailed = "task_failed" Error Server "A run of a task failed.",
    TaskGaveUp = "task_gave_up" Error Server "A task failed once too often.",
    TaskBlockLoop = "task_block_loop" Warning Server "A task was blocked in the same way again and again.",
    TaskScheduled = "task_scheduled" Info Server "A task waits for its time.",
    TaskReopened = "task_reopened" Warning Server "A task that was done is open again.",
    TaskStale = "task_stale" Warning Server "Something that a task builds on is open again.",
    TaskReclaimed = "task_reclaimed" Warning Server "A task was taken back.",
    TaskRetried = "task_retried" Info Server "A task is tried again.",
    TaskArchived = "task_archived" Info Server "A task was put away.",
    TaskRestored = "task_restored" Info Server "A task was brought back.",
    TaskDeleted = "task_deleted" Warning Server "A task was deleted with its content.",
    Commented = "commented" Info Server "Somebody said something.",
    Attached = "attached" Info Server "A task got a file.",
    AttachmentRemoved = "attachment_removed" Info Server "A task lost a file.",
    RunStarted = "run_started" Info Server "A run began.",
    RunUpdated = "run_updated" Info Server "A run changed while open.",
    RunHeartbeatLost = "run_heartbeat_lost" Warning Server "A run's worker is not heard of.",
    RunContactRestored = "run_contact_restored" Info Server "A run's worker is heard of again.",
    RunCancelRequested = "run_cancel_requested" Warning Server "Somebody asked for a run's end.",
    RunFinished = "run_finished" Info Server "A run ended.",
    StepStarted = "step_started" Info Server "A step began.",
    StepFinished = "step_finished" Info Server "A step ended.",
    TaskTddVerifyPass = "task_tdd_verify_pass" Success Agent "The tests failed first, then passed.",
    TaskTddVerifyFail = "task_tdd_verify_fail" Warning Agent "The tests did not fail first.",
    TaskSpecReviewPass = "task_spec_review_pass" Success Agent "The work matches the specification.",
    TaskSpecReviewFail = "task_spec_review_fail" Warning Agent "The work does not match it.",
    TaskQualityReviewPass = "task_quality_review_pass" Success Agent "The work is well made.",
    TaskQualityReviewFail = "task_quality_review_fail" Warning Agent "The work is not well made.",
    TestRunPass = "test_run_pass" Success Agent "The tests passed.",
    TestRunFail = "test_run_fail" Warning Agent "The tests failed.",
    RateLimited = "rate_limited" Warning Agent "A model's provider refused for now.",
    SecretDetected = "secret_detected" Error Agent "A secret was found and left out.",
    HookExecuted = "hook_executed" Info Agent "A hook ran.",
    SkillExecuted = "skill_executed" Info Agent "A skill ran.",
    LlmCallFinished = "llm_call_finished" Info Server "A call to a model was answered.",
    LlmCallFailed = "llm_call_failed" Error Server "A call to a model was not answered.",
    BudgetWarning = "budget_warning" Warning Server "A budget is nearly spent.",
    BudgetExceeded = "budget_exceeded" Error Server "A budget is spent.",
    SessionStarted = "session_started" Info Server "A conversation began.",
    SessionEnded = "session_ended" Info Server "A conversation ended.",
    WorkerJoined = "worker_joined" Info Server "A worker is there.",
    WorkerDraining = "worker_draining" Info Server "A worker is to take nothing more.",
    WorkerResumed = "worker_resumed" Info Server "A worker may take tasks again.",
    LimitsChanged = "limits_changed" Info Server "Another number of tasks may run at once.",
    WorkerLeft = "worker_left" Info Server "A worker went away.",
    TokenCreated = "token_created" Info Server "A token was made.",
    TokenRevoked = "token_revoked" Warning Server "A token was revoked.",
    UserCreated = "user_created" Info Server "A user was made.",
    UserUpdated = "user_updated" Info Server "A user was edited.",
    UserDeleted = "user_deleted" Warning Server "A user was deleted.",
    LoggedIn = "logged_in" Info Server "Somebody logged in.",
    LoggedOut = "logged_out" Info Server "Somebody logged out.",
    LoginFailed = "login_failed" Warning Server "Somebody could not log in.",
    ChannelCreated = "channel_created" Info Server "A channel for notifications was made.",
    ChannelUpdated = "channel_updated" Info Server "A channel was edited.",
    ChannelDeleted = "channel_deleted" Warning Server "A channel was deleted.",
    ChannelTested = "channel_tested" Info Server "Somebody tried a channel.",
    RuleChanged = "rule_changed" Info Server "Other occasions of a project are told to a channel.",
    Subscribed = "subscribed" Info Server "A task's occasions are told to a channel.",
    Unsubscribed = "unsubscribed" Info Server "A task's occasions are no longer told to a channel.",
    DeliverySent = "delivery_sent" Info Server "A notification was taken.",
    DeliveryRetried = "delivery_retried" Info Server "A person had a notification sent again.",
    DeliveryFailed = "delivery_failed" Error Server "A notification could not be sent.",
    ServerStarted = "server_started" Info Server "The server is ready.",
    BackupMade = "backup_made" Info Server "A backup was made.",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unique_and_snake_case() {
        let words: std::collections::BTreeSet<_> = EventType::ALL
            .iter()
            .map(|event_type| event_type.as_str())
            .collect();
        assert_eq!(words.len(), EventType::ALL.len());
        for word in words {
            assert!(
                word.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
                "{word}"
            );
            assert_eq!(EventType::parse(word).map(EventType::as_str), Some(word));
        }
    }
}
