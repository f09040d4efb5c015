//! The ledger: one row per call to a model, whatever reported it, and everything that is summed up from it.

use model::{
    CallStatus, Exactness, LlmCall, LlmCallFilter, LlmCallId, Name, Page, Paged, ProjectId, RunId,
    Tokens, Totals,
};

use crate::column::{Column, Value};
use crate::engine::{Read, Row};
use crate::pages::{self, Key, Order};
use crate::query::query;
use crate::record::{self, Kept};
use crate::totals::{self, Spender};
use crate::{Error, Tx, usage};

impl Kept for LlmCall {
    const TABLE: &'static str = "llm_calls";
    const FIXED: &'static [&'static str] = &[
        "id",
        "project_id",
        "ticket_id",
        "task_id",
        "run_id",
        "step_id",
        "session_id",
        "call_key",
        "exactness",
        "role",
        "runner",
        "provider",
        "model",
        "stage",
        "channel",
        "attempt",
        "input",
        "cache_read",
        "cache_write_5m",
        "cache_write_1h",
        "output",
        "reasoning",
        "cost_usd",
        "reported_cost_usd",
        "price_version",
        "status",
        "error",
        "duration_ms",
        "provider_request_id",
        "started_at",
        "created_at",
    ];
    const EDITED: &'static [&'static str] = &[];
    const COLUMNS: &'static str = "id, project_id, ticket_id, task_id, run_id, step_id, session_id, call_key, \
         exactness, role, runner, provider, model, stage, channel, attempt, input, cache_read, cache_write_5m, \
         cache_write_1h, output, reasoning, cost_usd, reported_cost_usd, price_version, status, error, \
         duration_ms, provider_request_id, started_at, created_at";

    fn read(row: &Row) -> Result<Self, Error> {
        let tokens = read_tokens(row)?;
        Ok(Self {
            id: row.get("id")?,
            project_id: row.get("project_id")?,
            ticket_id: row.get("ticket_id")?,
            task_id: row.get("task_id")?,
            run_id: row.get("run_id")?,
            step_id: row.get("step_id")?,
            session_id: row.get("session_id")?,
            call_key: row.get("call_key")?,
            exactness: row.get("exactness")?,
            role: row.get("role")?,
            runner: row.get("runner")?,
            provider: row.get("provider")?,
            model: row.get("model")?,
            stage: row.get("stage")?,
            channel: row.get("channel")?,
            attempt: row.get("attempt")?,
            tokens,
            tokens_input: tokens.all_input(),
            tokens_output: tokens.output,
            cost_usd: row.get("cost_usd")?,
            reported_cost_usd: row.get("reported_cost_usd")?,
            price_version: row.get("price_version")?,
            status: row.get("status")?,
            error: row.get("error")?,
            duration_ms: row.get("duration_ms")?,
            provider_request_id: row.get("provider_request_id")?,
            started_at: row.get("started_at")?,
            created_at: row.get("created_at")?,
        })
    }

    fn fixed(&self) -> Vec<Value> {
        vec![
            self.id.value(),
            self.project_id.value(),
            self.ticket_id.value(),
            self.task_id.value(),
            self.run_id.value(),
            self.step_id.value(),
            self.session_id.value(),
            self.call_key.value(),
            self.exactness.value(),
            self.role.value(),
            self.runner.value(),
            self.provider.value(),
            self.model.value(),
            self.stage.value(),
            self.channel.value(),
            self.attempt.value(),
            self.tokens.input.value(),
            self.tokens.cache_read.value(),
            self.tokens.cache_write_5m.value(),
            self.tokens.cache_write_1h.value(),
            self.tokens.output.value(),
            self.tokens.reasoning.value(),
            self.cost_usd.value(),
            self.reported_cost_usd.value(),
            self.price_version.value(),
            self.status.value(),
            self.error.value(),
            self.duration_ms.value(),
            self.provider_request_id.value(),
            self.started_at.value(),
            self.created_at.value(),
        ]
    }

    fn edited(&self) -> Vec<Value> {
        Vec::new()
    }
}

