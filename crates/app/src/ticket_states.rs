//! Where tickets stand by their tasks. A ticket that a reporter has put elsewhere, such as behind a pull request, stays
//! there; one that somebody called done by hand is not opened again by a task that was open then.

use std::collections::BTreeSet;

use model::{Task, TaskId, TaskState, Ticket, TicketId, TicketStatus};
use store::{Tx, links, tasks, tickets};

use crate::deed::Deed;
use crate::{Error, tickets as ticket_cases};

/// What the tasks of a ticket show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nothing: there are none, or all are put away.
    Silent,
    /// Nobody works on them, and somebody may come to.
    Open,
    /// That it stands here.
    At(TicketStatus),
}

/// The ticket of a task.
pub(crate) async fn of_task(tx: &mut Tx, task: &Task) -> Result<Option<Ticket>, Error> {
    match task.ticket_id {
        Some(id) => Ok(tickets::get(tx, id).await?),
        None => Ok(None),
    }
}

/// Moves the ticket on after a task of it has moved, or is gone.
pub(crate) async fn settle(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    from: TaskState,
) -> Result<(), Error> {
    follow(tx, deed, task, Some(from)).await
}

/// Moves the ticket on to which a task has come.
pub(crate) async fn settle_with_new(tx: &mut Tx, deed: &Deed, task: &Task) -> Result<(), Error> {
    follow(tx, deed, task, None).await
}

async fn follow(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    from: Option<TaskState>,
) -> Result<(), Error> {
    // Not one that was read before: what else followed from the move may have changed it.
    if let Some(mut ticket) = of_task(tx, task).await? {
        if task.status == TaskState::Done && task.sequence > ticket.last_completed_task_seq {
            ticket.last_completed_task_seq = task.sequence;
            tickets::update(tx, &mut ticket).await?;
        }
        let standings = standings(tx, &ticket, task, from).await?;
        move_on(tx, deed, ticket, standings).await?;
    }
    let gave_up = |state| state == TaskState::Failed;
    if gave_up(task.status) || from.is_some_and(gave_up) {
        tell_those_who_wait(tx, deed, task, from).await?;
    }
    Ok(())
}

/// Moves the other tickets on, tasks of which wait for one that was given up, or is so no more.
async fn tell_those_who_wait(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    from: Option<TaskState>,
) -> Result<(), Error> {
    let waiting = links::children_in(tx, task.id, &[TaskState::Todo]).await?;
    let theirs: BTreeSet<TicketId> = waiting.iter().filter_map(|child| child.ticket_id).collect();
    for id in theirs.into_iter().filter(|id| Some(*id) != task.ticket_id) {
        if let Some(ticket) = tickets::get(tx, id).await? {
            let standings = standings(tx, &ticket, task, from).await?;
            move_on(tx, deed, ticket, standings).await?;
        }
    }
    Ok(())
}

async fn move_on(
    tx: &mut Tx,
    deed: &Deed,
    ticket: Ticket,
    (before, now): (Standing, Standing),
) -> Result<(), Error> {
    match next(ticket.status, before, now) {
        Some(status) => put(tx, deed, ticket, status).await,
        None => Ok(()),
    }
}

/// Moves a ticket back that waited for an answer.
pub(crate) async fn go_back(tx: &mut Tx, deed: &Deed, ticket: Ticket) -> Result<(), Error> {
    let tasks = tasks::of_ticket(tx, ticket.id).await?;
    let states: Vec<_> = tasks.iter().map(|task| task.status).collect();
    let waits = waits(tx, ticket.id, &states).await?;
    let status = match standing(&states, is_stuck(&waits)) {
        Standing::At(status) => status,
        _ if ticket.started_at.is_some() => TicketStatus::Implementing,
        _ => TicketStatus::Queued,
    };
    put(tx, deed, ticket, status).await
}

async fn put(
    tx: &mut Tx,
    deed: &Deed,
    mut ticket: Ticket,
    status: TicketStatus,
) -> Result<(), Error> {
    ticket.is_partial = status == TicketStatus::Partial;
    ticket_cases::put_and_save(tx, deed, &mut ticket, status).await
}

/// What the tasks showed before one of them moved, or came, and what they show now.
async fn standings(
    tx: &mut Tx,
    ticket: &Ticket,
    moved: &Task,
    from: Option<TaskState>,
) -> Result<(Standing, Standing), Error> {
    let all = tasks::of_ticket(tx, ticket.id).await?;
    let now: Vec<_> = all.iter().map(|task| task.status).collect();
    // What was added to a ticket that had ended says nothing about why it had.
    let counted = |task: &&Task| ticket.finished_at.is_none_or(|end| task.created_at <= end);
    let others = all.iter().filter(|task| task.id != moved.id);
    let mut before: Vec<_> = others.filter(counted).map(|task| task.status).collect();
    let is_of_it = moved.ticket_id == Some(ticket.id);
    before.extend(from.filter(|_| is_of_it && counted(&moved)));
    let waits = waits(tx, ticket.id, &[&now[..], &before].concat()).await?;
    let waited: Vec<_> = waits
        .iter()
        .map(|(parent, status)| match from {
            Some(from) if *parent == moved.id => (*parent, from),
            _ => (*parent, *status),
        })
        .collect();
    Ok((
        standing(&before, is_stuck(&waited)),
        standing(&now, is_stuck(&waits)),
    ))
}

