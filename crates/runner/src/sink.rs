//! Where records go: the server, as far as a run is concerned.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use client::Client;
use model::{Heartbeat, HeartbeatAnswer, ProblemKind, RunId, RunStarted};

use crate::record::Record;

/// Takes records and heartbeats. [`Server`] is one; tests have one that goes away.
pub trait Sink: Send + Sync + 'static {
    /// Tells one record, under the run's lease where it has one. Telling it again under the same key changes nothing.
    fn send(
        &self,
        run: RunId,
        lease: Option<i64>,
        key: &str,
        record: &Record,
    ) -> impl Future<Output = Result<Ack, SendError>> + Send;

    /// Shows that the run's worker is alive; the answer says what it must do.
    fn heartbeat(
        &self,
        run: RunId,
        heartbeat: &Heartbeat,
    ) -> impl Future<Output = Result<HeartbeatAnswer, SendError>> + Send;
}

/// The server has the record.
#[derive(Debug, Clone, PartialEq)]
pub enum Ack {
    /// It is kept.
    Kept,
    /// The run has begun.
    Started(Box<RunStarted>),
}

/// The server does not have the record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Not now. The same may go well later.
    #[error("{0}")]
    Away(String),
    /// Not with this token. Somebody may put that right.
    #[error("{0}")]
    Denied(String),
    /// The run, or what it belongs to, is not there any more.
    #[error("{0}")]
    Gone(String),
    /// The run is somebody else's now.
    #[error("{0}")]
    LeaseLost(String),
    /// The server will never take it.
    #[error("{0}")]
    Refused(String),
}

/// The server behind a client.
#[derive(Debug)]
pub struct Server {
    client: Client,
    /// Each run reports under its own token where it has one: whoever started it from within another
    /// run may not write to it.
    runs: Mutex<HashMap<RunId, Client>>,
}

impl Server {
    /// The server behind this client.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            client,
            runs: Mutex::default(),
        }
    }

    /// Remembers the run's own token.
    pub fn started(&self, started: &RunStarted) {
        if let Some(token) = &started.run_token {
            let own = self.client.with_token(token);
            self.own().insert(started.run.id, own);
        }
    }

    fn of(&self, run: RunId) -> Client {
        self.own().get(&run).unwrap_or(&self.client).clone()
    }

    fn own(&self) -> MutexGuard<'_, HashMap<RunId, Client>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Server {
    async fn send(
        &self,
        run: RunId,
        lease: Option<i64>,
        key: &str,
        record: &Record,
    ) -> Result<Ack, SendError> {
        let client = self.of(run);
        let client = lease.map_or_else(|| client.clone(), |epoch| client.with_lease(epoch));
        let sent = match record {
            Record::Start(new) => {
                let started = client.create_run(new).await?;
                self.started(&started);
                return Ok(Ack::Started(Box::new(started)));
            }
            Record::Lines(lines) => client.append_logs(run, lines).await.map(drop),
            Record::Patch(patch) => client.update_run(run, patch).await.map(drop),
            Record::Task { task, patch } => match client.update_task(*task, patch).await {
                // A person judges it already, or has named another branch: the rest of the run is taken all the same.
                Err(error) if error.kind() == Some(ProblemKind::Forbidden) => Ok(()),
                answer => answer.map(drop),
            },
            Record::Step(step) => client.create_step(run, step).await.map(drop),
            Record::StepPatch { step, patch } => {
                client.update_step(run, *step, patch).await.map(drop)
            }
            Record::Call(call) => {
                let calls = model::NewLlmCalls::One(call.clone());
                client.create_llm_calls(&calls).await.map(drop)
            }
            // The other kinds are told apart by what is in them; an event is not.
            Record::Event(event) => {
                let client = client.with_idempotency_key(key);
                let events = model::NewEvents::One(event.clone());
                client.create_events(&events).await.map(drop)
            }
            Record::Finish(finish) => match client.finish_run(run, finish).await {
                // The command, or somebody else, has ended the run before: that end stands.
                Err(error) if error.kind() == Some(ProblemKind::MoveNotAllowed) => Ok(()),
                answer => answer.map(drop),
            },
        };
        Ok(sent.map(|()| Ack::Kept)?)
    }

    async fn heartbeat(
        &self,
        run: RunId,
        heartbeat: &Heartbeat,
    ) -> Result<HeartbeatAnswer, SendError> {
        Ok(self.of(run).heartbeat_run(run, heartbeat).await?)
    }
}

impl From<client::Error> for SendError {
    fn from(error: client::Error) -> Self {
        let reason = chain(&error);
        match error.kind() {
            Some(ProblemKind::Unauthenticated | ProblemKind::Forbidden) => Self::Denied(reason),
            Some(ProblemKind::NotFound) => Self::Gone(reason),
            Some(ProblemKind::LeaseLost) => Self::LeaseLost(reason),
            Some(_) if !error.is_transient() => Self::Refused(reason),
            // What is not our server's word is not about our record either.
            Some(_) | None => Self::Away(reason),
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
