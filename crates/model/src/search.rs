//! Search: one question over tickets, tasks, runs and comments.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::words::words;
use crate::{ProjectId, Timestamp};

words! {
    /// What was found.
    FoundKind ("kind of find") {
        /// A ticket.
        Ticket = "ticket",
        /// A task.
        Task = "task",
        /// A run.
        Run = "run",
        /// A comment.
        Comment = "comment",
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Found {
    /// What it is.
    pub kind: FoundKind,
    /// Its id.
    pub id: Uuid,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// What a list shows of it.
    pub title: String,
    /// Where it stands, for tickets, tasks and runs.
    pub state: Option<String>,
    /// The text around the find.
    pub excerpt: String,
    /// When it last changed.
    pub updated_at: Timestamp,
}
