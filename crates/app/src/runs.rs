//! Runs: started once, watched by their worker's heartbeats, edited while they are open. How they end is in
//! `run_ends.rs`.

use std::time::Duration;

use auth::{Caller, Secret};
use model::{
    EventType, Heartbeat, HeartbeatAnswer, NotAllowed, Outcome, Page, Paged, Run, RunDetail,
    RunFilter, RunId, RunPatch, RunState, Scope, patch,
};
use serde_json::json;
use store::{Read, Tx, questions, runs, steps};

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::orders::Listener;
use crate::{App, Error, fence, lists, sessions};

/// Steps on a run's page.
const SHOWN_STEPS: i64 = 10_000;

/// Answers that a worker gets with its heartbeat.
const SHOWN_ANSWERS: i64 = 100;

/// Children on a run's page.
const SHOWN_CHILDREN: i64 = 1000;

impl App {
    /// Runs, newest first, a page at a time.
    pub async fn list_runs(
        &self,
        caller: &Caller,
        filter: RunFilter,
        page: Page,
    ) -> Result<Paged<Run>, Error> {
        let Some(project) = self.scope_of_list(caller, filter.project)? else {
            return Ok(lists::none());
        };
        let filter = RunFilter { project, ..filter };
        Ok(runs::list(&mut self.read().await?, &filter, &page).await?)
    }

    /// One run with its steps and the runs that it started.
    pub async fn get_run(&self, caller: &Caller, id: RunId) -> Result<RunDetail, Error> {
        let mut read = self.read().await?;
        let run = there(&mut read, id).await?;
        caller.see("run", run.project_id)?;
        let children = RunFilter {
            parent: Some(id),
            ..RunFilter::default()
        };
        Ok(RunDetail {
            steps: steps::of_run(&mut read, id, SHOWN_STEPS).await?,
            children: runs::list(&mut read, &children, &Page::first(SHOWN_CHILDREN))
                .await?
                .items,
            run,
        })
    }

    /// Edits a run while it is open. Of a run that has ended only the conversation is still taken.
    pub async fn update_run(
        &self,
        caller: &Caller,
        id: RunId,
        patch: RunPatch,
    ) -> Result<Run, Error> {
        caller.holds(Scope::Report)?;
        let run = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let run = to_report(tx, &deed, id, None).await?;
                    update(tx, &deed, run, patch).await
                })
            })
            .await?;
        self.known().forget_run(id);
        Ok(run)
    }

    /// Takes a worker's sign of life, and answers what it must do now.
    pub async fn heartbeat_run(
        &self,
        caller: &Caller,
        id: RunId,
        beat: Heartbeat,
    ) -> Result<HeartbeatAnswer, Error> {
        caller.holds(Scope::Report)?;
        let pace = self.pace();
        let waits = beat.wait_seconds.unwrap_or(0);
        // Before the run is read: what happens in between is heard of.
        let listener = self.orders().listen(id);
        let run = self
            .write(caller, move |tx, deed| {
                Box::pin(async move {
                    let run = to_report(tx, &deed, id, beat.lease_epoch).await?;
                    fence::refuse_reclaimed(&run)?;
                    let lease = run
                        .lease_expires_at
                        .map(|_| deed.at.plus_seconds(pace.lease_seconds));
                    hear(tx, &deed, run, lease).await
                })
            })
            .await?;
        let answer = self.what_to_do(&run).await?;
        let waits = waits.clamp(0, pace.heartbeat_seconds).unsigned_abs();
        if waits == 0 || answer.cancel {
            return Ok(answer);
        }
        let changed = self.until_it_changes(listener, answer.clone());
        match tokio::time::timeout(Duration::from_secs(waits), changed).await {
            Ok(answer) => answer,
            Err(_) => Ok(answer),
        }
    }

    /// Waits until the worker must do something else than this.
    async fn until_it_changes(
        &self,
        mut listener: Listener<'_>,
        was: HeartbeatAnswer,
    ) -> Result<HeartbeatAnswer, Error> {
        let id = listener.run();
        while listener.news().await {
            let run = there(&mut self.read().await?, id).await?;
            let answer = self.what_to_do(&run).await?;
            if !answer.asks_the_same(&was) {
                return Ok(answer);
            }
        }
        Ok(was)
    }

    /// What a run's worker must do now.
    async fn what_to_do(&self, run: &Run) -> Result<HeartbeatAnswer, Error> {
        let answers = match run.task_id {
            Some(_) => {
                questions::answered_of_run(&mut self.read().await?, run.id, SHOWN_ANSWERS).await?
            }
            // Only about tasks anybody is asked.
            None => Vec::new(),
        };
        Ok(HeartbeatAnswer {
            cancel: run.cancel_requested_at.is_some() || run.state.has_ended(),
            pause: run.state == RunState::Parked,
            state: run.state,
            answers,
            lease_expires_at: run.lease_expires_at,
            heartbeat_seconds: self.pace().heartbeat_seconds,
        })
    }
}

