//! Mentions: which tasks are named by what is said about a task, so that it is known at once where one is named that is not
//! there.

use model::{Run, Task, TaskId, Text, Timestamp, named_tasks};
use uuid::Uuid;

use crate::engine::Read;
use crate::query::query;
use crate::{Error, Tx};

/// No more are told of one task.
const MOST: i64 = 100;

/// What a task's own words name.
pub(crate) fn of_task(task: &Task) -> Vec<TaskId> {
    let said = [
        Some(&task.body),
        task.result.as_ref(),
        task.block_reason.as_ref(),
    ];
    let named = said.into_iter().flatten();
    named.flat_map(|text| named_tasks(text.as_str())).collect()
}

/// Notes what a task's own words name now; what they no longer name is forgotten.
pub(crate) async fn renew(tx: &mut Tx, task: &Task, named: &[TaskId]) -> Result<(), Error> {
    let mut delete =
        query("DELETE FROM mentions WHERE task_id = $1 AND source_id = $1").bind(&task.id);
    if !named.is_empty() {
        delete
            .push(" AND NOT (TRUE")
            .push_in("named_id", named)
            .push(")");
    }
    tx.run(delete).await?;
    note(tx, task.id, task.id.0, named, task.updated_at).await
}

/// Notes what a text names that stays as it is, such as a comment.
pub(crate) async fn add(
    tx: &mut Tx,
    task: TaskId,
    source: Uuid,
    text: &Text,
    at: Timestamp,
) -> Result<(), Error> {
    note(tx, task, source, &named_tasks(text.as_str()), at).await
}

/// Notes what a run's summary names.
pub(crate) async fn add_of_run(tx: &mut Tx, run: &Run) -> Result<(), Error> {
    match (run.task_id, &run.summary) {
        (Some(task), Some(summary)) => {
            let at = run.ended_at.unwrap_or(run.last_heartbeat_at);
            add(tx, task, run.id.0, summary, at).await
        }
        _ => Ok(()),
    }
}

/// Notes mentions; those that are noted already keep their time.
pub(crate) async fn note(
    tx: &mut Tx,
    task: TaskId,
    source: Uuid,
    named: &[TaskId],
    at: Timestamp,
) -> Result<(), Error> {
    for id in named {
        let insert = query(
            "INSERT INTO mentions (task_id, source_id, named_id, created_at)
             VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        );
        tx.run(insert.bind(&task).bind(&source).bind(id).bind(&at))
            .await?;
    }
    Ok(())
}

/// The tasks that are named by what is said about a task and are not there, each as often as it was named.
pub async fn unknown(read: &mut Read, task: TaskId) -> Result<Vec<(TaskId, Timestamp)>, Error> {
    let select = query(
        "SELECT named_id, created_at FROM mentions WHERE task_id = $1
         AND NOT EXISTS (SELECT 1 FROM tasks WHERE tasks.id = mentions.named_id) LIMIT $2",
    );
    let rows = read.all(select.bind(&task).bind(&MOST)).await?;
    rows.iter()
        .map(|row| Ok((row.at(0)?, row.at(1)?)))
        .collect()
}
