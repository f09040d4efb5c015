//! How a run ends: reported by its worker, asked for by a person, or because its lease ran out.

use std::sync::Arc;

use auth::Caller;
use model::{
    EventFilter, EventType, FinishRun, NotAllowed, Outcome, Page, Principal, Run, RunFilter, RunId,
    RunState, Scope, SessionState, Severity, Text, Timestamp,
};
use serde_json::json;
use store::{Tx, events, runs as kept_runs, sessions, tasks as kept_tasks, tokens};

use crate::attempts::{self, Ending};
use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::{App, Error, fence, runs, steps, tallies, task_moves};

/// How long a run's token outlives its run, in seconds: late lines and calls are still taken.
const TOKEN_SECONDS: i64 = 7 * 24 * 3600;
/// What is said of a run that was stopped at its deadline.
pub(crate) const TOO_SLOW: &str = "it took longer than it may";
/// What is said of a run that was cancelled while nobody was there to stop.
pub(crate) const SILENT: &str = "its worker was not heard of";
/// Attempts that are looked at for leases that ran out one after the other; the wait is as long as it gets before that.
const LAST_ATTEMPTS: i64 = 10;

impl App {
    /// Takes a worker's word on how its run ended. The same word again changes nothing.
    pub async fn finish_run(
        &self,
        caller: &Caller,
        id: RunId,
        end: FinishRun,
    ) -> Result<Run, Error> {
        caller.holds(Scope::Report)?;
        let misfits = Arc::clone(self.misfits());
        let (run, was_open) = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let run = runs::to_report(tx, &deed, id, end.lease_epoch).await?;
                    let was_open = !run.state.has_ended();
                    let run = finish(tx, &deed, run, end).await?;
                    // Before anybody can hear that the task is free again.
                    misfits.note(&run, deed.at);
                    Ok((run, was_open))
                })
            })
            .await?;
        if was_open {
            self.record_cancel_latency(&run);
        }
        Ok(run)
    }

    /// Asks for a run's end. Its worker hears of it with its next heartbeat; where no worker is heard of, the run
    /// ends at once.
    pub async fn cancel_run(&self, caller: &Caller, id: RunId) -> Result<Run, Error> {
        caller.holds(Scope::Report)?;
        let (run, was_open) = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let run = to_cancel(tx, &deed, id).await?;
                    let was_open = !run.state.has_ended();
                    Ok((cancel(tx, &deed, run).await?, was_open))
                })
            })
            .await?;
        if was_open {
            self.record_cancel_latency(&run);
        }
        Ok(run)
    }

    /// Notes how long it took until a run that was cancelled was heard to have ended: by the server's clock alone, and not when
    /// the end was only decreed here.
    pub(crate) fn record_cancel_latency(&self, run: &Run) {
        let asked = run
            .cancel_requested_at
            .filter(|_| run.outcome == Some(Outcome::Cancelled));
        if let Some(asked) = asked {
            let millis = self.clock().now().millis_since(asked).max(0);
            metrics::histogram!("dashboard_cancel_seconds").record(millis as f64 / 1000.0);
        }
    }
}

/// Those who operate may cancel any run, a worker its own.
async fn to_cancel(tx: &mut Tx, deed: &Deed, id: RunId) -> Result<Run, Error> {
    let run = runs::there(tx, id).await?;
    match &deed.caller.run {
        Some(_) => deed.caller.report_run(run.project_id, run.id)?,
        None => deed.caller.act("run", Scope::Operate, run.project_id)?,
    }
    Ok(run)
}

async fn finish(tx: &mut Tx, deed: &Deed, run: Run, end: FinishRun) -> Result<Run, Error> {
    fence::refuse_reclaimed(&run)?;
    if run.state.has_ended() {
        return match run.outcome == Some(end.outcome) || was_too_slow(&run, &end) {
            true => Ok(run),
            false => Err(NotAllowed::new("finish", "run", run.state.as_str()).into()),
        };
    }
    let end = judge(&run, end, deed.at);
    end_run(tx, deed, run, end).await
}

