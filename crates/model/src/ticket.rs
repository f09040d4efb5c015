//! Tickets: what a person asked for.

use serde::{Deserialize, Serialize};

use crate::moves::NotAllowed;
use crate::words::words;
use crate::{Name, ProjectId, ProjectRef, Slug, Text, TicketId, Timestamp, Title, Totals, patch};

words! {
    /// Where a ticket stands; the sixteen states of the Foreman document.
    TicketStatus ("ticket status") {
        /// Waits to be taken up.
        Queued = "queued",
        /// A person must answer first.
        ClarificationNeeded = "clarification_needed",
        /// A plan is being made.
        Planning = "planning",
        /// The plan is being checked.
        PlanValidating = "plan_validating",
        /// Work is under way.
        Implementing = "implementing",
        /// The work is being reviewed.
        Reviewing = "reviewing",
        /// A pull request exists.
        PrCreated = "pr_created",
        /// The pull request waits for its merge.
        AwaitingMerge = "awaiting_merge",
        /// The pull request was merged.
        Merged = "merged",
        /// The pull request was closed without a merge.
        PrClosed = "pr_closed",
        /// It is being split into smaller tickets.
        Decomposing = "decomposing",
        /// It was split into smaller tickets.
        Decomposed = "decomposed",
        /// Done.
        Done = "done",
        /// Given up.
        Failed = "failed",
        /// Nothing can go on before something is cleared.
        Blocked = "blocked",
        /// Some of it is done, some failed.
        Partial = "partial",
    }
}

impl TicketStatus {
    /// Whether nothing more is going to happen by itself.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(
            self,
            Self::Merged
                | Self::PrClosed
                | Self::Decomposed
                | Self::Done
                | Self::Failed
                | Self::Partial
        )
    }

    /// Whether somebody works on it now: what `GET /api/pipeline/active` lists.
    #[must_use]
    pub fn is_active(self) -> bool {
        matches!(
            self,
            Self::Planning
                | Self::PlanValidating
                | Self::Implementing
                | Self::Reviewing
                | Self::Decomposing
                | Self::AwaitingMerge
                | Self::PrCreated
        )
    }

    /// A reporter says where the ticket stands now.
    ///
    /// Any word is taken while the ticket is open. What is finished for good (`merged`, `done`,
    /// `decomposed`) is only queued again, so that a late report does not revive it by accident. But the pull request of
    /// what is done may come after its last task.
    pub fn report(self, new: Self) -> Result<Self, NotAllowed> {
        match self {
            Self::Done if new.is_of_pull_request() => Ok(new),
            Self::Merged | Self::Done | Self::Decomposed if new != Self::Queued && new != self => {
                Err(NotAllowed::new("move", "ticket", self.as_str())
                    .with_hint("set it to queued to open it again"))
            }
            _ => Ok(new),
        }
    }

    /// Whether it says where the pull request stands.
    const fn is_of_pull_request(self) -> bool {
        matches!(
            self,
            Self::PrCreated | Self::AwaitingMerge | Self::Merged | Self::PrClosed
        )
    }

    /// Queues it again after a failure.
    pub fn retry(self) -> Result<Self, NotAllowed> {
        match self {
            Self::Failed | Self::Blocked | Self::Partial => Ok(Self::Queued),
            _ => Err(NotAllowed::new("retry", "ticket", self.as_str())
                .with_hint("only failed, blocked and partial tickets are retried")),
        }
    }
}

/// What a person asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ticket {
    /// Its id.
    pub id: TicketId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// Its name in the tracker that it comes from, unique within the project.
    pub external_id: Option<Name>,
    /// Where it stands in that tracker.
    pub external_url: Option<Text>,
    /// What is wanted, in one line.
    pub title: Title,
    /// What is wanted, in Markdown.
    pub description: Text,
    /// How to tell that it is done, in Markdown.
    pub acceptance_criteria: Text,
    /// Where it stands.
    pub status: TicketStatus,
    /// Words to find it by.
    pub labels: Vec<Name>,
    /// Higher goes first.
    pub priority: i64,
    /// Who asked for it.
    pub submitter: Option<Name>,
    /// Who is to do it.
    pub assignee: Option<Name>,
    /// The branch that the work lands on.
    pub branch_name: Option<Name>,
    /// The pull request.
    pub pr_url: Option<Text>,
    /// The pull request's number.
    pub pr_number: Option<i64>,
    /// Whether only a part of it was delivered.
    pub is_partial: bool,
    /// The sequence of the last task that was completed; 0 for none.
    pub last_completed_task_seq: i64,
    /// What went wrong last.
    pub error_message: Option<Text>,
    /// The ticket that this one was split from.
    pub parent_ticket_id: Option<TicketId>,
    /// What was spent on it.
    #[serde(flatten)]
    pub totals: Totals,
    /// Its tasks.
    pub tasks_total: i64,
    /// Its tasks that are done.
    pub tasks_done: i64,
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