/// The parents of the tasks of a ticket that wait.
async fn waits(
    tx: &mut Tx,
    ticket: TicketId,
    states: &[TaskState],
) -> Result<Vec<(TaskId, TaskState)>, Error> {
    match states.contains(&TaskState::Todo) {
        true => Ok(links::parents_in_ticket(tx, ticket).await?),
        false => Ok(Vec::new()),
    }
}

/// Nothing goes on behind a task that was given up.
fn is_stuck(waits: &[(TaskId, TaskState)]) -> bool {
    waits.iter().any(|(_, status)| *status == TaskState::Failed)
}

fn standing(states: &[TaskState], is_stuck: bool) -> Standing {
    use TaskState::{Archived, Blocked, Done, Failed, Ready, Review, Running, Scheduled, Waiting};
    let any = |wanted: &[TaskState]| states.iter().any(|state| wanted.contains(state));
    let all = |wanted: &[TaskState]| states.iter().all(|state| wanted.contains(state));
    if any(&[Running, Waiting, Review]) {
        return Standing::At(TicketStatus::Implementing);
    }
    if all(&[Done, Failed, Archived]) {
        return match (any(&[Done]), any(&[Failed])) {
            (true, false) => Standing::At(TicketStatus::Done),
            (true, true) => Standing::At(TicketStatus::Partial),
            (false, true) => Standing::At(TicketStatus::Failed),
            (false, false) => Standing::Silent,
        };
    }
    match !any(&[Ready, Scheduled]) && (any(&[Blocked]) || is_stuck) {
        true => Standing::At(TicketStatus::Blocked),
        false => Standing::Open,
    }
}

/// Where a ticket goes when a task of it has moved; `None` when it stays.
fn next(status: TicketStatus, before: Standing, now: Standing) -> Option<TicketStatus> {
    let by_tasks = before == Standing::At(status);
    let follows = is_ours(status) || (status == TicketStatus::Done && by_tasks);
    if !follows {
        return None;
    }
    match now {
        Standing::At(new) => Some(new),
        // What had come to rest may go on.
        Standing::Open if by_tasks && rests(status) => Some(TicketStatus::Queued),
        Standing::Silent if by_tasks && status == TicketStatus::Blocked => {
            Some(TicketStatus::Queued)
        }
        _ => None,
    }
}

/// Whether the server moves a ticket on that stands here, whoever put it there.
pub(crate) const fn is_ours(status: TicketStatus) -> bool {
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

const fn rests(status: TicketStatus) -> bool {
    matches!(
        status,
        TicketStatus::Done | TicketStatus::Failed | TicketStatus::Partial | TicketStatus::Blocked
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_show_where_their_ticket_stands() {
        use Standing::{At, Open, Silent};
        use TaskState::{Archived, Blocked, Done, Failed, Ready, Running, Todo};
        let table: [(&[TaskState], bool, Standing); 11] = [
            (&[], false, Silent),
            (&[Archived], false, Silent),
            (&[Done, Running], false, At(TicketStatus::Implementing)),
            (&[Done, Archived], false, At(TicketStatus::Done)),
            (&[Done, Failed], false, At(TicketStatus::Partial)),
            (&[Failed, Failed], false, At(TicketStatus::Failed)),
            (&[Blocked, Todo, Done], false, At(TicketStatus::Blocked)),
            (&[Failed, Todo], true, At(TicketStatus::Blocked)),
            (&[Failed, Todo, Ready], true, Open),
            (&[Blocked, Ready], false, Open),
            (&[Done, Ready], false, Open),
        ];
        for (states, is_stuck, expected) in table {
            assert_eq!(standing(states, is_stuck), expected, "{states:?}");
        }
    }

    #[test]
    fn a_ticket_that_rests_is_queued_again_by_the_tasks_that_brought_it_to_rest() {
        use Standing::{At, Open, Silent};
        use TicketStatus::{Blocked, Done, Failed, Implementing, Partial, PrCreated, Queued};
        let table = [
            (Done, At(Done), Open, Some(Queued)),
            (Done, At(Done), At(Implementing), Some(Implementing)),
            (Done, At(Done), Silent, None),
            (Failed, At(Failed), Open, Some(Queued)),
            (Partial, At(Partial), At(Done), Some(Done)),
            (Blocked, At(Blocked), Silent, Some(Queued)),
            // Somebody put it there by hand.
            (Done, Open, At(Implementing), None),
            (Done, Open, Open, None),
            (Failed, Open, Open, None),
            (Blocked, Open, At(Implementing), Some(Implementing)),
            (PrCreated, Open, At(Done), None),
            (Implementing, Open, Open, None),
        ];
        for (status, before, now, expected) in table {
            let went = next(status, before, now);
            assert_eq!(went, expected, "{status}: {before:?} to {now:?}");
        }
    }
}
