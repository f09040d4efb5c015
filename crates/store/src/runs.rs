//! Runs as they are kept: one row per attempt, with its lease and how far its log reaches.

use std::collections::BTreeMap;

use model::{
    Name, Page, Paged, ProjectId, Run, RunFilter, RunId, RunState, TaskId, TicketId, Timestamp,
};

use crate::counts::{self, Counted};
use crate::engine::Read;
use crate::mentions;
use crate::pages::{self, Key, Order};
use crate::query::{Query, query};
use crate::record::{self, kept};
use crate::search::{self, Entry};
use crate::{Error, Tx};

kept!(Run in "runs" {
    fixed: id, project_id, ticket_id, task_id, parent_run_id, number, command, cwd, workflow,
        step_key, log_lines, created_at, version;
    edited: title, state, outcome, agent, model, worker, host, worker_pid, container, session_id,
        lease_epoch, lease_expires_at, last_heartbeat_at, lost_contact, cancel_requested_at,
        max_runtime_seconds, exit_code, summary, error, metadata, reported_cost_usd, started_at,
        ended_at;
    totals: totals;
});

/// Gives the next number within a task, or within a project where there is no task. An attempt gets its number with its
/// task: [`tasks::begin_attempts`](crate::tasks::begin_attempts).
pub async fn next_number(
    tx: &mut Tx,
    project: ProjectId,
    task: Option<TaskId>,
) -> Result<i64, Error> {
    let update = match &task {
        Some(task) => query(
            "UPDATE tasks SET last_run_number = last_run_number + 1 WHERE id = $1
             RETURNING last_run_number",
        )
        .bind(task),
        None => query(
            "UPDATE projects SET last_run_number = last_run_number + 1 WHERE id = $1
             RETURNING last_run_number",
        )
        .bind(&project),
    };
    tx.one(update).await?.at(0)
}

/// Keeps a new run. A second open attempt at a task is a conflict.
pub async fn insert(tx: &mut Tx, run: &Run) -> Result<(), Error> {
    insert_all(tx, std::slice::from_ref(run)).await
}

/// Keeps new runs, likewise.
pub async fn insert_all(tx: &mut Tx, runs: &[Run]) -> Result<(), Error> {
    record::insert_all(tx, runs).await?;
    let mut counted: BTreeMap<_, i64> = BTreeMap::new();
    for run in runs {
        *counted
            .entry((run.project_id, run.state.as_str()))
            .or_default() += 1;
        search::put(tx, &entry(run));
        mentions::add_of_run(tx, run).await?;
    }
    for ((project, state), amount) in counted {
        counts::change(tx, project, Counted::Runs, state, amount).await?;
    }
    Ok(())
}

/// The run with this id.
pub async fn get(read: &mut Read, id: RunId) -> Result<Option<Run>, Error> {
    record::get(read, &id).await
}

/// Writes an edit or a move; the run's version is the next one then.
pub async fn update(tx: &mut Tx, run: &mut Run) -> Result<(), Error> {
    let select = query("SELECT state FROM runs WHERE id = $1").bind(&run.id);
    let Some(old) = tx.optional(select).await? else {
        return Err(Error::stale());
    };
    let from: RunState = old.at(0)?;
    let mut version = run.version;
    record::update(tx, &run.id, run, &mut version).await?;
    run.version = version;
    mentions::add_of_run(tx, run).await?;
    counts::shift(
        tx,
        run.project_id,
        Counted::Runs,
        from.as_str(),
        run.state.as_str(),
    )
    .await?;
    search::put(tx, &entry(run));
    Ok(())
}

/// Notes a sign of life. It is no edit: nobody's version goes stale by it. Answers whether the run is there.
pub async fn beat(
    tx: &mut Tx,
    id: RunId,
    at: Timestamp,
    lease_expires_at: Option<Timestamp>,
) -> Result<bool, Error> {
    let update = query(
        "UPDATE runs SET last_heartbeat_at = $2, lease_expires_at = $3, lost_contact = FALSE
         WHERE id = $1",
    );
    Ok(tx
        .run(update.bind(&id).bind(&at).bind(&lease_expires_at))
        .await?
        > 0)
}

fn entry(run: &Run) -> Entry<'_> {
    Entry {
        kind: model::FoundKind::Run,
        id: run.id.0,
        project: run.project_id,
        parent: run
            .task_id
            .map(|task| task.0)
            .or(run.ticket_id.map(|ticket| ticket.0)),
        title: run.title.as_str(),
        text: vec![
            run.summary.as_ref().map_or("", model::Text::as_str),
            run.error.as_ref().map_or("", model::Text::as_str),
        ],
        at: run.ended_at.unwrap_or(run.created_at),
    }
}

/// A page of runs, newest first.
pub async fn list(read: &mut Read, filter: &RunFilter, page: &Page) -> Result<Paged<Run>, Error> {
    let mut found = Vec::new();
    for state in pages::choices(&filter.state) {
        let select = statement(filter, state, page)?;
        found.extend(record::all(read, select).await?);
    }
    Ok(pages::merge(found, NEWEST, page, |run| {
        Key::one(run.created_at.micros(), run.id.0)
    }))
}

const NEWEST: Order = Order::Down("created_at");

/// The last attempt at a task.
pub async fn last_attempt(read: &mut Read, task: TaskId) -> Result<Option<Run>, Error> {
    let mut select = record::select::<Run>();
    select.push_equal("task_id", Some(&task));
    select.push(" AND parent_run_id IS NULL ORDER BY created_at DESC, id DESC LIMIT 1");
    record::optional(read, select).await
}

