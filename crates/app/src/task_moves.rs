//! Moves of tasks with what follows from them: questions that nobody asks any more, the ticket that stands elsewhere, and
//! children that may go on.

use model::{EventType, TaskMove, TaskState};
use serde_json::{Value, json};
use store::{Tx, links, tasks};

use crate::deed::Deed;
use crate::facts::{About, TicketWords};
use crate::{Error, children, move_effects, questions, ticket_states};

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
    move_effects::make(task, made, parents_open, deed.at)?;
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
        // It would have waited for its next try. That is not what it waits for now.
        task.not_before = None;
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
    let words = TicketWords::of(tx, task.ticket_id).await?;
    let message = format!("task “{}” went from {from} to {}", task.title, task.status);
    let fact = deed.fact(event, message).on_task(task, &words);
    tx.append(fact.with(details(from, task.status, more)));
    if leaves_questions(from, task.status) {
        questions::withdraw(tx, deed, task).await?;
    }
    ticket_states::settle(tx, deed, task, from).await?;
    children::follow(tx, deed, task, from).await
}

/// Whether nobody waits for an answer any more after a move. Who may make it is decided before.
fn leaves_questions(from: TaskState, to: TaskState) -> bool {
    let was_asked = from == TaskState::Running || from.may_be_asked_about();
    let goes_on = to == TaskState::Running || to.may_be_asked_about();
    (was_asked && !goes_on) || (to.has_ended() && !from.has_ended())
}

fn details(from: TaskState, to: TaskState, more: Value) -> Value {
    let mut details = json!({ "from": from, "to": to });
    if let (Some(details), Value::Object(more)) = (details.as_object_mut(), more) {
        details.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    details
}
