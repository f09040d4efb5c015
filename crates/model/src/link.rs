//! Links: a child task waits for its parent. There are no cycles.

use serde::{Deserialize, Serialize};

use crate::{TaskId, Timestamp};

/// One task waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Link {
    /// What must be done first.
    pub parent_id: TaskId,
    /// What waits.
    pub child_id: TaskId,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Makes one task wait for another of the same project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLink {
    /// What must be done first.
    pub parent_id: TaskId,
    /// What waits.
    pub child_id: TaskId,
}

/// A task's place among the others.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Links {
    /// What it waits for.
    pub parents: Vec<TaskId>,
    /// What waits for it.
    pub children: Vec<TaskId>,
}

/// The answer to a link that was made or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinkChanged {
    /// Whether it is now as asked; false when there was nothing to take away.
    pub ok: bool,
}
