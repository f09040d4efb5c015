//! Where records go: the server, as far as a run is concerned.

use std::future::Future;
use std::time::Duration;

use model::{Heartbeat, HeartbeatAnswer, ProblemKind, RunId, RunStarted};

use crate::record::Record;

/// Takes records and heartbeats. The server behind a client is one; tests have one that goes away.
pub trait Sink: Send + Sync + 'static {
    /// Tells one record. Telling it again under the same key changes nothing.
    fn send(
        &self,
        run: RunId,
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
    #[error("{reason}")]
    Away {
        /// What happened.
        reason: String,
        /// When the server wants to be asked again.
        retry_after: Option<Duration>,
    },
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

impl Sink for client::Client {
    async fn send(&self, run: RunId, key: &str, record: &Record) -> Result<Ack, SendError> {
        let sent = match record {
            Record::Start(new) => {
                let started = self.create_run(new).await?;
                return Ok(Ack::Started(Box::new(started)));
            }
            Record::Lines(lines) => self.append_logs(run, lines).await.map(drop),
            Record::Patch(patch) => self.update_run(run, patch).await.map(drop),
            Record::Step(step) => self.create_step(run, step).await.map(drop),
            Record::StepPatch { step, patch } => {
                self.update_step(run, *step, patch).await.map(drop)
            }
            Record::Call(call) => {
                let calls = model::NewLlmCalls::One(call.clone());
                self.create_llm_calls(&calls).await.map(drop)
            }
            // The other kinds are told apart by what is in them; an event is not.
            Record::Event(event) => {
                let client = self.with_idempotency_key(key);
                let events = model::NewEvents::One(event.clone());
                client.create_events(&events).await.map(drop)
            }
            Record::Finish(finish) => self.finish_run(run, finish).await.map(drop),
        };
        sent.map(|()| Ack::Kept).map_err(SendError::from)
    }

    async fn heartbeat(
        &self,
        run: RunId,
        heartbeat: &Heartbeat,
    ) -> Result<HeartbeatAnswer, SendError> {
        Ok(self.heartbeat_run(run, heartbeat).await?)
    }
}

impl From<client::Error> for SendError {
    fn from(error: client::Error) -> Self {
        let reason = chain(&error);
        match error.kind() {
            // Somebody may put the token right while the command runs.
            Some(ProblemKind::Unauthenticated | ProblemKind::Forbidden) => Self::Away {
                reason,
                retry_after: None,
            },
            Some(ProblemKind::NotFound) => Self::Gone(reason),
            Some(ProblemKind::LeaseLost) => Self::LeaseLost(reason),
            // What is not our server's word is not about our record either.
            None => Self::Away {
                reason,
                retry_after: None,
            },
            Some(_) if error.is_transient() => Self::Away {
                reason,
                retry_after: None,
            },
            Some(_) => Self::Refused(reason),
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
