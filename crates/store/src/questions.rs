//! Questions as they are kept.

use model::{
    Page, Paged, Question, QuestionFilter, QuestionId, QuestionState, RunId, TaskId, TicketId,
    Timestamp,
};

use crate::engine::Read;
use crate::pages::{self, Key, Order};
use crate::query::{Query, query};
use crate::record::{self, kept};
use crate::{Error, Tx};

kept!(Question in "questions" {
    fixed: id, project_id, ticket_id, task_id, run_id, text, options, asked_by, created_at;
    edited: answer, answered_by, answered_at, withdrawn_at;
});

/// Keeps a new question.
pub async fn insert(tx: &mut Tx, question: &Question) -> Result<(), Error> {
    record::insert(tx, question).await
}

/// Keeps questions.
pub async fn insert_all(tx: &mut Tx, questions: &[Question]) -> Result<(), Error> {
    record::insert_all(tx, questions).await
}

/// The question with this id.
pub async fn get(read: &mut Read, id: QuestionId) -> Result<Option<Question>, Error> {
    record::get(read, &id).await
}

/// Writes the answer. A question that was answered in between is stale.
pub async fn answer(tx: &mut Tx, question: &Question) -> Result<(), Error> {
    let old = get(tx, question.id).await?;
    if old.is_none_or(|old| old.over().is_some()) {
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
    let found = record::all(read, statement(filter, page)?).await?;
    Ok(pages::cut(found, page, |question: &Question| {
        Key::one(question.created_at.micros(), question.id.0)
    }))
}

fn statement(filter: &QuestionFilter, page: &Page) -> Result<Query, Error> {
    let mut select = record::select::<Question>();
    select
        .push_equal("project_id", filter.project.as_ref())
        .push_equal("ticket_id", filter.ticket.as_ref())
        .push_equal("task_id", filter.task.as_ref());
    match filter.state {
        Some(QuestionState::Open) => select.push(OPEN),
        Some(QuestionState::Answered) => select.push(" AND answered_at IS NOT NULL"),
        Some(QuestionState::Withdrawn) => select.push(" AND withdrawn_at IS NOT NULL"),
        None => &mut select,
    };
    Order::Up("created_at").page(&mut select, page)?;
    Ok(select)
}

const OPEN: &str = " AND answered_at IS NULL AND withdrawn_at IS NULL";

/// The questions about a task that wait for an answer, oldest first.
pub async fn open_on_task(read: &mut Read, task: TaskId) -> Result<Vec<Question>, Error> {
    let mut select = record::select::<Question>();
    select.push_equal("task_id", Some(&task)).push(OPEN);
    select.push(" ORDER BY created_at, id");
    record::all(read, select).await
}

/// Whether a question about a task waits for an answer.
pub async fn is_open_on_task(read: &mut Read, task: TaskId) -> Result<bool, Error> {
    let mut select = query("SELECT 1 FROM questions WHERE TRUE");
    select.push_equal("task_id", Some(&task)).push(OPEN);
    select.push(" LIMIT 1");
    Ok(read.optional(select).await?.is_some())
}

/// Whether a question about a ticket or its tasks waits for an answer.
pub async fn is_open_on_ticket(read: &mut Read, ticket: TicketId) -> Result<bool, Error> {
    let mut select = query("SELECT 1 FROM questions WHERE TRUE");
    select.push_equal("ticket_id", Some(&ticket)).push(OPEN);
    select.push(" LIMIT 1");
    Ok(read.optional(select).await?.is_some())
}

/// The questions about a task that were answered, oldest first, the last so many.
pub async fn answered_on_task(
    read: &mut Read,
    task: TaskId,
    most: i64,
) -> Result<Vec<Question>, Error> {
    let mut select = record::select::<Question>();
    select
        .push_equal("task_id", Some(&task))
        .push(" AND answered_at IS NOT NULL ORDER BY created_at DESC, id DESC")
        .push_limit(most);
    let mut found: Vec<Question> = record::all(read, select).await?;
    found.reverse();
    Ok(found)
}

/// The questions of a run that were answered, oldest first, at most so many.
pub async fn answered_of_run(
    read: &mut Read,
    run: RunId,
    most: i64,
) -> Result<Vec<Question>, Error> {
    let mut select = record::select::<Question>();
    select
        .push_equal("run_id", Some(&run))
        .push(" AND answered_at IS NOT NULL ORDER BY created_at, id")
        .push_limit(most);
    record::all(read, select).await
}

/// Withdraws what is asked about a task; answers how much that was.
pub async fn withdraw(tx: &mut Tx, task: TaskId, at: Timestamp) -> Result<u64, Error> {
    let update = query(
        "UPDATE questions SET withdrawn_at = $2
         WHERE task_id = $1 AND answered_at IS NULL AND withdrawn_at IS NULL",
    );
    tx.run(update.bind(&task).bind(&at)).await
}

/// Lets the questions about a task be about another ticket, where the task is now.
pub async fn put_in_ticket(
    tx: &mut Tx,
    task: TaskId,
    ticket: Option<TicketId>,
) -> Result<(), Error> {
    let update = query("UPDATE questions SET ticket_id = $2 WHERE task_id = $1");
    tx.run(update.bind(&task).bind(&ticket)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use model::ProjectId;

    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn a_page_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        let page = plans::page();
        for state in [None, Some(QuestionState::Open)] {
            for project in [None, Some(ProjectId::new())] {
                let filter = QuestionFilter {
                    project,
                    state,
                    ..QuestionFilter::default()
                };
                plans.check_order(statement(&filter, &page).unwrap()).await;
            }
        }
    }
}
