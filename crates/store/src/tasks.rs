//! Tasks as they are kept: what a board shows and what is handed out next.

use std::collections::BTreeMap;

use model::{
    Name, Page, Paged, ProjectId, Task, TaskFilter, TaskId, TaskState, TicketId, Timestamp,
};

use crate::board_counts::{self, Spot};
use crate::engine::Read;
use crate::mentions;
use crate::pages::{self, Key, Order};
use crate::query::{Query, query};
use crate::record::{self, kept};
use crate::search::{self, Entry, Matches};
use crate::{Error, Tx};

kept!(Task in "tasks" {
    fixed: id, project_id, ticket_id, sequence, idempotency_key, created_by, created_at, version;
    edited: title, body, status, status_since, assignee, priority, tenant, skills, workspace_kind, workspace_path,
        branch_name, max_runtime_seconds, max_retries, not_before, human_gate, block_kind,
        block_reason, blocked_by, last_block_kind, block_recurrences, ignores_parents, stale, failure_count, silent_runs,
        crash_count, false_starts, refusals, current_run_id, result, implementation_attempts,
        spec_review_attempts, quality_review_attempts, commit_sha, updated_at, started_at,
        finished_at;
    totals: totals;
});

/// Gives so many places in a row within a ticket, or within a project where there is no ticket; answers the first.
pub async fn take_places(
    tx: &mut Tx,
    project: ProjectId,
    ticket: Option<TicketId>,
    many: i64,
) -> Result<i64, Error> {
    let update = match &ticket {
        Some(ticket) => query(
            "UPDATE tickets SET last_task_sequence = last_task_sequence + $2 WHERE id = $1
             RETURNING last_task_sequence",
        )
        .bind(ticket),
        None => query(
            "UPDATE projects SET last_task_sequence = last_task_sequence + $2 WHERE id = $1
             RETURNING last_task_sequence",
        )
        .bind(&project),
    };
    let last: i64 = tx.one(update.bind(&many)).await?.at(0)?;
    Ok(last - many + 1)
}

/// Keeps new tasks. An idempotency key that the project has already is a conflict.
pub async fn insert(tx: &mut Tx, tasks: &[Task]) -> Result<(), Error> {
    record::insert_all(tx, tasks).await?;
    let mut came = board_counts::Moves::default();
    let mut on_tickets: BTreeMap<TicketId, (i64, i64)> = BTreeMap::new();
    for task in tasks {
        came.arrive(Spot::of(task));
        if let Some(ticket) = task.ticket_id {
            let (total, done) = on_tickets.entry(ticket).or_default();
            *total += 1;
            *done += i64::from(task.status == TaskState::Done);
        }
        search::put(tx, &entry(task));
        let named = mentions::of_task(task);
        mentions::note(tx, task.id, task.id.0, &named, task.created_at).await?;
    }
    came.write(tx).await?;
    for (ticket, (total, done)) in on_tickets {
        count_on_ticket(tx, Some(ticket), total, done).await?;
    }
    Ok(())
}

/// The task with this id.
pub async fn get(read: &mut Read, id: TaskId) -> Result<Option<Task>, Error> {
    record::get(read, &id).await
}

/// Those of some tasks that are there, in no order.
pub async fn by_ids(read: &mut Read, ids: &[TaskId]) -> Result<Vec<Task>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = record::select::<Task>();
    select.push_in("id", ids);
    record::all(read, select).await
}

/// The task that was made with this key in a project, unless it was put away.
pub async fn by_idempotency_key(
    read: &mut Read,
    project: ProjectId,
    key: &Name,
) -> Result<Option<Task>, Error> {
    let mut select = record::select::<Task>();
    select
        .push_equal("project_id", Some(&project))
        .push_equal("idempotency_key", Some(key))
        .push(" AND status <> 'archived'");
    record::optional(read, select).await
}

/// Those of some tasks that are there.
pub async fn known(read: &mut Read, ids: &[TaskId]) -> Result<Vec<TaskId>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = query("SELECT id FROM tasks WHERE TRUE");
    select.push_in("id", ids);
    read.all(select)
        .await?
        .iter()
        .map(|row| row.at(0))
        .collect()
}

/// The tasks of a ticket in their sequence.
pub async fn of_ticket(read: &mut Read, ticket: TicketId) -> Result<Vec<Task>, Error> {
    let mut select = record::select::<Task>();
    select
        .push_equal("ticket_id", Some(&ticket))
        .push(" ORDER BY sequence");
    record::all(read, select).await
}

