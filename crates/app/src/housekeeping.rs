//! Housekeeping: what has to happen without anybody asking. Runs whose worker is silent, tasks whose time has come,
//! and what is kept no longer, all in small steps.

use std::time::Duration;

use futures_util::future::BoxFuture;
use model::{EventType, Outcome, Run, RunId, TaskMove, Timestamp};
use store::{
    Tx, deliveries, idempotency, logins, logs, offers, runs as kept_runs, tasks as kept_tasks,
    tokens, workers,
};

use crate::app::Weakly;
use crate::deed::Deed;
use crate::facts::{About, TicketWords};
use crate::idempotency::KEPT_SECONDS;
use crate::{App, Error, run_ends, task_moves};

/// Uses of tokens are written down, and what is old is removed, once in so many rounds: each minute, at the usual pace.
const ROUNDS_TO_SWEEP: u64 = 30;
/// The files on disk are looked through once in so many rounds: each hour.
const ROUNDS_TO_SWEEP_FILES: u64 = 1800;
/// A worker that went away is shown for so long: a week.
const WORKERS_SECONDS: i64 = 7 * 24 * 3600;
/// An offer whose answer nobody waited for is forgotten after so long.
const OFFERS_SECONDS: i64 = 60;
/// Deliveries are shown for so long: a month.
const DELIVERIES_SECONDS: i64 = 30 * 24 * 3600;
/// No more of anything in one step, so that no other write waits long.
const STEP: i64 = 100;
/// So long an overdue run's worker has to stop by itself.
const GRACE_SECONDS: i64 = 30;
/// Rows that are removed in one step.
const SWEEP: i64 = 1000;
/// Steps in one round; the rest waits for the next.
const MOST_STEPS: usize = 100;

/// Begins the rounds.
pub(crate) fn start(app: &App) {
    let pause = app.pace().round;
    app.spawn(move |app| rounds(app, pause));
}

async fn rounds(weak: Weakly, pause: Duration) {
    for round in 1_u64.. {
        tokio::time::sleep(pause).await;
        let Some(app) = weak.app() else { return };
        let mut result = app.make_up_for_absence().await;
        result = result.and(app.keep_house().await);
        if round % ROUNDS_TO_SWEEP == 0 {
            result = result
                .and(app.note_token_uses().await)
                .and(app.sweep().await);
        }
        if round % ROUNDS_TO_SWEEP_FILES == 0 {
            result = result.and(app.sweep_files().await);
        }
        if let Err(error) = result {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "housekeeping failed"
            );
        }
    }
}

impl App {
    /// One round of everything that has to happen without anybody asking.
    pub async fn keep_house(&self) -> Result<(), Error> {
        let now = self.clock().now();
        if self.vigil().finds_the_clock_set_back(now) {
            self.renew_leases(now).await?;
        }
        self.look_after_silent_runs(now).await?;
        self.stop_overdue_runs(now).await?;
        self.look_after_silent_workers(now).await?;
        self.release_due_tasks(now).await?;
        self.outbox().look();
        if self.waiting().count() > 0 {
            // A hint may have been lost.
            self.waiting().look();
        }
        Ok(())
    }

    /// Writes down when tokens were last used.
    pub async fn note_token_uses(&self) -> Result<(), Error> {
        let uses = self.keys().take_uses();
        if uses.is_empty() {
            return Ok(());
        }
        self.store()
            .write(move |tx| Box::pin(async move { Ok(tokens::note_uses(tx, &uses).await?) }))
            .await
    }

    /// Renews the leases after a while in which this server was stopped, or asleep with its machine.
    async fn make_up_for_absence(&self) -> Result<(), Error> {
        let now = self.clock().now();
        if self.vigil().seconds_unwatched(now) > self.pace().silence_seconds() {
            self.renew_leases(now).await?;
        }
        Ok(())
    }

    /// Gives every open lease its full length, because nobody could renew it while the server was away, or because its
    /// length was measured by a clock that has been set back since.
    pub(crate) async fn renew_leases(&self, now: Timestamp) -> Result<(), Error> {
        let until = now.plus_seconds(self.pace().lease_seconds);
        self.write_as_server(now, move |tx, deed| {
            Box::pin(async move { Ok(kept_runs::renew_leases(tx, deed.at, until).await?) })
        })
        .await?;
        self.vigil().begin_anew(now);
        Ok(())
    }

    async fn look_after_silent_runs(&self, now: Timestamp) -> Result<(), Error> {
        // Nobody could be heard while the server was away.
        let silence = self.pace().silence_seconds();
        if self.vigil().seconds(now) <= silence {
            return Ok(());
        }
        let since = now.plus_seconds(-silence);
        let silent = kept_runs::silent_since(&mut self.read().await?, since, STEP).await?;
        for run in silent {
            let ended = self.write_as_server(now, move |tx, deed| {
                Box::pin(async move { look_after(tx, &deed, run.id, since).await })
            });
            if let Some(run) = ended.await? {
                self.record_cancel_latency(&run);
            }
        }
        Ok(())
    }

    /// Stops runs that take longer than they may.
    async fn stop_overdue_runs(&self, now: Timestamp) -> Result<(), Error> {
        let overdue = kept_runs::overdue(&mut self.read().await?, now, STEP).await?;
        for run in overdue {
            self.write_as_server(now, move |tx, deed| {
                Box::pin(async move { stop_overdue(tx, &deed, run.id).await })
            })
            .await?;
        }
        Ok(())
    }

