//! Exports: a project with its tickets and tasks, line by line, to be kept or to be taken to another server.
//!
//! What was run, spent and logged stays where it was: an import begins with no runs and no costs.

use serde::{Deserialize, Serialize};

use crate::{
    Comment, FileName, MediaType, NewLink, Principal, Project, Question, Task, TaskId, Ticket,
    Timestamp,
};

/// One line of an export. Ids are those of the server that it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ExportLine {
    /// The first line: the project itself.
    Project {
        /// How the lines are to be read.
        #[schema(minimum = 1, maximum = 1)]
        format: u32,
        /// The project.
        project: Box<Project>,
    },
    /// A ticket.
    Ticket(Box<Ticket>),
    /// A task.
    Task(Box<Task>),
    /// A task that waits for another.
    Link(NewLink),
    /// What was said about a ticket or a task.
    Comment(Comment),
    /// What was asked about a task.
    Question(Box<Question>),
    /// A file of a task.
    Attachment(ExportedFile),
    /// The last line, without which the others are not all.
    End {
        /// The lines before this one.
        lines: u64,
        /// What whoever keeps the export should know of it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        warnings: Vec<String>,
    },
}

impl ExportLine {
    /// How lines are read that are written now.
    pub const FORMAT: u32 = 1;
    /// An import holds no more lines than that.
    pub const MOST: u64 = 250_000;
}

/// A file of a task, with its content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ExportedFile {
    /// The task that it belongs to.
    pub task_id: TaskId,
    /// What its giver called it.
    pub name: FileName,
    /// What it is said to be.
    pub media_type: MediaType,
    /// Its content; `null` where the server has lost it. An import leaves such a file out.
    #[schema(required = true)]
    pub content_base64: Option<String>,
    /// Who gave it.
    pub created_by: Principal,
    /// When it was given.
    pub created_at: Timestamp,
}
