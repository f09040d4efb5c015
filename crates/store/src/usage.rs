//! Usage: what was spent by hour, project, agent, model and role. Costs are read from here and never from the calls.

use model::{CallStatus, LlmCall, ProjectId, Timestamp, Totals};

use crate::engine::{Read, Row};
use crate::query::{Query, query};
use crate::totals;
use crate::{Error, Tx};

/// Adds what a call spent.
pub(crate) async fn add(tx: &mut Tx, call: &LlmCall, totals: Totals) -> Result<(), Error> {
    let upsert = query(
        "INSERT INTO usage_hourly (hour, project_id, agent, model, role, cost_usd, unpriced_calls,
             tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, total_llm_calls,
             errors)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (hour, project_id, agent, model, role) DO UPDATE SET
             cost_usd = usage_hourly.cost_usd + excluded.cost_usd,
             unpriced_calls = usage_hourly.unpriced_calls + excluded.unpriced_calls,
             tokens_input = usage_hourly.tokens_input + excluded.tokens_input,
             tokens_output = usage_hourly.tokens_output + excluded.tokens_output,
             tokens_cache_read = usage_hourly.tokens_cache_read + excluded.tokens_cache_read,
             tokens_cache_write = usage_hourly.tokens_cache_write + excluded.tokens_cache_write,
             total_llm_calls = usage_hourly.total_llm_calls + excluded.total_llm_calls,
             errors = usage_hourly.errors + excluded.errors",
    );
    let failed = if call.status == CallStatus::Error {
        totals.total_llm_calls
    } else {
        0
    };
    let name =
        |name: &Option<model::Name>| name.as_ref().map_or("", model::Name::as_str).to_owned();
    let upsert = upsert
        .bind(&call.started_at.hour())
        .bind(&call.project_id)
        .bind(&name(&call.runner))
        .bind(&call.model)
        .bind(&name(&call.role))
        .bind_all(totals::values(totals))
        .bind(&failed);
    tx.run(upsert).await.map(drop)
}

/// By what usage is summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By the model.
    Model,
    /// By what made the calls.
    Agent,
    /// By the role in which the model was called.
    Role,
    /// By the project, as its id.
    Project,
    /// By the hour, in microseconds since 1970.
    Hour,
}

/// What to sum up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// From this hour on.
    pub from: Timestamp,
    /// Before this moment.
    pub to: Timestamp,
    /// Only this project's.
    pub project: Option<ProjectId>,
}

/// A sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Sum {
    /// Of which model, agent or role; empty where nobody said.
    pub of: String,
    /// What was spent.
    pub totals: Totals,
    /// Calls that were not answered.
    pub errors: i64,
}

/// What was spent in a span of time, summed up by something, most expensive first.
pub async fn sums(read: &mut Read, span: &Span, by: By) -> Result<Vec<Sum>, Error> {
    let column = match by {
        By::Model => "model",
        By::Agent => "agent",
        By::Role => "role",
        By::Project => "project_id",
        By::Hour => "hour",
    };
    let mut select = Query::composed(format!(
        "SELECT {column}, {SUMS} FROM usage_hourly WHERE hour >= "
    ));
    select
        .push_bind(&span.from.hour())
        .push(" AND hour < ")
        .push_bind(&span.to);
    select.push_equal("project_id", span.project.as_ref());
    select.push(" GROUP BY 1 ORDER BY 2 DESC, 1");
    read.all(select)
        .await?
        .iter()
        .map(|row| sum(row, by))
        .collect()
}

const SUMS: &str = "CAST(sum(cost_usd) AS BIGINT) AS cost_usd,
     CAST(sum(unpriced_calls) AS BIGINT) AS unpriced_calls,
     CAST(sum(tokens_input) AS BIGINT) AS tokens_input,
     CAST(sum(tokens_output) AS BIGINT) AS tokens_output,
     CAST(sum(tokens_cache_read) AS BIGINT) AS tokens_cache_read,
     CAST(sum(tokens_cache_write) AS BIGINT) AS tokens_cache_write,
     CAST(sum(total_llm_calls) AS BIGINT) AS total_llm_calls,
     CAST(sum(errors) AS BIGINT) AS errors";

fn sum(row: &Row, by: By) -> Result<Sum, Error> {
    let of = match by {
        By::Model | By::Agent | By::Role => row.at(0)?,
        By::Project => row.at::<ProjectId>(0)?.to_string(),
        By::Hour => row.at::<i64>(0)?.to_string(),
    };
    Ok(Sum {
        of,
        totals: totals::read(row)?,
        errors: row.get("errors")?,
    })
}