/// Whether a worker says again that it stopped, of a run that was stopped because it took too long.
fn was_too_slow(run: &Run, end: &FinishRun) -> bool {
    end.outcome == Outcome::Cancelled && run.outcome == Some(Outcome::TimedOut)
}

/// A worker that was stopped at its deadline says that it was cancelled; it was too slow.
pub(crate) fn judge(run: &Run, end: FinishRun, at: Timestamp) -> FinishRun {
    let Some(deadline) = run.deadline() else {
        return end;
    };
    let stopped_at = run.cancel_requested_at.unwrap_or(at);
    if end.outcome != Outcome::Cancelled || stopped_at < deadline {
        return end;
    }
    FinishRun {
        outcome: Outcome::TimedOut,
        error: end.error.clone().or_else(|| Some(Text::lossy(TOO_SLOW))),
        ..end
    }
}

/// Ends a run, closes what is open below it, and moves its task on.
pub(crate) async fn end_run(
    tx: &mut Tx,
    deed: &Deed,
    mut run: Run,
    end: FinishRun,
) -> Result<Run, Error> {
    run = close_run(tx, deed, run, end).await?;
    move_task(tx, deed, &run).await?;
    Ok(run)
}

/// Ends a run and closes what is open below it; its task stays where it is.
pub(crate) async fn close_run(
    tx: &mut Tx,
    deed: &Deed,
    mut run: Run,
    end: FinishRun,
) -> Result<Run, Error> {
    run.state = run.state.finish(end.outcome)?;
    run.outcome = Some(end.outcome);
    run.ended_at = Some(ended_at(&run, end.ended_at, deed.at));
    run.lease_expires_at = None;
    run.lost_contact = false;
    run.exit_code = end.exit_code.or(run.exit_code);
    run.summary = end.summary.or(run.summary);
    run.error = end.error.or(run.error);
    run.metadata = end.metadata.or(run.metadata);
    run.reported_cost_usd = end.reported_cost_usd.or(run.reported_cost_usd);
    kept_runs::update(tx, &mut run).await?;
    steps::close_all(tx, deed, &run).await?;
    stop_below(tx, deed, &run).await?;
    rest_session(tx, deed, &run).await?;
    tokens::expire_of_run(tx, run.id, deed.at.plus_seconds(TOKEN_SECONDS)).await?;
    tell(tx, deed, &run).await?;
    Ok(run)
}

/// What an attempt at a task has started ends with it: its workers are told so.
async fn stop_below(tx: &mut Tx, deed: &Deed, run: &Run) -> Result<(), Error> {
    if run.task_id.is_none() {
        return Ok(());
    }
    for child in kept_runs::children(tx, run.id).await? {
        Box::pin(cancel(tx, deed, child)).await?;
    }
    Ok(())
}

/// Not before it began, nor before it was cancelled where that was its end, and not in the future.
fn ended_at(run: &Run, reported: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let began = run.started_at.unwrap_or(run.created_at);
    let is_cancelled = run.outcome == Some(Outcome::Cancelled);
    let asked = run.cancel_requested_at.filter(|_| is_cancelled);
    let least = asked.map_or(began, |asked| asked.max(began));
    reported.unwrap_or(now).min(now).max(least)
}

async fn tell(tx: &mut Tx, deed: &Deed, run: &Run) -> Result<(), Error> {
    let words = TicketWords::of(tx, run.ticket_id).await?;
    let message = format!("run “{}”: {}", run.title, run.state);
    let mut fact = deed
        .fact(EventType::RunFinished, message)
        .on_run(run, &words);
    fact.severity = match run.state {
        RunState::Succeeded => Severity::Success,
        RunState::Failed => Severity::Error,
        _ => Severity::Warning,
    };
    tx.append(fact.with(json!({
        "state": run.state,
        "outcome": run.outcome,
        "exit_code": run.exit_code,
        "duration_ms": run.ended_at.zip(run.started_at).map(|(end, start)| end.millis_since(start)),
        "cost_usd": run.totals.is_tracked().then_some(run.totals.cost_usd),
    })));
    Ok(())
}

