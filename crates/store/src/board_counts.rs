//! Counters of boards: how many tasks of whom stand where, kept in the transaction that moves them.

use std::collections::BTreeMap;

use model::{Name, ProjectId, Task, TaskState};

use crate::engine::{Read, Row};
use crate::query::query;
use crate::{Error, Tx};

/// How many tasks of somebody stand somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardCount {
    /// For whom they are done.
    pub tenant: Option<Name>,
    /// The agent profile that is to do them.
    pub assignee: Option<Name>,
    /// Where they stand.
    pub status: TaskState,
    /// How many.
    pub amount: i64,
}

/// Where a task is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Spot {
    pub(crate) project: ProjectId,
    pub(crate) tenant: Option<Name>,
    pub(crate) assignee: Option<Name>,
    pub(crate) status: TaskState,
}

impl Spot {
    pub(crate) fn of(task: &Task) -> Self {
        Self {
            project: task.project_id,
            tenant: task.tenant.clone(),
            assignee: task.assignee.clone(),
            status: task.status,
        }
    }
}

/// A task came to stand somewhere, or to stand there no longer.
pub(crate) async fn change(tx: &mut Tx, spot: &Spot, by: i64) -> Result<(), Error> {
    let upsert = query(
        "INSERT INTO board_counts (project_id, tenant, assignee, status, amount)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (project_id, tenant, assignee, status)
         DO UPDATE SET amount = board_counts.amount + excluded.amount",
    );
    let upsert = upsert
        .bind(&spot.project)
        .bind(&text(spot.tenant.as_ref()))
        .bind(&text(spot.assignee.as_ref()));
    tx.run(upsert.bind(&spot.status).bind(&by)).await.map(drop)
}

/// A task moved, or is somebody else's.
pub(crate) async fn shift(tx: &mut Tx, from: &Spot, to: &Spot) -> Result<(), Error> {
    if from == to {
        return Ok(());
    }
    change(tx, from, -1).await?;
    change(tx, to, 1).await
}

/// Tasks that came or moved, counted together.
#[derive(Debug, Default)]
pub(crate) struct Moves(BTreeMap<Spot, i64>);

impl Moves {
    /// A task is new.
    pub(crate) fn arrive(&mut self, spot: Spot) {
        *self.0.entry(spot).or_default() += 1;
    }

    /// A task moved.
    pub(crate) fn add(&mut self, from: Spot, to: Spot) {
        *self.0.entry(from).or_default() -= 1;
        *self.0.entry(to).or_default() += 1;
    }

    /// Writes what came of it all.
    pub(crate) async fn write(self, tx: &mut Tx) -> Result<(), Error> {
        for (spot, by) in self.0.into_iter().filter(|(_, by)| *by != 0) {
            change(tx, &spot, by).await?;
        }
        Ok(())
    }
}

/// A name as it is counted; nobody is an empty text, which no name is.
fn text(name: Option<&Name>) -> String {
    name.map_or_else(String::new, |name| name.as_str().to_owned())
}

/// Everything that is counted in a project.
pub async fn of_project(read: &mut Read, project: ProjectId) -> Result<Vec<BoardCount>, Error> {
    let select = query(
        "SELECT tenant, assignee, status, amount FROM board_counts
         WHERE project_id = $1 AND amount <> 0 ORDER BY tenant, assignee, status",
    );
    let rows = read.all(select.bind(&project)).await?;
    rows.iter().map(count).collect()
}

/// How many tasks each agent profile has where, in a project or in all.
pub async fn by_assignee(
    read: &mut Read,
    project: Option<ProjectId>,
) -> Result<Vec<BoardCount>, Error> {
    let rows = match project {
        Some(project) => query(
            "SELECT '', assignee, status, CAST(sum(amount) AS BIGINT) FROM board_counts
             WHERE project_id = $1 GROUP BY assignee, status HAVING sum(amount) <> 0
             ORDER BY assignee, status",
        )
        .bind(&project),
        None => query(
            "SELECT '', assignee, status, CAST(sum(amount) AS BIGINT) FROM board_counts
             GROUP BY assignee, status HAVING sum(amount) <> 0 ORDER BY assignee, status",
        ),
    };
    read.all(rows).await?.iter().map(count).collect()
}

/// How many tasks of a project, or of all, stand where; states that nothing stands in are absent.
pub async fn by_status(
    read: &mut Read,
    project: Option<ProjectId>,
) -> Result<BTreeMap<String, i64>, Error> {
    let mut found = BTreeMap::new();
    for count in by_assignee(read, project).await? {
        *found.entry(count.status.as_str().to_owned()).or_default() += count.amount;
    }
    Ok(found)
}

fn count(row: &Row) -> Result<BoardCount, Error> {
    Ok(BoardCount {
        tenant: name(row.at(0)?)?,
        assignee: name(row.at(1)?)?,
        status: row.at(2)?,
        amount: row.at(3)?,
    })
}

fn name(text: String) -> Result<Option<Name>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    Name::parse(text).map(Some).map_err(Error::corrupt)
}
