//! Questions: an agent asks a person, and its task waits for the answer.

use serde::{Deserialize, Serialize};

use crate::words::words;
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
    /// When nobody wanted an answer any more, because its task had ended.
    pub withdrawn_at: Option<Timestamp>,
}

impl Question {
    /// Why it cannot be answered any more, in a word.
    #[must_use]
    pub const fn over(&self) -> Option<&'static str> {
        match (self.answered_at, self.withdrawn_at) {
            (Some(_), _) => Some("answered"),
            (None, Some(_)) => Some("withdrawn"),
            (None, None) => None,
        }
    }
}

words! {
    /// Where a question stands.
    QuestionState ("question state") {
        /// It waits for an answer.
        Open = "open",
        /// It was answered.
        Answered = "answered",
        /// Nobody wants an answer any more.
        Withdrawn = "withdrawn",
    }
}

/// Asks a person about a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuestion {
    /// What is asked, in Markdown; not empty.
    #[schema(schema_with = crate::text::not_blank)]
    pub text: Text,
    /// Answers to choose from, at most 20, each once; any text when empty.
    #[serde(default)]
    #[schema(schema_with = distinct_options)]
    pub options: Vec<Title>,
}

fn distinct_options() -> utoipa::openapi::schema::Array {
    utoipa::openapi::schema::ArrayBuilder::new()
        .items(utoipa::openapi::Ref::from_schema_name("Title"))
        .description(Some(
            "Answers to choose from, each once; any text when empty.",
        ))
        .max_items(Some(20))
        .unique_items(true)
        .build()
}

/// Answers a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerQuestion {
    /// The answer: one of the options where there are some, else any text.
    #[schema(min_length = 1)]
    pub answer: Text,
}

/// What to look for among questions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuestionFilter {
    /// Only this project's.
    pub project: Option<ProjectId>,
    /// Only about this ticket.
    pub ticket: Option<TicketId>,
    /// Only about this task.
    pub task: Option<TaskId>,
    /// Only those that stand so.
    pub state: Option<QuestionState>,
}