/// The secret of a run's own token.
pub(crate) fn run_secret() -> Secret {
    Secret::new("dshr_")
}

/// A run that is there.
pub(crate) async fn there(read: &mut Read, id: RunId) -> Result<Run, Error> {
    runs::get(read, id).await?.ok_or(Error::NotFound("run"))
}

/// A run that the caller may report on.
pub(crate) async fn to_report(
    tx: &mut Tx,
    deed: &Deed,
    id: RunId,
    lease_epoch: Option<i64>,
) -> Result<Run, Error> {
    let run = there(tx, id).await?;
    fence::admit(&deed.caller, &run, lease_epoch)?;
    Ok(run)
}

/// Refuses a change of state below a run that has ended. Who lost the lease is told so.
pub(crate) fn refuse_ended(run: &Run, verb: &'static str) -> Result<(), Error> {
    if run.outcome == Some(Outcome::Reclaimed) {
        return Err(Error::LeaseLost);
    }
    if run.state.has_ended() {
        return Err(NotAllowed::new(verb, "run", run.state.as_str()).into());
    }
    Ok(())
}

async fn hear(
    tx: &mut Tx,
    deed: &Deed,
    mut run: Run,
    lease: Option<model::Timestamp>,
) -> Result<Run, Error> {
    if run.state.has_ended() {
        return Ok(run);
    }
    let was_lost = std::mem::take(&mut run.lost_contact);
    run.last_heartbeat_at = deed.at;
    run.lease_expires_at = lease;
    runs::beat(tx, run.id, deed.at, lease).await?;
    if was_lost {
        let words = TicketWords::of(tx, run.ticket_id).await?;
        let message = format!("run “{}” is heard of again", run.title);
        tx.append(
            deed.fact(EventType::RunContactRestored, message)
                .on_run(&run, &words),
        );
    }
    Ok(run)
}

async fn update(tx: &mut Tx, deed: &Deed, mut run: Run, mut patch: RunPatch) -> Result<Run, Error> {
    if patch.version.is_some_and(|version| version != run.version) {
        return Err(Error::stale(&run));
    }
    let session = match patch.session.take() {
        Some(report) => Some(sessions::report(tx, deed, &run, report).await?),
        None => None,
    };
    let from = run.state;
    let mut fields = edit(&mut run, patch)?;
    if session.is_some() && run.session_id != session {
        run.session_id = session;
        fields.push("session_id");
    }
    if fields.is_empty() {
        return Ok(run);
    }
    runs::update(tx, &mut run).await?;
    let words = TicketWords::of(tx, run.ticket_id).await?;
    let message = format!("run “{}” changed", run.title);
    let fact = deed
        .fact(EventType::RunUpdated, message)
        .on_run(&run, &words);
    tx.append(fact.with(json!({ "fields": fields, "from": from, "to": run.state })));
    Ok(run)
}

fn edit(run: &mut Run, patch: RunPatch) -> Result<Vec<&'static str>, Error> {
    let asks = patch
        != RunPatch {
            version: patch.version,
            ..RunPatch::default()
        };
    if asks {
        refuse_ended(run, "change")?;
    }
    let state = match patch.state {
        Some(state) => Some(run.state.report(state)?),
        None => None,
    };
    let changes = [
        ("state", patch::set(&mut run.state, state)),
        ("title", patch::set(&mut run.title, patch.title)),
        ("agent", patch::set(&mut run.agent, patch.agent.map(Some))),
        ("model", patch::set(&mut run.model, patch.model.map(Some))),
        (
            "worker_pid",
            patch::set(&mut run.worker_pid, patch.worker_pid.map(Some)),
        ),
        ("container", patch::set(&mut run.container, patch.container)),
        ("metadata", patch::set(&mut run.metadata, patch.metadata)),
    ];
    Ok(changes
        .iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| *name)
        .collect())
}
