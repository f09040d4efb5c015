//! Tasks that go from one ticket to another. Both tickets follow; what was spent stays where it was spent.

use model::{EventType, Task, TicketId};
use serde_json::json;
use store::{Tx, questions, tasks as kept};

use crate::deed::Deed;
use crate::facts::{About, TicketWords};
use crate::{Error, questions as question_cases, ticket_states, tickets};

/// Makes a task a part of another ticket of its project, or of none, at the end of it. Answers the task as it was; `None`
/// when it was there already. What it leaves and where it comes to are told by [`settle`].
pub(crate) async fn put(
    tx: &mut Tx,
    deed: &Deed,
    task: &mut Task,
    to: Option<TicketId>,
) -> Result<Option<Task>, Error> {
    if task.ticket_id == to {
        return Ok(None);
    }
    if let Some(id) = to {
        let ticket = tickets::named(tx, &deed.caller, "/ticket_id", id).await?;
        if ticket.project_id != task.project_id {
            return Err(Error::invalid("/ticket_id", "belongs to another project"));
        }
    }
    let left = task.clone();
    task.sequence = kept::take_places(tx, task.project_id, to, 1).await?;
    task.ticket_id = to;
    kept::put_in_ticket(tx, &left, task).await?;
    questions::put_in_ticket(tx, task.id, to).await?;
    Ok(Some(left))
}

/// Lets both tickets follow.
pub(crate) async fn settle(
    tx: &mut Tx,
    deed: &Deed,
    left: &Task,
    task: &Task,
) -> Result<(), Error> {
    let is_asked = questions::is_open_on_task(tx, task.id).await?;
    if left.ticket_id.is_some() {
        let words = TicketWords::of(tx, left.ticket_id).await?;
        let message = format!("task “{}” left its ticket", task.title);
        let fact = deed.fact(EventType::TaskEdited, message);
        let fact = fact.on_task(task, &words);
        tx.append(fact.with(json!({ "fields": ["ticket_id"], "to": task.ticket_id })));
        if is_asked {
            question_cases::release_ticket(tx, deed, left).await?;
        }
        ticket_states::settle(tx, deed, left, left.status).await?;
    }
    ticket_states::settle_with_new(tx, deed, task).await?;
    match is_asked {
        true => question_cases::stop_ticket(tx, deed, task).await,
        false => Ok(()),
    }
}