/// Writes an edit or a move; the task's version is the next one then.
pub async fn update(tx: &mut Tx, task: &mut Task) -> Result<(), Error> {
    let select = query(
        "SELECT status, assignee, tenant,
             (SELECT count(*) FROM mentions WHERE task_id = tasks.id AND source_id = tasks.id)
         FROM tasks WHERE id = $1",
    )
    .bind(&task.id);
    let Some(old) = tx.optional(select).await? else {
        return Err(Error::stale());
    };
    let from = Spot {
        project: task.project_id,
        status: old.at(0)?,
        assignee: old.at(1)?,
        tenant: old.at(2)?,
    };
    if from.status != task.status {
        task.status_since = task.updated_at;
    }
    let mut version = task.version;
    record::update(tx, &task.id, task, &mut version).await?;
    task.version = version;
    let to = Spot::of(task);
    board_counts::shift(tx, &from, &to).await?;
    let done = i64::from(to.status == TaskState::Done) - i64::from(from.status == TaskState::Done);
    count_on_ticket(tx, task.ticket_id, 0, done).await?;
    search::put(tx, &entry(task));
    let (named, known): (_, i64) = (mentions::of_task(task), old.at(3)?);
    if !named.is_empty() || known > 0 {
        mentions::renew(tx, task, &named).await?;
    }
    Ok(())
}

/// A task that somebody begins to work on, and where it stood until then.
#[derive(Debug)]
pub struct Begun<'a> {
    /// The task as it is now.
    pub task: &'a mut Task,
    /// Where it stood.
    pub from: TaskState,
}

/// Writes what the beginning of an attempt changes of tasks, which is neither whose they are nor what is found of them.
/// Their versions are the next ones then. Answers the number of each attempt within its task.
pub async fn begin_attempts(tx: &mut Tx, mut begun: Vec<Begun<'_>>) -> Result<Vec<i64>, Error> {
    if begun.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.all(begin_statement(&begun)).await?;
    let numbers = rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?)));
    let numbers: BTreeMap<TaskId, i64> = numbers.collect::<Result<_, Error>>()?;
    let mut answer = Vec::with_capacity(begun.len());
    let mut moved = board_counts::Moves::default();
    for Begun { task, from } in &mut begun {
        task.status_since = task.updated_at;
        answer.push(*numbers.get(&task.id).ok_or_else(Error::stale)?);
        task.version += 1;
        let to = Spot::of(task);
        moved.add(
            Spot {
                status: *from,
                ..to.clone()
            },
            to,
        );
    }
    moved.write(tx).await?;
    Ok(answer)
}

fn begin_statement(begun: &[Begun<'_>]) -> Query {
    let mut update = Query::composed(
        "WITH begun (task_id, seen_version, to_status, run_id, release_at, is_stale, attempts, \
         begun_at, changed_at) AS (VALUES "
            .to_owned(),
    );
    for (index, Begun { task, .. }) in begun.iter().enumerate() {
        update.push(if index == 0 { "(" } else { ", (" });
        update.push_bind(&task.id).push(", ");
        update.push_bind(&task.version).push(", ");
        update.push_bind(&task.status).push(", ");
        update.push_bind(&task.current_run_id).push(", ");
        update.push_bind(&task.not_before).push(", ");
        update.push_bind(&task.stale).push(", ");
        update.push_bind(&task.implementation_attempts).push(", ");
        update.push_bind(&task.started_at).push(", ");
        update.push_bind(&task.updated_at).push(")");
    }
    update.push(
        ") UPDATE tasks SET status = to_status, current_run_id = run_id, not_before = release_at,
             stale = is_stale, implementation_attempts = attempts, started_at = begun_at,
             updated_at = changed_at, status_since = changed_at, version = version + 1, last_run_number = last_run_number + 1
         FROM begun WHERE id = task_id AND version = seen_version RETURNING id, last_run_number",
    );
    update
}

/// Puts a task that was a part of one ticket at its place in another. Its other fields and its version stay.
pub async fn put_in_ticket(tx: &mut Tx, left: &Task, task: &Task) -> Result<(), Error> {
    let update =
        query("UPDATE tasks SET ticket_id = $3, sequence = $4 WHERE id = $1 AND version = $2");
    let update = update.bind(&task.id).bind(&left.version);
    let update = update.bind(&task.ticket_id).bind(&task.sequence);
    if tx.run(update).await? == 0 {
        return Err(Error::stale());
    }
    let done = i64::from(left.status == TaskState::Done);
    count_on_ticket(tx, left.ticket_id, -1, -done).await?;
    count_on_ticket(tx, task.ticket_id, 1, done).await
}

async fn count_on_ticket(
    tx: &mut Tx,
    ticket: Option<TicketId>,
    total: i64,
    done: i64,
) -> Result<(), Error> {
    let Some(ticket) = ticket.filter(|_| total != 0 || done != 0) else {
        return Ok(());
    };
    let update = query(
        "UPDATE tickets SET tasks_total = tasks_total + $2, tasks_done = tasks_done + $3
         WHERE id = $1",
    );
    tx.run(update.bind(&ticket).bind(&total).bind(&done))
        .await
        .map(drop)
}

fn entry(task: &Task) -> Entry<'_> {
    Entry {
        kind: model::FoundKind::Task,
        id: task.id.0,
        project: task.project_id,
        parent: task.ticket_id.map(|ticket| ticket.0),
        title: task.title.as_str(),
        text: vec![task.body.as_str()],
        at: task.updated_at,
    }
}