/// Asks for a new ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTicket {
    /// The project, by slug or id; the caller's current project when absent, else `default`.
    #[schema(value_type = Option<ProjectRef>)]
    pub project: Option<String>,
    /// Its name in the tracker that it comes from, unique within the project.
    pub external_id: Option<Name>,
    /// Where it stands in that tracker.
    pub external_url: Option<Text>,
    /// What is wanted, in one line.
    pub title: Title,
    /// What is wanted, in Markdown.
    #[serde(default)]
    pub description: Text,
    /// How to tell that it is done, in Markdown.
    #[serde(default)]
    pub acceptance_criteria: Text,
    /// Where it stands; queued when absent.
    pub status: Option<TicketStatus>,
    /// Words to find it by, at most 50.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub labels: Vec<Name>,
    /// Higher goes first.
    #[serde(default)]
    pub priority: i64,
    /// Who asked for it; the caller when absent.
    pub submitter: Option<Name>,
    /// Who is to do it.
    pub assignee: Option<Name>,
    /// The branch that the work lands on.
    pub branch_name: Option<Name>,
    /// The ticket that this one was split from.
    pub parent_ticket_id: Option<TicketId>,
}

/// What of a ticket changes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TicketPatch {
    /// Where it stands in its tracker; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Text>)]
    pub external_url: Option<Option<Text>>,
    /// What is wanted, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// What is wanted, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// How to tell that it is done, in Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acceptance_criteria: Option<Text>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<TicketStatus>,
    /// Words to find it by, at most 50; they replace the old ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 50)]
    pub labels: Option<Vec<Name>>,
    /// Higher goes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Who is to do it; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Name>)]
    pub assignee: Option<Option<Name>>,
    /// The branch that the work lands on; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Name>)]
    pub branch_name: Option<Option<Name>>,
    /// The pull request; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Text>)]
    pub pr_url: Option<Option<Text>>,
    /// The pull request's number; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<i64>)]
    pub pr_number: Option<Option<i64>>,
    /// Whether only a part of it was delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_partial: Option<bool>,
    /// What went wrong last; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Text>)]
    pub error_message: Option<Option<Text>>,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// What to look for among tickets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TicketFilter {
    /// Only this project's.
    pub project: Option<ProjectId>,
    /// Only these states; all when empty.
    pub status: Vec<TicketStatus>,
    /// Only with this label.
    pub label: Option<Name>,
    /// Only for this person or agent.
    pub assignee: Option<Name>,
    /// Only with this text in title, description or external id, in any case.
    pub q: Option<String>,
}

words! {
    /// How tickets are sorted.
    TicketSort ("sort") {
        /// Newest first.
        Newest = "-created_at",
        /// Oldest first.
        Oldest = "created_at",
        /// Changed last first.
        Updated = "-updated_at",
        /// Highest priority first, oldest first among equals.
        Priority = "-priority",
        /// Most expensive first.
        Cost = "-cost_usd",
    }
}

/// A compact card, for lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TicketSummary {
    /// Its id.
    pub id: TicketId,
    /// The slug of its project.
    pub project: Slug,
    /// Its name in the tracker that it comes from.
    pub external_id: Option<Name>,
    /// What is wanted, in one line.
    pub title: Title,
    /// Where it stands.
    pub status: TicketStatus,
    /// Higher goes first.
    pub priority: i64,
    /// Who is to do it.
    pub assignee: Option<Name>,
    /// Its tasks.
    pub tasks_total: i64,
    /// Its tasks that are done.
    pub tasks_done: i64,
    /// What the priced calls cost together.
    pub cost_usd: crate::Usd,
    /// Calls to a model.
    pub total_llm_calls: i64,
    /// The pull request.
    pub pr_url: Option<Text>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// The answer to a retry of a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TicketRetried {
    /// Always `retrying`.
    pub status: String,
    /// Which one.
    pub ticket_id: TicketId,
}

/// The answer to the deletion of a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TicketDeleted {
    /// Always `deleted`.
    pub status: String,
    /// Which one.
    pub ticket_id: TicketId,
}

/// A ticket that is being worked on, as `GET /api/pipeline/active` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ActivePipeline {
    /// Its id.
    pub ticket_id: TicketId,
    /// Its name in the tracker that it comes from.
    pub external_id: Option<Name>,
    /// What is wanted, in one line.
    pub title: Title,
    /// Where it stands.
    pub current_stage: TicketStatus,
    /// The sequence of the task that is worked on, or of the next one; 0 for none.
    pub current_task_seq: i64,
    /// Its tasks.
    pub total_tasks: i64,
    /// When work on it first began.
    pub started_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_the_sixteen_documented_states() {
        assert_eq!(TicketStatus::ALL.len(), 16);
        for status in TicketStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
        }
    }

    #[test]
    fn only_what_went_wrong_is_retried() {
        use TicketStatus::{Blocked, Failed, Partial, Queued};
        for status in TicketStatus::ALL {
            let expected = matches!(status, Failed | Blocked | Partial);
            assert_eq!(status.retry() == Ok(Queued), expected, "{status}");
        }
    }

    #[test]
    fn what_is_finished_for_good_is_only_queued_again() {
        use TicketStatus::{Done, Implementing, Merged, Queued};
        assert_eq!(Merged.report(Queued), Ok(Queued));
        assert_eq!(Done.report(Done), Ok(Done));
        assert_eq!(
            Done.report(Implementing).unwrap_err().to_string(),
            "cannot move a ticket that is done: set it to queued to open it again"
        );
    }
}
