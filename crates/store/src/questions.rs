//! Questions as they are kept.

use model::{Page, Paged, ProjectId, Question, QuestionId, TaskId, TicketId};

use crate::engine::Read;
use crate::pages::{self, Key, Order};
use crate::record::{self, kept};
use crate::{Error, Tx};

kept!(Question in "questions" {
    fixed: id, project_id, ticket_id, task_id, run_id, text, options, asked_by, created_at;
    edited: answer, answered_by, answered_at;
});

/// What to look for among questions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuestionFilter {
    /// Only this project's.
    pub project: Option<ProjectId>,
    /// Only about this ticket.
    pub ticket: Option<TicketId>,
    /// Only about this task.
    pub task: Option<TaskId>,
    /// Only those without (`true`) or with (`false`) an answer.
    pub open: Option<bool>,
}

/// Keeps a new question.
pub async fn insert(tx: &mut Tx, question: &Question) -> Result<(), Error> {
    record::insert(tx, question).await
}

/// The question with this id.
pub async fn get(read: &mut Read, id: QuestionId) -> Result<Option<Question>, Error> {
    record::get(read, &id).await
}

/// Writes the answer. A question that was answered in between is stale.
pub async fn answer(tx: &mut Tx, question: &Question) -> Result<(), Error> {
    let old = get(tx, question.id).await?;
    if old.is_none_or(|old| old.answered_at.is_some()) {
        return Err(Error::stale());
    }
    record::overwrite(tx, &question.id, question).await
}

/// A page of questions, oldest first.
pub async fn list(
    read: &mut Read,
    filter: &QuestionFilter,
    page: &Page,
) -> Result<Paged<Question>, Error> {
    let mut select = record::select::<Question>();
    select
        .push_equal("project_id", filter.project.as_ref())
        .push_equal("ticket_id", filter.ticket.as_ref())
        .push_equal("task_id", filter.task.as_ref());
    match filter.open {
        Some(true) => select.push(" AND answered_at IS NULL"),
        Some(false) => select.push(" AND answered_at IS NOT NULL"),
        None => &mut select,
    };
    Order::Up("created_at").page(&mut select, page)?;
    let found = record::all(read, select).await?;
    Ok(pages::cut(found, page, |question: &Question| {
        Key::one(question.created_at.micros(), question.id.0)
    }))
}