async fn move_task(tx: &mut Tx, deed: &Deed, run: &Run) -> Result<(), Error> {
    let Some(id) = run.task_id.filter(|_| run.parent_run_id.is_none()) else {
        return Ok(());
    };
    let Some(mut task) = kept_tasks::get(tx, id).await? else {
        return Ok(());
    };
    if task.current_run_id != Some(run.id) {
        return Ok(());
    }
    let (from, failures) = (task.status, task.failure_count);
    let ending = Ending {
        by: deed.by(),
        at: deed.at,
        leases_lost: leases_lost(tx, run).await?,
        stopped_by: stopped_by(tx, run).await?,
    };
    let event = attempts::end(&mut task, run, ending)?;
    tallies::count(&mut task, (from, failures), run);
    task_moves::save(tx, deed, &mut task, from, event).await
}

/// How many attempts at a task, one after the other, ended because nobody renewed their lease, this one included.
async fn leases_lost(tx: &mut Tx, run: &Run) -> Result<i64, Error> {
    if !run.lost_its_lease() {
        return Ok(0);
    }
    let filter = RunFilter {
        task: run.task_id,
        ..RunFilter::default()
    };
    let attempts = kept_runs::list(tx, &filter, &Page::first(LAST_ATTEMPTS)).await?;
    let attempts = attempts
        .items
        .iter()
        .filter(|run| run.parent_run_id.is_none());
    Ok(attempts
        .take_while(|run| run.lost_its_lease())
        .map(|_| 1)
        .sum())
}

/// Who asked for the end of a run. At its deadline that is nobody: it took too long.
async fn stopped_by(tx: &mut Tx, run: &Run) -> Result<Option<Principal>, Error> {
    let is_early = |asked| run.deadline().is_none_or(|deadline| asked < deadline);
    if !run.cancel_requested_at.is_some_and(is_early) {
        return Ok(None);
    }
    let filter = EventFilter {
        run: Some(run.id),
        event_type: vec![EventType::RunCancelRequested.as_str().to_owned()],
        ..EventFilter::default()
    };
    let window = events::Window {
        limit: 1,
        ..events::Window::default()
    };
    let told = events::page(tx, &filter, &window).await?;
    let asked = told.into_iter().next().map(|event| event.actor);
    Ok(Some(asked.unwrap_or_else(Principal::server)))
}

/// A conversation outlives its run: it may be resumed.
async fn rest_session(tx: &mut Tx, deed: &Deed, run: &Run) -> Result<(), Error> {
    let Some(id) = run.session_id else {
        return Ok(());
    };
    let Some(mut session) = sessions::get(tx, id).await? else {
        return Ok(());
    };
    if session.state != SessionState::Ended {
        session.state = SessionState::Idle;
        session.updated_at = deed.at;
        sessions::update(tx, &session).await?;
    }
    Ok(())
}

/// Asks for the end of a run and of those below it.
pub(crate) async fn cancel(tx: &mut Tx, deed: &Deed, mut run: Run) -> Result<Run, Error> {
    if run.state.has_ended() || run.cancel_requested_at.is_some() {
        return Ok(run);
    }
    run.cancel_requested_at = Some(deed.at);
    kept_runs::update(tx, &mut run).await?;
    let words = TicketWords::of(tx, run.ticket_id).await?;
    let message = format!("somebody asked for the end of run “{}”", run.title);
    tx.append(
        deed.fact(EventType::RunCancelRequested, message)
            .on_run(&run, &words),
    );
    for child in kept_runs::children(tx, run.id).await? {
        Box::pin(cancel(tx, deed, child)).await?;
    }
    if run.lost_contact {
        return end_run(tx, deed, run, without_worker(Outcome::Cancelled, SILENT)).await;
    }
    Ok(run)
}

/// The end of a run whose worker cannot say anything.
pub(crate) fn without_worker(outcome: Outcome, reason: &str) -> FinishRun {
    FinishRun {
        outcome,
        exit_code: None,
        summary: None,
        error: Some(Text::lossy(reason)),
        metadata: None,
        reported_cost_usd: None,
        lease_epoch: None,
        ended_at: None,
    }
}
