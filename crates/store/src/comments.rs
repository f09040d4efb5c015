//! Comments as they are kept.

use model::{Comment, ProjectId, TaskId, TicketId};

use crate::engine::Read;
use crate::query::query;
use crate::record::{self, kept};
use crate::search::{self, Entry};
use crate::{Error, Tx};

kept!(Comment in "comments" {
    fixed: id, ticket_id, task_id, author, body, created_at;
    edited: ;
});

/// Keeps a new comment.
pub async fn insert(tx: &mut Tx, comment: &Comment) -> Result<(), Error> {
    record::insert(tx, comment).await?;
    let Some(project) = project_of(tx, comment).await? else {
        return Ok(());
    };
    let subject = comment
        .task_id
        .map(|id| id.0)
        .or(comment.ticket_id.map(|id| id.0));
    search::put(tx, &entry(comment, project, subject)).await
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

/// What was said about a ticket, oldest first.
pub async fn on_ticket(read: &mut Read, ticket: TicketId) -> Result<Vec<Comment>, Error> {
    let mut select = record::select::<Comment>();
    select
        .push_equal("ticket_id", Some(&ticket))
        .push(" ORDER BY created_at, id");
    record::all(read, select).await
}

/// What was said about a task, oldest first.
pub async fn on_task(read: &mut Read, task: TaskId) -> Result<Vec<Comment>, Error> {
    let mut select = record::select::<Comment>();
    select
        .push_equal("task_id", Some(&task))
        .push(" ORDER BY created_at, id");
    record::all(read, select).await
}
