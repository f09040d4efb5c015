//! Questions: an agent asks a person, and its task waits for the answer.

use serde::{Deserialize, Serialize};

use crate::{Principal, ProjectId, QuestionId, RunId, TaskId, Text, TicketId, Timestamp, Title};

/// An agent's question to a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Question {
    /// Its id.
    pub id: QuestionId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The ticket that it is about.
    pub ticket_id: Option<TicketId>,
    /// The task that waits for it.
    pub task_id: Option<TaskId>,
    /// The run that asked.
    pub run_id: Option<RunId>,
    /// What is asked, in Markdown.
    pub text: Text,
    /// Answers to choose from; any text when empty.
    pub options: Vec<Title>,
    /// Who asked.
    pub asked_by: Principal,
    /// The answer.
    pub answer: Option<Text>,
    /// Who answered.
    pub answered_by: Option<Principal>,
    /// When it was asked.
    pub created_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
}
