//! Moves of tasks with what follows from them: children that may go on, and the ticket that stands elsewhere.

use model::{EventType, TaskMove, TaskState, Ticket, TicketStatus};
use serde_json::{Value, json};
use store::{Tx, links, tasks, tickets};

use crate::deed::Deed;
use crate::facts::{About, TicketWords};
use crate::{Error, children, move_effects, questions, tickets as ticket_cases};

/// Makes a move, if the table allows it, with everything that follows.
pub(crate) async fn make(
    tx: &mut Tx,
    deed: &Deed,
    task: &mut model::Task,
    made: TaskMove,
    event: EventType,
) -> Result<(), Error> {
    make_with(tx, deed, task, made, event, Value::Null).await
}

/// The same, with more to say about it.
pub(crate) async fn make_with(
    tx: &mut Tx,
    deed: &Deed,
    task: &mut model::Task,
    made: TaskMove,
    event: EventType,
    more: Value,
) -> Result<(), Error> {
    let parents_open = links::has_open_parents(tx, task.id).await?;
    let from = task.status;
    task.status = from.after(made, parents_open)?;
    move_effects::apply(task, made, deed.at);
    save_with(tx, deed, task, from, event, more).await
}

/// Keeps a task that was moved, says so, and lets the move have its effects.
pub(crate) async fn save(
    tx: &mut Tx,
    deed: &Deed,
    task: &mut model::Task,
    from: TaskState,
    event: EventType,
) -> Result<(), Error> {
    save_with(tx, deed, task, from, event, Value::Null).await
}

async fn save_with(
    tx: &mut Tx,
    deed: &Deed,
    task: &mut model::Task,
    from: TaskState,
    event: EventType,
    more: Value,
) -> Result<(), Error> {
    // What it waits for may have been opened again while it was worked on.
    let was_begun = from.has_worker() || from == TaskState::Review;
    if was_begun && task.status == TaskState::Ready && links::has_open_parents(tx, task.id).await? {
        task.status = TaskState::Todo;
    }
    task.updated_at = deed.at;
    tasks::update(tx, task).await?;
    follow_with(tx, deed, task, from, event, more).await
}

/// Says that a task was moved that is kept already, and lets the move have its effects.
pub(crate) async fn follow(
    tx: &mut Tx,
    deed: &Deed,
    task: &model::Task,
    from: TaskState,
    event: EventType,
) -> Result<(), Error> {
    follow_with(tx, deed, task, from, event, Value::Null).await
}

async fn follow_with(
    tx: &mut Tx,
    deed: &Deed,
    task: &model::Task,
    from: TaskState,
    event: EventType,
    more: Value,
) -> Result<(), Error> {
    let ticket = ticket_of(tx, task).await?;
    let words = ticket.as_ref().map(TicketWords::from).unwrap_or_default();
    let message = format!("task “{}” went from {from} to {}", task.title, task.status);
    let fact = deed.fact(event, message).on_task(task, &words);
    tx.append(fact.with(details(from, task.status, more)));
    children::follow(tx, deed, task, from).await?;
    if task.status.has_ended() && !from.has_ended() {
        questions::withdraw(tx, deed, task).await?;
    }
    if let Some(ticket) = ticket {
        settle(tx, deed, ticket, task).await?;
    }
    Ok(())
}

fn details(from: TaskState, to: TaskState, more: Value) -> Value {
    let mut details = json!({ "from": from, "to": to });
    if let (Some(details), Value::Object(more)) = (details.as_object_mut(), more) {
        details.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    details
}

/// The ticket of a task.
pub(crate) async fn ticket_of(tx: &mut Tx, task: &model::Task) -> Result<Option<Ticket>, Error> {
    match task.ticket_id {
        Some(id) => Ok(tickets::get(tx, id).await?),
        None => Ok(None),
    }
}

/// Moves the ticket to where its tasks show that it stands. A ticket that a reporter has put elsewhere, such as
/// behind a pull request, stays there.
async fn settle(
    tx: &mut Tx,
    deed: &Deed,
    mut ticket: Ticket,
    task: &model::Task,
) -> Result<(), Error> {
    if task.status == TaskState::Done && task.sequence > ticket.last_completed_task_seq {
        ticket.last_completed_task_seq = task.sequence;
        tickets::update(tx, &mut ticket).await?;
    }
    settle_by_tasks(tx, deed, ticket).await
}

/// Moves the ticket to where the tasks that it has now show that it stands.
pub(crate) async fn settle_by_tasks(
    tx: &mut Tx,
    deed: &Deed,
    mut ticket: Ticket,
) -> Result<(), Error> {
    if !is_ours(ticket.status) {
        return Ok(());
    }
    let states: Vec<_> = tasks::of_ticket(tx, ticket.id)
        .await?
        .iter()
        .map(|task| task.status)
        .collect();
    if let Some(status) = status_by_tasks(&states) {
        ticket.is_partial = status == TicketStatus::Partial;
        ticket_cases::put_and_save(tx, deed, &mut ticket, status).await?;
    }
    Ok(())
}

/// Whether the server moves a ticket on that stands here.
pub(crate) fn is_ours(status: TicketStatus) -> bool {
    matches!(
        status,
        TicketStatus::Queued
            | TicketStatus::Planning
            | TicketStatus::PlanValidating
            | TicketStatus::Implementing
            | TicketStatus::Blocked
            | TicketStatus::Partial
            | TicketStatus::Failed
    )
}

/// Where a ticket stands by its tasks; `None` when they do not say.
fn status_by_tasks(states: &[TaskState]) -> Option<TicketStatus> {
    use TaskState::{Archived, Blocked, Done, Failed, Ready, Review, Running, Scheduled, Waiting};
    let any = |wanted: &[TaskState]| states.iter().any(|state| wanted.contains(state));
    let all = |wanted: &[TaskState]| states.iter().all(|state| wanted.contains(state));
    if any(&[Running, Waiting, Review]) {
        return Some(TicketStatus::Implementing);
    }
    if all(&[Done, Failed, Archived]) {
        return match (any(&[Done]), any(&[Failed])) {
            (true, false) => Some(TicketStatus::Done),
            (true, true) => Some(TicketStatus::Partial),
            (false, true) => Some(TicketStatus::Failed),
            (false, false) => None,
        };
    }
    (any(&[Blocked]) && !any(&[Ready, Scheduled])).then_some(TicketStatus::Blocked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_stands_where_its_tasks_show() {
        use TaskState::{Archived, Blocked, Done, Failed, Ready, Running, Todo};
        let table: [(&[TaskState], Option<TicketStatus>); 8] = [
            (&[], None),
            (&[Done, Running], Some(TicketStatus::Implementing)),
            (&[Done, Archived], Some(TicketStatus::Done)),
            (&[Done, Failed], Some(TicketStatus::Partial)),
            (&[Failed, Failed], Some(TicketStatus::Failed)),
            (&[Blocked, Todo, Done], Some(TicketStatus::Blocked)),
            (&[Blocked, Ready], None),
            (&[Done, Ready], None),
        ];
        for (states, expected) in table {
            assert_eq!(status_by_tasks(states), expected, "{states:?}");
        }
    }
}
