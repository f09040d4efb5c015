//! Comments: what people and agents say about a task or a ticket.

use serde::{Deserialize, Serialize};

use crate::{CommentId, Principal, TaskId, Text, TicketId, Timestamp};

/// Something said about a task or a ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Comment {
    /// Its id.
    pub id: CommentId,
    /// The ticket that it is about.
    pub ticket_id: Option<TicketId>,
    /// The task that it is about.
    pub task_id: Option<TaskId>,
    /// Who said it.
    pub author: Principal,
    /// What was said, in Markdown.
    pub body: Text,
    /// When it was said.
    pub created_at: Timestamp,
}

/// Says something. The author is the caller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComment {
    /// What is said, in Markdown; not empty.
    #[schema(
        value_type = String,
        min_length = 1,
        max_length = 1_000_000,
        pattern = r"^[^\x00]*[^\x00\x09-\x0d\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\x00]*$"
    )]
    pub body: Text,
}
