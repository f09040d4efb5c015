//! Attachments as they are kept; their contents are in [`Files`](crate::files::Files).

use model::{Attachment, AttachmentId, FileName, Page, Paged, TaskId};

use crate::engine::Read;
use crate::pages::{self, Key, Order};
use crate::query::{Query, query};
use crate::record::{self, kept};
use crate::{Error, Tx};

kept!(Attachment in "attachments" {
    fixed: id, task_id, name, media_type, size, sha256, created_by, created_at;
    edited: ;
});

/// Keeps a new attachment.
pub async fn insert(tx: &mut Tx, attachment: &Attachment) -> Result<(), Error> {
    record::insert(tx, attachment).await
}

/// Keeps attachments.
pub async fn insert_all(tx: &mut Tx, attachments: &[Attachment]) -> Result<(), Error> {
    record::insert_all(tx, attachments).await
}

/// One attachment.
pub async fn get(read: &mut Read, id: AttachmentId) -> Result<Option<Attachment>, Error> {
    record::get(read, &id).await
}

/// The attachment of a task with this content and name.
pub async fn same(
    read: &mut Read,
    task: TaskId,
    sha256: &str,
    name: &FileName,
) -> Result<Option<Attachment>, Error> {
    let mut select = record::select::<Attachment>();
    select
        .push_equal("sha256", Some(&sha256.to_owned()))
        .push_equal("task_id", Some(&task))
        .push_equal("name", Some(name));
    record::optional(read, select).await
}

/// A page of a task's attachments, oldest first.
pub async fn list(read: &mut Read, task: TaskId, page: &Page) -> Result<Paged<Attachment>, Error> {
    let found = record::all(read, statement(task, page)?).await?;
    Ok(pages::cut(found, page, |attachment: &Attachment| {
        Key::one(attachment.created_at.micros(), attachment.id.0)
    }))
}

fn statement(task: TaskId, page: &Page) -> Result<Query, Error> {
    let mut select = record::select::<Attachment>();
    select.push_equal("task_id", Some(&task));
    Order::Up("created_at").page(&mut select, page)?;
    Ok(select)
}

/// How many a task has.
pub async fn count(read: &mut Read, task: TaskId) -> Result<i64, Error> {
    let count = query("SELECT count(*) FROM attachments WHERE task_id = $1");
    read.one(count.bind(&task)).await?.at(0)
}

/// Whether any task has a file with this content.
pub async fn is_used(read: &mut Read, sha256: &str) -> Result<bool, Error> {
    let used = query("SELECT 1 FROM attachments WHERE sha256 = $1 LIMIT 1");
    Ok(read
        .optional(used.bind(&sha256.to_owned()))
        .await?
        .is_some())
}

/// Takes an attachment away; answers whether it was there.
pub async fn delete(tx: &mut Tx, id: AttachmentId) -> Result<bool, Error> {
    let delete = query("DELETE FROM attachments WHERE id = $1");
    Ok(tx.run(delete.bind(&id)).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn a_page_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        let page = plans::page();
        plans
            .check_order(statement(TaskId::new(), &page).unwrap())
            .await;
    }
}
