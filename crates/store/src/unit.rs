//! Units of work as they wait in the writer's queue.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use model::{Event, Fact, LogAppended, RunId};
use tokio::sync::oneshot;

use crate::error::Kind;
use crate::logs::Line;
use crate::{Error, Tx};

/// One unit of work. What it answers is told after the commit of its group, and not before.
pub(crate) enum Unit {
    /// Anything, in a savepoint of its own.
    Work(Box<dyn Work>),
    /// Only events: nothing of it can fail alone, so it needs no savepoint.
    Events(Vec<Fact>, Answer<Vec<Arc<Event>>>),
    /// Only lines of one run's log, likewise.
    Lines(RunId, Vec<Line>, Answer<Option<LogAppended>>),
}

/// The way back to the caller.
pub(crate) type Answer<T, E = Error> = oneshot::Sender<Result<T, E>>;

/// A unit whose types are forgotten, so that units of all kinds wait in one queue.
pub(crate) trait Work: Send {
    /// Runs it. The answer waits for the commit.
    fn run(self: Box<Self>, tx: &mut Tx) -> BoxFuture<'_, Finished>;

    /// Tells its caller that it never ran.
    fn refuse(self: Box<Self>, failure: Error);
}

/// A unit that has run and waits for the commit.
pub(crate) struct Finished {
    /// Whether what it did stays.
    pub(crate) kept: bool,
    pub(crate) tell: Tell,
}

/// Tells the caller how it went; with a failure, that nothing was kept.
pub(crate) type Tell = Box<dyn FnOnce(Option<Error>) + Send>;

/// A unit with its types.
pub(crate) struct Closure<F, T, E> {
    pub(crate) unit: F,
    pub(crate) answer: Answer<T, E>,
}

impl<F, T, E> Work for Closure<F, T, E>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    fn run(self: Box<Self>, tx: &mut Tx) -> BoxFuture<'_, Finished> {
        let Self { unit, answer } = *self;
        Box::pin(async move {
            // A panic is the failure of this unit and of nobody else's.
            let run = AssertUnwindSafe(async { unit(tx).await });
            let result = run
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(panicked().into()));
            Finished {
                kept: result.is_ok(),
                tell: tell(answer, result),
            }
        })
    }

    fn refuse(self: Box<Self>, failure: Error) {
        drop(self.answer.send(Err(failure.into())));
    }
}

/// A caller that went away is no failure: its unit is kept all the same.
pub(crate) fn tell<T, E>(answer: Answer<T, E>, result: Result<T, E>) -> Tell
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    Box::new(move |failure| {
        let result = match failure {
            Some(failure) => Err(failure.into()),
            None => result,
        };
        drop(answer.send(result));
    })
}

fn panicked() -> Error {
    Error::new(Kind::Internal, "a unit of work panicked")
}

impl Unit {
    /// Tells the caller that it never ran.
    pub(crate) fn refuse(self, failure: Error) {
        match self {
            Self::Work(work) => work.refuse(failure),
            Self::Events(_, answer) => drop(answer.send(Err(failure))),
            Self::Lines(_, _, answer) => drop(answer.send(Err(failure))),
        }
    }
}
