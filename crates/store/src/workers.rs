//! Workers as they are kept: who takes tasks, and when each was last heard of.

use std::collections::BTreeMap;

use model::{Name, Page, Paged, Principal, Run, Timestamp, Worker, WorkerFilter, WorkerId};

use crate::engine::Read;
use crate::pages::{self, Key, Order};
use crate::query::{Query, query};
use crate::record::{self, kept};
use crate::{Error, Tx};

kept!(Worker in "workers" {
    fixed: id, name, host, principal;
    edited: version, agents, skills, projects, capacity, draining, joined_at, last_seen_at, left_at;
});

/// Keeps a new worker. One of the same name, host and principal is a conflict.
pub async fn insert(tx: &mut Tx, worker: &Worker) -> Result<(), Error> {
    record::insert(tx, worker).await
}

/// The worker with this id.
pub async fn get(read: &mut Read, id: WorkerId) -> Result<Option<Worker>, Error> {
    record::get(read, &id).await
}

/// Those of some workers that are there, in no order.
pub async fn by_ids(read: &mut Read, ids: &[WorkerId]) -> Result<Vec<Worker>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = record::select::<Worker>();
    select.push_in("id", ids);
    record::all(read, select).await
}

/// The worker that calls itself so, in somebody's name.
pub async fn by_name(
    read: &mut Read,
    principal: &Principal,
    name: &Name,
    host: Option<&Name>,
) -> Result<Option<Worker>, Error> {
    let mut select = record::select::<Worker>();
    select
        .push_equal("principal", Some(principal))
        .push_equal("name", Some(name))
        .push(" AND COALESCE(host, '') = ")
        .push_bind(&host.map_or(String::new(), |host| host.as_str().to_owned()));
    record::optional(read, select).await
}

/// Writes what changed. Workers have no versions: only they themselves and who drains them change them.
pub async fn update(tx: &mut Tx, worker: &Worker) -> Result<(), Error> {
    record::overwrite(tx, &worker.id, worker).await
}

/// A page of workers, the last to come first.
pub async fn list(
    read: &mut Read,
    filter: WorkerFilter,
    page: &Page,
) -> Result<Paged<Worker>, Error> {
    let found = record::all(read, statement(filter, page)?).await?;
    Ok(pages::cut(found, page, |worker: &Worker| {
        Key::one(worker.joined_at.micros(), worker.id.0)
    }))
}

fn statement(filter: WorkerFilter, page: &Page) -> Result<Query, Error> {
    let mut select = record::select::<Worker>();
    if !filter.include_left {
        select.push(" AND left_at IS NULL");
    }
    Order::Down("joined_at").page(&mut select, page)?;
    Ok(select)
}

/// Every worker that is there, the first to come first.
pub async fn there(read: &mut Read) -> Result<Vec<Worker>, Error> {
    let mut select = record::select::<Worker>();
    select.push(" AND left_at IS NULL ORDER BY joined_at, id");
    record::all(read, select).await
}

/// Whether any worker is there.
pub async fn is_anybody_there(read: &mut Read) -> Result<bool, Error> {
    let select = query("SELECT 1 FROM workers WHERE left_at IS NULL LIMIT 1");
    Ok(read.optional(select).await?.is_some())
}

/// Workers that are there and were last heard of before a moment, the longest silent first.
pub async fn silent_since(
    read: &mut Read,
    moment: Timestamp,
    most: i64,
) -> Result<Vec<Worker>, Error> {
    let mut select = record::select::<Worker>();
    select
        .push(" AND left_at IS NULL AND last_seen_at < ")
        .push_bind(&moment);
    select.push(" ORDER BY last_seen_at").push_limit(most);
    record::all(read, select).await
}

