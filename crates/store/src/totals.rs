//! Totals: the seven columns that projects, tickets, tasks, runs and sessions carry for what was spent on them.

use model::Totals;

use crate::column::{Column, Value};
use crate::engine::Row;
use crate::query::query;
use crate::{Error, Tx};

/// Their names, in the order of [`values`].
pub(crate) const COLUMNS: &str = "cost_usd, unpriced_calls, tokens_input, tokens_output, \
     tokens_cache_read, tokens_cache_write, total_llm_calls";

pub(crate) fn read(row: &Row) -> Result<Totals, Error> {
    Ok(Totals {
        cost_usd: row.get("cost_usd")?,
        unpriced_calls: row.get("unpriced_calls")?,
        tokens_input: row.get("tokens_input")?,
        tokens_output: row.get("tokens_output")?,
        tokens_cache_read: row.get("tokens_cache_read")?,
        tokens_cache_write: row.get("tokens_cache_write")?,
        total_llm_calls: row.get("total_llm_calls")?,
    })
}

pub(crate) fn values(totals: Totals) -> [Value; 7] {
    [
        totals.cost_usd.value(),
        totals.unpriced_calls.value(),
        totals.tokens_input.value(),
        totals.tokens_output.value(),
        totals.tokens_cache_read.value(),
        totals.tokens_cache_write.value(),
        totals.total_llm_calls.value(),
    ]
}

/// The statement that adds to the totals of one row of a table.
macro_rules! add_to {
    ($table:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET cost_usd = cost_usd + $2, unpriced_calls = unpriced_calls + $3,
             tokens_input = tokens_input + $4, tokens_output = tokens_output + $5,
             tokens_cache_read = tokens_cache_read + $6,
             tokens_cache_write = tokens_cache_write + $7,
             total_llm_calls = total_llm_calls + $8
             WHERE id = $1"
        )
    };
}

/// Adds to what was spent on one row. An edit's version does not change: nobody edited anything.
pub(crate) async fn add(
    tx: &mut Tx,
    to: Spender,
    id: &impl Column,
    totals: Totals,
) -> Result<(), Error> {
    let sql = match to {
        Spender::Project => add_to!("projects"),
        Spender::Ticket => add_to!("tickets"),
        Spender::Task => add_to!("tasks"),
        Spender::Run => add_to!("runs"),
        Spender::Session => add_to!("sessions"),
    };
    tx.run(query(sql).bind(id).bind_all(values(totals)))
        .await
        .map(drop)
}

/// What something can be spent on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Spender {
    Project,
    Ticket,
    Task,
    Run,
    Session,
}