/// A page of tasks: of one ticket in their sequence, else newest first.
pub async fn list(read: &mut Read, filter: &TaskFilter, page: &Page) -> Result<Paged<Task>, Error> {
    let matches = match &filter.q {
        Some(text) => Some(search::matches(read, model::FoundKind::Task, text).await?),
        None => None,
    };
    let mut found = Vec::new();
    for choice in chosen(filter) {
        let select = statement(filter, choice, matches.as_ref(), page)?;
        found.extend(record::all(read, select).await?);
    }
    Ok(pages::merge(
        found,
        order(filter),
        page,
        |task| match filter.ticket {
            Some(_) => Key::one(task.sequence, task.id.0),
            None => Key::one(task.created_at.micros(), task.id.0),
        },
    ))
}

const fn order(filter: &TaskFilter) -> Order {
    match filter.ticket {
        Some(_) => Order::Up("sequence"),
        None => Order::Down("created_at"),
    }
}

/// What one statement looks for: each has an index in the order of the list.
#[derive(Debug, Clone, Copy)]
enum Choice {
    /// Tasks in one state.
    In(TaskState),
    /// All that are not archived.
    Shown,
    /// All that the filter wants.
    Wanted,
}

/// A page of the tasks of one choice.
fn statement(
    filter: &TaskFilter,
    choice: Choice,
    matches: Option<&Matches>,
    page: &Page,
) -> Result<Query, Error> {
    let mut select = record::select::<Task>();
    select.push_equal("project_id", filter.project.as_ref());
    select.push_equal("ticket_id", filter.ticket.as_ref());
    match choice {
        Choice::In(state) => drop(select.push_equal("status", Some(&state))),
        Choice::Shown => drop(select.push(" AND status <> 'archived'")),
        Choice::Wanted => drop(select.push_in("status", &filter.status)),
    }
    select.push_equal("assignee", filter.assignee.as_ref());
    select.push_equal("tenant", filter.tenant.as_ref());
    if let Some(matches) = matches {
        matches.narrow(&mut select, "tasks.id");
    }
    order(filter).page(&mut select, page)?;
    Ok(select)
}

/// One statement for each state, unless one is as good: a ticket has few tasks, and all that are shown have an index of
/// their own.
fn chosen(filter: &TaskFilter) -> Vec<Choice> {
    let states = &filter.status;
    if states.is_empty() {
        vec![Choice::Shown]
    } else if filter.ticket.is_some() {
        vec![Choice::Wanted]
    } else if TaskState::ALL.iter().all(|state| states.contains(state)) {
        vec![Choice::Shown, Choice::In(TaskState::Archived)]
    } else {
        states.iter().copied().map(Choice::In).collect()
    }
}

/// The scheduled tasks whose time has come.
pub async fn due(read: &mut Read, at: Timestamp, most: i64) -> Result<Vec<Task>, Error> {
    let mut select = record::select::<Task>();
    select
        .push(" AND status = 'scheduled' AND not_before <= ")
        .push_bind(&at);
    select.push(" ORDER BY not_before").push_limit(most);
    record::all(read, select).await
}

/// Deletes a task with its content: runs, comments, links, questions.
pub async fn delete(tx: &mut Tx, id: TaskId) -> Result<bool, Error> {
    let Some(task) = get(tx, id).await? else {
        return Ok(false);
    };
    for run in crate::runs::of_task(tx, id).await? {
        crate::runs::forget(tx, &run).await?;
    }
    search::remove(tx, id.0);
    tx.run(query("DELETE FROM tasks WHERE id = $1").bind(&id))
        .await?;
    board_counts::change(tx, &Spot::of(&task), -1).await?;
    count_on_ticket(
        tx,
        task.ticket_id,
        -1,
        -i64::from(task.status == TaskState::Done),
    )
    .await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn a_page_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        let name = || Some(Name::lossy("x"));
        let filters = [
            TaskFilter::default(),
            TaskFilter {
                project: Some(ProjectId::new()),
                ..TaskFilter::default()
            },
            TaskFilter {
                assignee: name(),
                ..TaskFilter::default()
            },
            TaskFilter {
                tenant: name(),
                ..TaskFilter::default()
            },
        ];
        for filter in filters {
            for choice in [Choice::Shown, Choice::In(TaskState::Archived)] {
                let page = plans::page();
                let select = statement(&filter, choice, None, &page).unwrap();
                plans.check_order(select).await;
            }
        }
    }
}