/// The runs of a worker that have not ended, oldest first.
pub async fn open_runs(read: &mut Read, worker: &Worker) -> Result<Vec<Run>, Error> {
    let mut select = record::select::<Run>();
    select.push_equal("worker", Some(&worker.name));
    select
        .push(" AND ended_at IS NULL AND worker IS NOT NULL AND COALESCE(host, '') = ")
        .push_bind(
            &worker
                .host
                .as_ref()
                .map_or(String::new(), |host| host.as_str().to_owned()),
        );
    select.push(" ORDER BY created_at, id");
    record::all(read, select).await
}

/// Who works: a worker's name, its host (empty where it has none), and in whose name it takes tasks.
pub type Hands = (String, String, String);

/// Who a worker is.
#[must_use]
pub fn hands(worker: &Worker) -> Hands {
    let host = worker.host.as_ref().map_or("", |host| host.as_str());
    let name = worker.name.as_str().to_owned();
    (name, host.to_owned(), worker.principal.to_string())
}

/// How many tasks workers of these names are at work on; of all when none is named.
pub async fn open_task_counts(
    read: &mut Read,
    names: &[Name],
) -> Result<BTreeMap<Hands, i64>, Error> {
    let rows = read.all(counting(names)).await?;
    let counted = rows
        .iter()
        .map(|row| Ok(((row.at(0)?, row.at(1)?, row.at(2)?), row.at(3)?)));
    counted.collect()
}

fn counting(names: &[Name]) -> Query {
    let mut select = query(
        "SELECT runs.worker, COALESCE(runs.host, ''), tokens.created_by, CAST(count(*) AS BIGINT) FROM runs
         JOIN tokens ON tokens.run_id = runs.id
         WHERE runs.ended_at IS NULL AND runs.worker IS NOT NULL AND runs.parent_run_id IS NULL
         AND runs.task_id IS NOT NULL",
    );
    select.push_in("runs.worker", names);
    select.push(" GROUP BY runs.worker, COALESCE(runs.host, ''), tokens.created_by");
    select
}

/// How many open runs say that a worker of such a name runs them, whoever that is: never less than its tasks, and sooner
/// counted.
pub async fn open_run_counts(
    read: &mut Read,
    names: &[Name],
) -> Result<BTreeMap<String, i64>, Error> {
    let mut select = query(
        "SELECT worker, CAST(count(*) AS BIGINT) FROM runs WHERE ended_at IS NULL AND worker IS NOT NULL",
    );
    select.push_in("worker", names);
    select.push(" GROUP BY worker");
    let rows = read.all(select).await?;
    let counted = rows.iter().map(|row| Ok((row.at(0)?, row.at(1)?)));
    counted.collect()
}

/// The tasks' runs of a worker of which nothing was heard since they were claimed, oldest first.
pub async fn unheard_runs(read: &mut Read, worker: &Worker) -> Result<Vec<Run>, Error> {
    let mut select = record::select::<Run>();
    select.push_equal("worker", Some(&worker.name));
    select
        .push(
            " AND ended_at IS NULL AND worker IS NOT NULL AND parent_run_id IS NULL AND task_id IS NOT NULL
             AND version = 1 AND last_heartbeat_at = created_at AND log_lines = 0 AND COALESCE(host, '') = ",
        )
        .push_bind(&hands(worker).1);
    select
        .push(" AND EXISTS (SELECT 1 FROM tokens WHERE tokens.run_id = runs.id AND tokens.created_by = ")
        .push_bind(&worker.principal)
        .push(") ORDER BY created_at, id");
    record::all(read, select).await
}

/// Forgets workers that went away before a moment.
pub async fn sweep(tx: &mut Tx, moment: Timestamp) -> Result<(), Error> {
    let delete = query("DELETE FROM workers WHERE left_at IS NOT NULL AND left_at < $1");
    tx.run(delete.bind(&moment)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans;

    #[tokio::test]
    async fn a_page_is_read_from_an_index_in_its_order() {
        let plans = plans::open().await;
        for include_left in [false, true] {
            let page = plans::page();
            let select = statement(WorkerFilter { include_left }, &page).unwrap();
            plans.check_order(select).await;
        }
    }
}
