//! Boards: the tasks of a project in columns by state, as cards that show the least that one needs to choose.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    BlockKind, DiagnosticSummary, Name, ProjectId, RunId, Task, TaskId, TaskState, Text, TicketId,
    Timestamp, Title, Usd,
};

/// A project's tasks in columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Board {
    /// One column for each state, in the order in which they are shown.
    pub columns: Vec<BoardColumn>,
    /// For whom there are tasks, by name.
    pub tenants: Vec<Name>,
    /// Which agent profiles have tasks that are not archived, by name.
    pub assignees: Vec<Name>,
    /// The number of the last event that the board surely shows: what comes after it can be followed on a stream.
    pub latest_event_id: i64,
    /// The server's time, for ages.
    pub now: Timestamp,
}

/// The tasks in one state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BoardColumn {
    /// The state.
    pub name: TaskState,
    /// How many tasks it holds that pass the filter; with `q` only where all of them are shown.
    pub count: Option<i64>,
    /// The first cards: highest priority first, then oldest first; where tasks have ended, the last to end first.
    pub tasks: Vec<Card>,
    /// The cursor with which the column's own list goes on; none at its end.
    pub next_cursor: Option<String>,
}

/// A task as a board shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Card {
    /// The task's id.
    pub id: TaskId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The ticket that it is a part of.
    pub ticket_id: Option<TicketId>,
    /// Its place within the ticket or the project.
    pub sequence: i64,
    /// What is to be done, in one line.
    pub title: Title,
    /// Where it stands.
    pub status: TaskState,
    /// The agent profile that is to do it; any when absent.
    pub assignee: Option<Name>,
    /// Higher goes first.
    pub priority: i64,
    /// For whom it is done.
    pub tenant: Option<Name>,
    /// What an agent must be able to do.
    pub skills: Vec<Name>,
    /// Whether only a person may approve the result.
    pub human_gate: bool,
    /// Why it is blocked, in a word.
    pub block_kind: Option<BlockKind>,
    /// Why it is blocked; the beginning.
    pub block_reason: Option<Text>,
    /// Failures since the last success or retry.
    pub failure_count: i64,
    /// Not handed out before.
    pub not_before: Option<Timestamp>,
    /// The run that works on it now.
    pub current_run_id: Option<RunId>,
    /// Whether something that it builds on was opened again while it was worked on.
    pub stale: bool,
    /// What the priced calls for it cost together.
    pub cost_usd: Usd,
    /// Calls to models without a known price.
    pub unpriced_calls: i64,
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
    /// How old it is.
    pub age: TaskAge,
    /// How many tasks it waits for and how many wait for it.
    pub link_counts: LinkCounts,
    /// How many comments it has.
    pub comment_count: i64,
    /// How many of its children are done; absent where it has none.
    pub progress: Option<Progress>,
    /// What its last run said came of it; the beginning.
    pub latest_summary: Option<Text>,
    /// What is wrong with it; absent where nothing is.
    pub diagnostics: Option<DiagnosticSummary>,
}

/// How old a task is, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskAge {
    /// Since it was made.
    pub created_age_seconds: i64,
    /// Since work on it first began.
    pub started_age_seconds: Option<i64>,
    /// From then to its end.
    pub time_to_complete_seconds: Option<i64>,
}

impl TaskAge {
    /// The ages at a moment.
    #[must_use]
    pub fn at(
        now: Timestamp,
        created: Timestamp,
        started: Option<Timestamp>,
        finished: Option<Timestamp>,
    ) -> Self {
        let seconds = |from: Timestamp, to: Timestamp| (to.millis_since(from) / 1000).max(0);
        Self {
            created_age_seconds: seconds(created, now),
            started_age_seconds: started.map(|started| seconds(started, now)),
            time_to_complete_seconds: finished
                .map(|finished| seconds(started.unwrap_or(created), finished)),
        }
    }

    /// The ages of a task at a moment.
    #[must_use]
    pub fn of(task: &Task, now: Timestamp) -> Self {
        Self::at(now, task.created_at, task.started_at, task.finished_at)
    }
}

/// How many tasks a task is linked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinkCounts {
    /// Those that it waits for.
    pub parents: i64,
    /// Those that wait for it.
    pub children: i64,
}

/// How far the children of a task are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Progress {
    /// Children that are done.
    pub done: i64,
    /// All children.
    pub total: i64,
}

/// How the tasks of a project are spread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BoardStats {
    /// Tasks by state; states without a task are absent.
    pub by_status: BTreeMap<String, i64>,
    /// The same for each agent profile that has a task.
    pub by_assignee: BTreeMap<String, BTreeMap<String, i64>>,
    /// For how long the oldest task that may be taken now has been there.
    pub oldest_ready_age_seconds: Option<i64>,
    /// The server's time.
    pub now: Timestamp,
}

/// The agent profiles that have tasks, or that a worker runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Assignees {
    /// By name.
    pub assignees: Vec<Assignee>,
}

/// An agent profile with its tasks, if it has any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Assignee {
    /// Its name.
    pub name: Name,
    /// Its tasks by state; states without a task are absent.
    pub counts: BTreeMap<String, i64>,
}

/// Which cards of a board to show.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BoardFilter {
    /// Only for this tenant.
    pub tenant: Option<Name>,
    /// Only for this agent profile.
    pub assignee: Option<Name>,
    /// Only with this text in title or body, in any case.
    pub q: Option<String>,
    /// With a column for what was put away.
    pub include_archived: bool,
}

impl TaskState {
    /// Whether its column shows the last to end first, instead of the first to be done.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Archived)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_whole_seconds_and_never_negative() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000 + 999_999);
        let age = TaskAge::at(at(100), at(10), Some(at(40)), Some(at(70)));
        assert_eq!(
            (age.created_age_seconds, age.started_age_seconds),
            (90, Some(60))
        );
        assert_eq!(age.time_to_complete_seconds, Some(30));
        let ahead = TaskAge::at(at(5), at(10), None, None);
        assert_eq!(
            (ahead.created_age_seconds, ahead.started_age_seconds),
            (0, None)
        );
    }
}
