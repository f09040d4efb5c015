//! Symptoms of many tasks at once, counted row by row: when something was seen is not known then, only how often.

use model::{DaemonState, ProjectId, Sightings, Symptoms, Timestamp};

use crate::Error;
use crate::engine::{Read, Row};
use crate::query::query;

/// The moment at which tasks are judged.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// When.
    pub now: Timestamp,
    /// Whether work is handed out at all then.
    pub daemon: DaemonState,
}

/// Whether a person stopped handing out a project's work.
pub async fn is_held(read: &mut Read, project: ProjectId, moment: Moment) -> Result<bool, Error> {
    let select = query(
        "SELECT 1 FROM projects WHERE id = $1 AND (loop_state <> 'running' OR archived_at IS NOT NULL)",
    );
    let row = read.optional(select.bind(&project)).await?;
    Ok(row.is_some() || moment.daemon == DaemonState::Paused)
}

/// What is counted of a task, besides its own columns.
pub(crate) const COUNTED: &str = "
    (SELECT count(DISTINCT named_id) FROM mentions WHERE task_id = tasks.id
        AND NOT EXISTS (SELECT 1 FROM tasks AS named WHERE named.id = mentions.named_id))
        AS unknown_tasks,
    (SELECT count(*) FROM projects WHERE projects.id = tasks.project_id
        AND (loop_state <> 'running' OR archived_at IS NOT NULL)) AS held";

/// What can be seen of a task whose row holds its own columns and those that are counted.
pub(crate) fn read(row: &Row, moment: Moment) -> Result<Symptoms, Error> {
    let since: Timestamp = row.get("status_since")?;
    let seen = |count| Sightings::counted(count, since);
    let held: i64 = row.get("held")?;
    Ok(Symptoms {
        status: row.get("status")?,
        since,
        not_before: row.get("not_before")?,
        is_held: held > 0 || moment.daemon == DaemonState::Paused,
        failures: seen(row.get("failure_count")?),
        crashes: seen(row.get("crash_count")?),
        blocks: seen(row.get("block_recurrences")?),
        silences: seen(row.get("silent_runs")?),
        false_starts: seen(row.get("false_starts")?),
        refusals: seen(row.get("refusals")?),
        unknown: seen(row.get("unknown_tasks")?),
        unknown_ids: Vec::new(),
    })
}
