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
    #[schema(schema_with = crate::text::not_blank)]
    pub body: Text,
}
