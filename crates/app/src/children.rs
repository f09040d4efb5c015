//! Children: they go on when the last task that they wait for is done or put away, and wait again when it is not.

use model::{EventType, Task, TaskMove, TaskState};
use serde_json::json;
use store::{Tx, links, tasks};

use crate::deed::Deed;
use crate::facts::{About, TicketWords};
use crate::{Error, task_moves};

/// Follows a task that came to let its children go, or no longer does.
pub(crate) async fn follow(
    tx: &mut Tx,
    deed: &Deed,
    parent: &Task,
    from: TaskState,
) -> Result<(), Error> {
    match (from.lets_children_go(), parent.status.lets_children_go()) {
        (false, true) => promote(tx, deed, parent).await,
        (true, false) => hold_back(tx, deed, parent).await,
        _ => Ok(()),
    }
}

/// Lets those go on that waited for this task and now wait for no other.
async fn promote(tx: &mut Tx, deed: &Deed, parent: &Task) -> Result<(), Error> {
    for child in links::children_to_promote(tx, parent.id).await? {
        promote_one(tx, deed, child).await?;
    }
    Ok(())
}

/// Lets a task go on.
pub(crate) async fn promote_one(tx: &mut Tx, deed: &Deed, mut child: Task) -> Result<(), Error> {
    // A child's move has no effects of its own but on its ticket, so this recursion is one deep.
    let (made, event) = (TaskMove::Promote, EventType::TaskPromoted);
    Box::pin(task_moves::make(tx, deed, &mut child, made, event)).await
}

/// Lets those wait again that were not begun. What is at work goes on and is marked: its ground may have changed.
async fn hold_back(tx: &mut Tx, deed: &Deed, parent: &Task) -> Result<(), Error> {
    let begun = [TaskState::Running, TaskState::Waiting, TaskState::Review];
    for mut child in links::children_in(tx, parent.id, &[TaskState::Ready]).await? {
        if !child.ignores_parents {
            let (made, event) = (TaskMove::Hold, EventType::TaskStatusChanged);
            Box::pin(task_moves::make(tx, deed, &mut child, made, event)).await?;
        }
    }
    for mut child in links::children_in(tx, parent.id, &begun).await? {
        if !child.stale {
            mark(tx, deed, parent, &mut child).await?;
        }
    }
    Ok(())
}

async fn mark(tx: &mut Tx, deed: &Deed, parent: &Task, child: &mut Task) -> Result<(), Error> {
    child.stale = true;
    child.updated_at = deed.at;
    tasks::update(tx, child).await?;
    let words = TicketWords::of(tx, child.ticket_id).await?;
    let message = format!(
        "“{}”, on which “{}” builds, is open again",
        parent.title, child.title
    );
    let fact = deed
        .fact(EventType::TaskStale, message)
        .on_task(child, &words);
    tx.append(fact.with(json!({ "parent_id": parent.id })));
    Ok(())
}
