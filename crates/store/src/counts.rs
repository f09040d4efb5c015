//! Counters: how many tickets and runs of a project stand where, kept in the transaction that moves them. Tasks are
//! counted in `board_counts.rs`.

use std::collections::BTreeMap;

use model::ProjectId;

use crate::engine::Read;
use crate::query::{Query, query};
use crate::{Error, Tx};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Tickets by status.
    Tickets,
    /// Runs by state, since the beginning.
    Runs,
}

impl Counted {
    const fn kind(self) -> &'static str {
        match self {
            Self::Tickets => "ticket",
            Self::Runs => "run",
        }
    }
}

/// Something came to stand somewhere, or to stand there no longer.
pub(crate) async fn change(
    tx: &mut Tx,
    project: ProjectId,
    counted: Counted,
    state: &str,
    by: i64,
) -> Result<(), Error> {
    let upsert = query(
        "INSERT INTO counts (project_id, kind, state, amount) VALUES ($1, $2, $3, $4)
         ON CONFLICT (project_id, kind, state) DO UPDATE SET amount = counts.amount + excluded.amount",
    );
    let upsert = upsert.bind(&project).bind(&counted.kind().to_owned());
    tx.run(upsert.bind(&state.to_owned()).bind(&by))
        .await
        .map(drop)
}

/// Something moved.
pub(crate) async fn shift(
    tx: &mut Tx,
    project: ProjectId,
    counted: Counted,
    from: &str,
    to: &str,
) -> Result<(), Error> {
    if from == to {
        return Ok(());
    }
    change(tx, project, counted, from, -1).await?;
    change(tx, project, counted, to, 1).await
}

/// How many of a project stand where; states that nothing stands in are absent.
pub async fn of_project(
    read: &mut Read,
    project: ProjectId,
    counted: Counted,
) -> Result<BTreeMap<String, i64>, Error> {
    let mut select = Query::composed(
        "SELECT state, amount FROM counts WHERE amount <> 0 AND project_id = ".to_owned(),
    );
    select
        .push_bind(&project)
        .push(" AND kind = ")
        .push_bind(&counted.kind().to_owned());
    by_state(read, select).await
}

/// How many of all projects stand where.
pub async fn of_all(read: &mut Read, counted: Counted) -> Result<BTreeMap<String, i64>, Error> {
    let select = query(
        "SELECT state, CAST(sum(amount) AS BIGINT) FROM counts WHERE kind = $1
         GROUP BY state HAVING sum(amount) <> 0",
    );
    by_state(read, select.bind(&counted.kind().to_owned())).await
}

async fn by_state(read: &mut Read, select: Query) -> Result<BTreeMap<String, i64>, Error> {
    read.all(select)
        .await?
        .iter()
        .map(|row| Ok((row.at(0)?, row.at(1)?)))
        .collect()
}
