//! Links as they are kept: a child task waits for its parent.

use model::{Link, Links, Task, TaskId, TaskState, TicketId};

use crate::engine::Read;
use crate::query::{Query, query};
use crate::record;
use crate::{Error, Tx};

/// Makes a link; answers whether it is new.
pub async fn insert(tx: &mut Tx, link: &Link) -> Result<bool, Error> {
    let insert = query(
        "INSERT INTO links (parent_id, child_id, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (parent_id, child_id) DO NOTHING",
    );
    let insert = insert
        .bind(&link.parent_id)
        .bind(&link.child_id)
        .bind(&link.created_at);
    Ok(tx.run(insert).await? > 0)
}

/// So many rows go into one statement.
const ROWS_AT_ONCE: usize = 100;

/// Makes links, of which some may be there.
pub async fn insert_all(tx: &mut Tx, links: &[Link]) -> Result<(), Error> {
    for some in links.chunks(ROWS_AT_ONCE) {
        let text = "INSERT INTO links (parent_id, child_id, created_at) VALUES ";
        let mut insert = Query::composed(text.to_owned());
        for (index, link) in some.iter().enumerate() {
            insert.push(if index == 0 { "(" } else { ", (" });
            insert.push_bind(&link.parent_id).push(", ");
            insert.push_bind(&link.child_id).push(", ");
            insert.push_bind(&link.created_at).push(")");
        }
        insert.push(" ON CONFLICT (parent_id, child_id) DO NOTHING");
        tx.run(insert).await?;
    }
    Ok(())
}

/// Takes a link away; answers whether it was there.
pub async fn delete(tx: &mut Tx, parent: TaskId, child: TaskId) -> Result<bool, Error> {
    let delete = query("DELETE FROM links WHERE parent_id = $1 AND child_id = $2");
    Ok(tx.run(delete.bind(&parent).bind(&child)).await? > 0)
}

/// Whether a link is there.
pub async fn exists(read: &mut Read, parent: TaskId, child: TaskId) -> Result<bool, Error> {
    let select = query("SELECT 1 FROM links WHERE parent_id = $1 AND child_id = $2");
    Ok(read
        .optional(select.bind(&parent).bind(&child))
        .await?
        .is_some())
}

/// A task's place among the others.
pub async fn of_task(read: &mut Read, task: TaskId) -> Result<Links, Error> {
    let parents = query("SELECT parent_id FROM links WHERE child_id = $1 ORDER BY parent_id");
    let children = query("SELECT child_id FROM links WHERE parent_id = $1 ORDER BY child_id");
    let parents = read.all(parents.bind(&task)).await?;
    let children = read.all(children.bind(&task)).await?;
    Ok(Links {
        parents: parents
            .iter()
            .map(|row| row.at(0))
            .collect::<Result<_, _>>()?,
        children: children
            .iter()
            .map(|row| row.at(0))
            .collect::<Result<_, _>>()?,
    })
}

/// Whether links lead from one task down to another, which a link back would close to a cycle.
pub async fn leads_to(read: &mut Read, from: TaskId, to: TaskId) -> Result<bool, Error> {
    let select = query(
        "WITH RECURSIVE below (id) AS (
             SELECT child_id FROM links WHERE parent_id = $1
             UNION
             SELECT links.child_id FROM links JOIN below ON links.parent_id = below.id
         )
         SELECT 1 FROM below WHERE id = $2 LIMIT 1",
    );
    Ok(from == to || read.optional(select.bind(&from).bind(&to)).await?.is_some())
}

/// Whether a task waits for one that is neither done nor archived, and nobody let it go without.
pub async fn has_open_parents(read: &mut Read, task: TaskId) -> Result<bool, Error> {
    let select = query(
        "SELECT 1 FROM links JOIN tasks AS parents ON parents.id = links.parent_id
             JOIN tasks AS child ON child.id = links.child_id
         WHERE links.child_id = $1 AND parents.status NOT IN ('done', 'archived')
             AND child.ignores_parents = FALSE LIMIT 1",
    );
    Ok(read.optional(select.bind(&task)).await?.is_some())
}

/// The tasks that a task waits for and that are neither done nor archived, at most so many.
pub async fn open_parents(read: &mut Read, task: TaskId, most: i64) -> Result<Vec<Task>, Error> {
    let mut select = record::select::<Task>();
    select.push(" AND id IN (SELECT parent_id FROM links WHERE child_id = ");
    select
        .push_bind(&task)
        .push(") AND status NOT IN ('done', 'archived') ORDER BY created_at, id")
        .push_limit(most);
    record::all(read, select).await
}

/// The parents of those tasks of a ticket that wait, with where they stand.
pub async fn parents_in_ticket(
    read: &mut Read,
    ticket: TicketId,
) -> Result<Vec<(TaskId, TaskState)>, Error> {
    let select = query(
        "SELECT parents.id, parents.status FROM tasks AS child
             JOIN links ON links.child_id = child.id
             JOIN tasks AS parents ON parents.id = links.parent_id
         WHERE child.ticket_id = $1 AND child.status = 'todo'",
    );
    let rows = read.all(select.bind(&ticket)).await?;
    rows.iter()
        .map(|row| Ok((row.at(0)?, row.at(1)?)))
        .collect()
}

/// The tasks that wait for a task and stand in one of these states.
pub async fn children_in(
    read: &mut Read,
    parent: TaskId,
    states: &[TaskState],
) -> Result<Vec<Task>, Error> {
    let mut select = record::select::<Task>();
    select.push(" AND id IN (SELECT child_id FROM links WHERE parent_id = ");
    select.push_bind(&parent).push(")");
    select
        .push_in("status", states)
        .push(" ORDER BY created_at, id");
    record::all(read, select).await
}

/// The children that wait, and wait for nothing any more now that this task is done.
pub async fn children_to_promote(read: &mut Read, parent: TaskId) -> Result<Vec<Task>, Error> {
    let mut select = record::select::<Task>();
    select.push(" AND status = 'todo' AND id IN (SELECT child_id FROM links WHERE parent_id = ");
    select.push_bind(&parent).push(
        ") AND NOT EXISTS (
             SELECT 1 FROM links JOIN tasks AS parents ON parents.id = links.parent_id
             WHERE links.child_id = tasks.id AND parents.status NOT IN ('done', 'archived')
         ) ORDER BY created_at, id",
    );
    record::all(read, select).await
}