    async fn release_due_tasks(&self, now: Timestamp) -> Result<(), Error> {
        let due = kept_tasks::due(&mut self.read().await?, now, STEP).await?;
        for task in due {
            self.write_as_server(now, move |tx, deed| {
                Box::pin(async move {
                    let task = kept_tasks::get(tx, task.id).await?;
                    let task = task.filter(|task| task.status == model::TaskState::Scheduled);
                    let Some(mut task) = task else { return Ok(()) };
                    task_moves::make(tx, &deed, &mut task, TaskMove::Due, EventType::TaskPromoted)
                        .await
                })
            })
            .await?;
        }
        Ok(())
    }

    /// Removes what is kept no longer.
    pub async fn sweep(&self) -> Result<(), Error> {
        let now = self.clock().now();
        self.write_as_server(now, |tx, deed| {
            Box::pin(async move {
                logins::sweep(tx, deed.at).await?;
                tokens::sweep(tx, deed.at).await?;
                workers::sweep(tx, deed.at.plus_seconds(-WORKERS_SECONDS)).await?;
                offers::sweep(tx, deed.at.plus_seconds(-OFFERS_SECONDS)).await?;
                idempotency::sweep(tx, deed.at.plus_seconds(-KEPT_SECONDS), SWEEP).await?;
                Ok(())
            })
        })
        .await?;
        self.in_steps(now, |tx| Box::pin(logs::sweep(tx, SWEEP)))
            .await?;
        let before = now.plus_seconds(-DELIVERIES_SECONDS);
        self.in_steps(now, move |tx| {
            Box::pin(deliveries::sweep(tx, before, SWEEP))
        })
        .await
    }

    /// Removes a step at a time, so that no other write waits long; what is left waits for the next round.
    async fn in_steps<F>(&self, now: Timestamp, step: F) -> Result<(), Error>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<bool, store::Error>>
            + Clone
            + Send
            + 'static,
    {
        for _ in 0..MOST_STEPS {
            let step = step.clone();
            let done = self.write_as_server(now, move |tx, _| {
                Box::pin(async move { Ok(step(tx).await?) })
            });
            if !done.await? {
                break;
            }
        }
        Ok(())
    }

    pub(crate) async fn write_as_server<T, F>(&self, at: Timestamp, unit: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, Deed) -> BoxFuture<'t, Result<T, Error>> + Send + 'static,
    {
        let deed = Deed::of_server(at);
        self.store().write(move |tx| unit(tx, deed)).await
    }
}

/// Marks a run whose worker is silent, or takes its task back once its lease has run out. Where somebody has asked for the
/// run's end, that is its end: a worker that is silent will not say so. Answers the run that has ended by that.
async fn look_after(
    tx: &mut Tx,
    deed: &Deed,
    id: RunId,
    since: Timestamp,
) -> Result<Option<Run>, Error> {
    let Some(run) = kept_runs::get(tx, id).await? else {
        return Ok(None);
    };
    // It may have been heard of, or have ended, since it was looked for.
    if run.state.has_ended() || run.last_heartbeat_at >= since {
        return Ok(None);
    }
    if run.cancel_requested_at.is_some() {
        // Nobody is there who could stop. What somebody stopped is not handed out again.
        let end = run_ends::without_worker(Outcome::Cancelled, run_ends::SILENT);
        let end = run_ends::judge(&run, end, deed.at);
        return run_ends::end_run(tx, deed, run, end).await.map(Some);
    }
    if run.lease_expires_at.is_some_and(|end| end <= deed.at) {
        let end = run_ends::without_worker(Outcome::Reclaimed, Run::LEASE_RAN_OUT);
        return run_ends::end_run(tx, deed, run, end).await.map(Some);
    }
    if !run.lost_contact {
        lose(tx, deed, run).await?;
    }
    Ok(None)
}

/// Asks an overdue run's worker to stop; where it does not within a grace, or is not heard of, ends the run without it.
async fn stop_overdue(tx: &mut Tx, deed: &Deed, id: RunId) -> Result<(), Error> {
    let Some(run) = kept_runs::get(tx, id).await? else {
        return Ok(());
    };
    if run.state.has_ended() || !run.is_overdue(deed.at) {
        return Ok(());
    }
    let grace_is_over = run
        .cancel_requested_at
        .is_some_and(|asked| asked.plus_seconds(GRACE_SECONDS) <= deed.at);
    if run.lost_contact || grace_is_over {
        let end = run_ends::without_worker(Outcome::TimedOut, run_ends::TOO_SLOW);
        return run_ends::end_run(tx, deed, run, end).await.map(drop);
    }
    run_ends::cancel(tx, deed, run).await.map(drop)
}

async fn lose(tx: &mut Tx, deed: &Deed, mut run: Run) -> Result<(), Error> {
    run.lost_contact = true;
    kept_runs::update(tx, &mut run).await?;
    let words = TicketWords::of(tx, run.ticket_id).await?;
    let message = format!("the worker of run “{}” is not heard of", run.title);
    tx.append(
        deed.fact(EventType::RunHeartbeatLost, message)
            .on_run(&run, &words),
    );
    Ok(())
}
