//! Steps as they are kept.

use model::{Name, RunId, Step, StepId, StepState, Timestamp};

use crate::engine::Read;
use crate::query::query;
use crate::record::{self, kept};
use crate::{Error, Tx};

kept!(Step in "steps" {
    fixed: id, run_id, parent_step_id, sequence, step_type, name, external_id, attempt, first_line,
        tokens_input, tokens_output, started_at;
    edited: title, state, result, child_run_id, last_line, output, ended_at, duration_ms;
});

/// Gives the next place among a run's steps.
pub async fn next_sequence(tx: &mut Tx, run: RunId) -> Result<i64, Error> {
    let update = query(
        "UPDATE runs SET last_step_sequence = last_step_sequence + 1 WHERE id = $1
         RETURNING last_step_sequence",
    );
    tx.one(update.bind(&run)).await?.at(0)
}

/// Keeps a new step. An external id that the run has already is a conflict.
pub async fn insert(tx: &mut Tx, step: &Step) -> Result<(), Error> {
    record::insert(tx, step).await
}

/// The step with this id.
pub async fn get(read: &mut Read, id: StepId) -> Result<Option<Step>, Error> {
    record::get(read, &id).await
}

/// The step that the agent calls so.
pub async fn by_external_id(
    read: &mut Read,
    run: RunId,
    external_id: &Name,
) -> Result<Option<Step>, Error> {
    let mut select = record::select::<Step>();
    select
        .push_equal("run_id", Some(&run))
        .push_equal("external_id", Some(external_id));
    record::optional(read, select).await
}

/// The steps of a run in the order in which they began, at most so many.
pub async fn of_run(read: &mut Read, run: RunId, most: i64) -> Result<Vec<Step>, Error> {
    let mut select = record::select::<Step>();
    select
        .push_equal("run_id", Some(&run))
        .push(" ORDER BY sequence")
        .push_limit(most);
    record::all(read, select).await
}

/// Writes what changed. Steps have no versions: only the run's worker changes them.
pub async fn update(tx: &mut Tx, step: &Step) -> Result<(), Error> {
    record::overwrite(tx, &step.id, step).await
}

/// Ends the steps of a run that ended before them; answers them as they are now.
pub async fn end_open(tx: &mut Tx, run: RunId, at: Timestamp) -> Result<Vec<Step>, Error> {
    let mut select = record::select::<Step>();
    select
        .push_equal("run_id", Some(&run))
        .push(" AND ended_at IS NULL ORDER BY sequence");
    let mut open: Vec<Step> = record::all(tx, select).await?;
    for step in &mut open {
        step.state = StepState::Cancelled;
        step.ended_at = Some(at);
        step.duration_ms = Some(at.millis_since(step.started_at));
        update(tx, step).await?;
    }
    Ok(open)
}