fn read_tokens(row: &Row) -> Result<Tokens, Error> {
    Ok(Tokens {
        input: row.get("input")?,
        cache_read: row.get("cache_read")?,
        cache_write_5m: row.get("cache_write_5m")?,
        cache_write_1h: row.get("cache_write_1h")?,
        output: row.get("output")?,
        reasoning: row.get("reasoning")?,
    })
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Reported {
    /// The call as the ledger has it now.
    pub call: LlmCall,
    /// The call as the ledger had it before.
    pub before: Option<LlmCall>,
    /// Whether this report changed anything. One that is less exact than what is known changes nothing.
    pub changed: bool,
}

/// Enters a report. The same call, known by its key, stands in the ledger once: the more exact report wins, and of two
/// that are equally exact the one that saw more tokens, or the later one where it settles. All sums change by the difference.
pub async fn report(tx: &mut Tx, mut call: LlmCall) -> Result<Reported, Error> {
    let before = by_key(tx, call.project_id, &call.call_key).await?;
    let Some(old) = before else {
        record::insert(tx, &call).await?;
        spend(tx, &call, contribution(&call)).await?;
        return Ok(Reported {
            call,
            before: None,
            changed: true,
        });
    };
    if !wins(&call, &old) {
        return Ok(Reported {
            call: old.clone(),
            before: Some(old),
            changed: false,
        });
    }
    inherit(&mut call, &old);
    replace(tx, &old, &call).await?;
    Ok(Reported {
        call,
        before: Some(old),
        changed: true,
    })
}

fn wins(new: &LlmCall, old: &LlmCall) -> bool {
    match (old.status, new.status) {
        (CallStatus::Active, CallStatus::Active) => new.exactness >= old.exactness,
        (CallStatus::Active, _) => true,
        (_, CallStatus::Active) => false,
        // A settling row follows the calls that it settles: it shrinks when one more of them comes to light.
        _ if (old.exactness, new.exactness) == (Exactness::Settling, Exactness::Settling) => true,
        _ => (new.exactness, new.tokens.total()) >= (old.exactness, old.tokens.total()),
    }
}

/// What a better report leaves open, an earlier one may have known.
fn inherit(new: &mut LlmCall, old: &LlmCall) {
    new.id = old.id;
    new.created_at = old.created_at;
    new.started_at = new.started_at.min(old.started_at);
    new.ticket_id = new.ticket_id.or(old.ticket_id);
    new.task_id = new.task_id.or(old.task_id);
    new.run_id = new.run_id.or(old.run_id);
    new.step_id = new.step_id.or(old.step_id);
    new.session_id = new.session_id.or(old.session_id);
    new.duration_ms = new.duration_ms.or(old.duration_ms);
    new.reported_cost_usd = new.reported_cost_usd.or(old.reported_cost_usd);
    let names = [
        (&mut new.role, &old.role),
        (&mut new.runner, &old.runner),
        (&mut new.provider, &old.provider),
        (&mut new.stage, &old.stage),
        (&mut new.channel, &old.channel),
        (&mut new.provider_request_id, &old.provider_request_id),
    ];
    for (name, known) in names {
        if name.is_none() {
            name.clone_from(known);
        }
    }
}

/// Puts a call in place of what the ledger had, for example after prices changed.
pub async fn replace(tx: &mut Tx, old: &LlmCall, new: &LlmCall) -> Result<(), Error> {
    delete(tx, old.id).await?;
    record::insert(tx, new).await?;
    let (before, after) = (contribution(old), contribution(new));
    if account(old) == account(new) {
        return spend(tx, new, after.minus(before)).await;
    }
    spend(tx, old, Totals::default().minus(before)).await?;
    spend(tx, new, after).await
}

/// Takes a call out of the ledger, because better reports make up for it.
pub async fn withdraw(tx: &mut Tx, call: &LlmCall) -> Result<(), Error> {
    delete(tx, call.id).await?;
    spend(tx, call, Totals::default().minus(contribution(call))).await
}

async fn delete(tx: &mut Tx, id: LlmCallId) -> Result<(), Error> {
    tx.run(query("DELETE FROM llm_calls WHERE id = $1").bind(&id))
        .await
        .map(drop)
}

/// What a call adds to the sums. One that is under way has cost nothing yet; a settling row is spending without being
/// a call.
fn contribution(call: &LlmCall) -> Totals {
    let totals = Totals::of_call(call.tokens, call.cost_usd);
    match (call.status, call.exactness) {
        (CallStatus::Active, _) => Totals::default(),
        (_, Exactness::Settling) => Totals {
            total_llm_calls: 0,
            ..totals
        },
        _ => totals,
    }
}

/// Everything that says where a call is summed up.
fn account(call: &LlmCall) -> impl PartialEq {
    let what = (
        call.ticket_id,
        call.task_id,
        call.run_id,
        call.step_id,
        call.session_id,
    );
    let who = (call.model.clone(), call.runner.clone(), call.role.clone());
    (what, who, call.started_at.hour(), call.status)
}

async fn spend(tx: &mut Tx, call: &LlmCall, totals: Totals) -> Result<(), Error> {
    if totals == Totals::default() {
        return Ok(());
    }
    totals::add(tx, Spender::Project, &call.project_id, totals).await?;
    if let Some(ticket) = &call.ticket_id {
        totals::add(tx, Spender::Ticket, ticket, totals).await?;
    }
    if let Some(task) = &call.task_id {
        totals::add(tx, Spender::Task, task, totals).await?;
    }
    if let Some(run) = &call.run_id {
        totals::add(tx, Spender::Run, run, totals).await?;
    }
    if let Some(session) = &call.session_id {
        totals::add(tx, Spender::Session, session, totals).await?;
    }
    if let Some(step) = &call.step_id {
        let update = query(
            "UPDATE steps SET tokens_input = tokens_input + $2, tokens_output = tokens_output + $3
             WHERE id = $1",
        );
        let update = update
            .bind(step)
            .bind(&totals.tokens_input)
            .bind(&totals.tokens_output);
        tx.run(update).await?;
    }
    usage::add(tx, call, totals).await
}

/// The call with this id.
pub async fn get(read: &mut Read, id: LlmCallId) -> Result<Option<LlmCall>, Error> {
    record::get(read, &id).await
}

/// The call with this key in a project.
pub async fn by_key(
    read: &mut Read,
    project: ProjectId,
    key: &Name,
) -> Result<Option<LlmCall>, Error> {
    let mut select = record::select::<LlmCall>();
    select
        .push_equal("project_id", Some(&project))
        .push_equal("call_key", Some(key));
    record::optional(read, select).await
}

/// The calls of a run that were reported no more exactly than this, oldest first.
pub async fn of_run_up_to(
    read: &mut Read,
    run: RunId,
    most: Exactness,
) -> Result<Vec<LlmCall>, Error> {
    let wanted: Vec<_> = Exactness::ALL
        .iter()
        .copied()
        .filter(|exact| *exact <= most)
        .collect();
    let mut select = record::select::<LlmCall>();
    select
        .push_equal("run_id", Some(&run))
        .push_in("exactness", &wanted);
    select.push(" ORDER BY created_at, id");
    record::all(read, select).await
}

/// A page of calls, newest first.
pub async fn list(
    read: &mut Read,
    filter: &LlmCallFilter,
    page: &Page,
) -> Result<Paged<LlmCall>, Error> {
    let mut select = record::select::<LlmCall>();
    select
        .push_equal("project_id", filter.project.as_ref())
        .push_equal("ticket_id", filter.ticket.as_ref())
        .push_equal("task_id", filter.task.as_ref())
        .push_equal("run_id", filter.run.as_ref())
        .push_equal("model", filter.model.as_ref());
    match filter.status {
        // Written out, so that the index of what is not a success is used.
        Some(CallStatus::Active) => select.push(" AND status = 'active' AND status <> 'success'"),
        Some(CallStatus::Error) => select.push(" AND status = 'error' AND status <> 'success'"),
        Some(CallStatus::Cancelled) => {
            select.push(" AND status = 'cancelled' AND status <> 'success'")
        }
        Some(CallStatus::Success) => select.push(" AND status = 'success'"),
        None => &mut select,
    };
    Order::Down("created_at").page(&mut select, page)?;
    let found = record::all(read, select).await?;
    Ok(pages::cut(found, page, |call: &LlmCall| {
        Key::one(call.created_at.micros(), call.id.0)
    }))
}