/// A page of the runs in one state, or in any.
fn statement(filter: &RunFilter, state: Option<RunState>, page: &Page) -> Result<Query, Error> {
    let mut select = record::select::<Run>();
    select
        .push_equal("project_id", filter.project.as_ref())
        .push_equal("state", state.as_ref())
        .push_equal("ticket_id", filter.ticket.as_ref())
        .push_equal("task_id", filter.task.as_ref())
        .push_equal("parent_run_id", filter.parent.as_ref())
        .push_equal("workflow", filter.workflow.as_ref())
        .push_equal("agent", filter.agent.as_ref());
    NEWEST.page(&mut select, page)?;
    Ok(select)
}

/// The runs that a run started, oldest first.
pub async fn children(read: &mut Read, parent: RunId) -> Result<Vec<Run>, Error> {
    let mut select = record::select::<Run>();
    select
        .push_equal("parent_run_id", Some(&parent))
        .push(" ORDER BY created_at, id");
    record::all(read, select).await
}

/// The open attempt at a task.
pub async fn open_on_task(read: &mut Read, task: TaskId) -> Result<Option<Run>, Error> {
    let mut select = record::select::<Run>();
    select.push_equal("task_id", Some(&task));
    select.push(" AND parent_run_id IS NULL AND ended_at IS NULL");
    record::optional(read, select).await
}

/// Open runs whose worker was last heard of before a moment, the longest silent first. Those that are marked already
/// and hold no lease are left out: there is nothing more to do about them.
pub async fn silent_since(
    read: &mut Read,
    moment: Timestamp,
    most: i64,
) -> Result<Vec<Run>, Error> {
    let mut select = record::select::<Run>();
    select
        .push(" AND ended_at IS NULL AND last_heartbeat_at < ")
        .push_bind(&moment);
    select.push(" AND (lost_contact = FALSE OR lease_expires_at IS NOT NULL)");
    select.push(" ORDER BY last_heartbeat_at").push_limit(most);
    record::all(read, select).await
}

/// Open runs that have run for longer than they may, the oldest first.
pub async fn overdue(read: &mut Read, now: Timestamp, most: i64) -> Result<Vec<Run>, Error> {
    let mut select = record::select::<Run>();
    select
        .push(" AND ended_at IS NULL AND max_runtime_seconds IS NOT NULL")
        .push(" AND started_at + max_runtime_seconds * 1000000 <= ")
        .push_bind(&now);
    select.push(" ORDER BY started_at").push_limit(most);
    record::all(read, select).await
}

/// Lets every open lease last until a moment, because nobody could renew it while the server was away. One that would last longer
/// was measured, and a sign of life from the future was given, before the clock was set back.
pub async fn renew_leases(tx: &mut Tx, now: Timestamp, until: Timestamp) -> Result<(), Error> {
    let update = query(
        "UPDATE runs SET lease_expires_at = CASE WHEN lease_expires_at IS NOT NULL THEN $1 END,
             last_heartbeat_at = CASE WHEN last_heartbeat_at > $2 THEN $2 ELSE last_heartbeat_at END
         WHERE ended_at IS NULL AND (lease_expires_at <> $1 OR last_heartbeat_at > $2)",
    );
    tx.run(update.bind(&until).bind(&now)).await.map(drop)
}

/// All runs of a ticket.
pub(crate) async fn of_ticket(read: &mut Read, ticket: TicketId) -> Result<Vec<Run>, Error> {
    let mut select = record::select::<Run>();
    select.push_equal("ticket_id", Some(&ticket));
    record::all(read, select).await
}

/// All runs of a task.
pub(crate) async fn of_task(read: &mut Read, task: TaskId) -> Result<Vec<Run>, Error> {
    let mut select = record::select::<Run>();
    select.push_equal("task_id", Some(&task));
    record::all(read, select).await
}

/// Removes a run with its content. That it ran stays in the counters; one that had not ended is interrupted.
pub(crate) async fn forget(tx: &mut Tx, run: &Run) -> Result<(), Error> {
    let sweep =
        query("INSERT INTO log_sweeps (run_id) VALUES ($1) ON CONFLICT (run_id) DO NOTHING");
    tx.run(sweep.bind(&run.id)).await?;
    search::remove(tx, run.id.0);
    tx.run(query("DELETE FROM runs WHERE id = $1").bind(&run.id))
        .await?;
    let interrupted = RunState::Interrupted.as_str();
    let to = if run.state.has_ended() {
        run.state.as_str()
    } else {
        interrupted
    };
    counts::shift(tx, run.project_id, Counted::Runs, run.state.as_str(), to).await
}

/// Whether an attempt at a task is somebody's, as its agent or as its worker.
pub async fn is_worker_of(read: &mut Read, task: TaskId, name: &Name) -> Result<bool, Error> {
    let select = query(
        "SELECT 1 FROM runs WHERE task_id = $1 AND parent_run_id IS NULL
             AND (agent = $2 OR worker = $3) LIMIT 1",
    );
    let select = select.bind(&task).bind(name).bind(name);
    Ok(read.optional(select).await?.is_some())
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
            RunFilter::default(),
            RunFilter {
                project: Some(ProjectId::new()),
                ..RunFilter::default()
            },
            RunFilter {
                ticket: Some(TicketId::new()),
                ..RunFilter::default()
            },
            RunFilter {
                task: Some(TaskId::new()),
                ..RunFilter::default()
            },
            RunFilter {
                parent: Some(RunId::new()),
                ..RunFilter::default()
            },
            RunFilter {
                workflow: name(),
                ..RunFilter::default()
            },
            RunFilter {
                agent: name(),
                ..RunFilter::default()
            },
        ];
        for filter in filters {
            for state in [None, Some(RunState::Failed)] {
                let page = plans::page();
                plans
                    .check_order(statement(&filter, state, &page).unwrap())
                    .await;
            }
        }
    }
}
