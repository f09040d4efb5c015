//! Comments as they are kept.

use model::{Comment, Page, Paged, ProjectId, TaskId, TicketId};

use crate::column::Column;
use crate::engine::Read;
use crate::mentions;
use crate::pages::{self, Key, Order};
use crate::query::{Query, query};
use crate::record::{self, kept};
use crate::search::{self, Entry};
use crate::{Error, Tx};

kept!(Comment in "comments" {
    fixed: id, ticket_id, task_id, author, body, created_at;
    edited: ;
});

/// Keeps a new comment.
pub async fn insert(tx: &mut Tx, comment: &Comment) -> Result<(), Error> {
    match project_of(tx, comment).await? {
        Some(project) => insert_all(tx, project, std::slice::from_ref(comment)).await,
        None => record::insert(tx, comment).await,
    }
}

/// Keeps comments on tickets and tasks of a project.
pub async fn insert_all(
    tx: &mut Tx,
    project: ProjectId,
    comments: &[Comment],
) -> Result<(), Error> {
    record::insert_all(tx, comments).await?;
    for comment in comments {
        if let Some(task) = comment.task_id {
            let (source, at) = (comment.id.0, comment.created_at);
            mentions::add(tx, task, source, &comment.body, at).await?;
        }
        let task = comment.task_id.map(|id| id.0);
        let subject = task.or(comment.ticket_id.map(|id| id.0));
        search::put(tx, &entry(comment, project, subject));
    }
    Ok(())
}

async fn project_of(tx: &mut Tx, comment: &Comment) -> Result<Option<ProjectId>, Error> {
    let select = query(
        "SELECT project_id FROM tasks WHERE id = $1
         UNION ALL SELECT project_id FROM tickets WHERE id = $2",
    );
    let row = tx
        .optional(select.bind(&comment.task_id).bind(&comment.ticket_id))
        .await?;
    row.map(|row| row.at(0)).transpose()
}

fn entry(comment: &Comment, project: ProjectId, subject: Option<uuid::Uuid>) -> Entry<'_> {
    Entry {
        kind: model::FoundKind::Comment,
        id: comment.id.0,
        project,
        parent: subject,
        title: comment.author.name.as_str(),
        text: vec![comment.body.as_str()],
        at: comment.created_at,
    }
}

/// A page of what was said about a ticket, oldest first.
pub async fn on_ticket(
    read: &mut Read,
    ticket: TicketId,
    page: &Page,
) -> Result<Paged<Comment>, Error> {
    list(read, "ticket_id", &ticket, page).await
}

/// A page of what was said about a task, oldest first.
pub async fn on_task(read: &mut Read, task: TaskId, page: &Page) -> Result<Paged<Comment>, Error> {
    list(read, "task_id", &task, page).await
}

async fn list(
    read: &mut Read,
    subject: &str,
    id: &impl Column,
    page: &Page,
) -> Result<Paged<Comment>, Error> {
    let found = record::all(read, statement(subject, id, page)?).await?;
    Ok(pages::cut(found, page, |comment: &Comment| {
        Key::one(comment.created_at.micros(), comment.id.0)
    }))
}

fn statement(subject: &str, id: &impl Column, page: &Page) -> Result<Query, Error> {
    let mut select = record::select::<Comment>();
    select.push_equal(subject, Some(id));
    Order::Up("created_at").page(&mut select, page)?;
    Ok(select)
}

/// The last that was said about a task, oldest first, at most so much.
pub async fn latest_on_task(
    read: &mut Read,
    task: TaskId,
    most: i64,
) -> Result<Vec<Comment>, Error> {
    let mut found: Vec<Comment> = record::all(read, latest(task, most)).await?;
    found.reverse();
    Ok(found)
}

fn latest(task: TaskId, most: i64) -> Query {
    let mut select = record::select::<Comment>();
    select
        .push_equal("task_id", Some(&task))
        .push(" ORDER BY created_at DESC, id DESC")
        .push_limit(most);
    select
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn a_page_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        let page = plans::page();
        let (ticket, task) = (TicketId::new(), TaskId::new());
        plans
            .check_order(statement("ticket_id", &ticket, &page).unwrap())
            .await;
        plans
            .check_order(statement("task_id", &task, &page).unwrap())
            .await;
        plans.check_order(latest(task, 100)).await;
    }
}
