//! The heartbeat: shows the server that we are alive, and learns from the answer what to do. The answer waits on the
//! server for as long as there is nothing to do, so that a cancel is heard of at once.

use std::sync::Arc;
use std::time::Duration;

use model::{Heartbeat, HeartbeatAnswer, RunStarted, RunState};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::process::Order;
use crate::sink::{SendError, Sink};

/// How much later than asked for an answer may come.
const LATE: Duration = Duration::from_secs(5);

/// A server that is away is asked again after so long: what it wants is heard of soon after it is back.
const AWAY: Duration = Duration::from_secs(2);

/// Beats until dropped, from when the run has begun on the server.
pub(crate) async fn beat<S: Sink>(
    sink: &S,
    mut started: watch::Receiver<Option<Arc<RunStarted>>>,
    every: Option<Duration>,
    orders: mpsc::Sender<Order>,
) {
    let begun = match started.wait_for(Option::is_some).await {
        Ok(begun) => begun.clone(),
        Err(_) => return,
    };
    let Some(begun) = begun else { return };
    let lease_epoch = begun.run.task_id.map(|_| begun.run.lease_epoch);
    let asked = Duration::from_secs(begun.heartbeat_seconds.clamp(1, 3600).unsigned_abs());
    let every = every.unwrap_or(asked);
    let heartbeat = Heartbeat {
        lease_epoch,
        wait_seconds: Some(i64::try_from(every.as_secs()).unwrap_or(i64::MAX)),
    };
    let (mut is_paused, mut stood) = (false, Some(begun.run.state));
    loop {
        let begun_at = Instant::now();
        let mut next = begun_at + every;
        let mut has_moved = false;
        let order = match timeout(every + LATE, sink.heartbeat(begun.run.id, &heartbeat)).await {
            Ok(Ok(answer)) => {
                has_moved = stood.replace(answer.state) != Some(answer.state);
                heed(&answer, &mut is_paused)
            }
            Ok(Err(SendError::LeaseLost(_))) => Some(Order::Abandon),
            // The task was deleted, and with it the run and its token.
            Ok(Err(SendError::Gone(_) | SendError::Denied(_))) if lease_epoch.is_some() => {
                Some(Order::Abandon)
            }
            // Delivery tells the person when the server is away.
            Ok(Err(error)) => {
                tracing::debug!(%error, "heartbeat");
                next = begun_at + every.min(AWAY);
                None
            }
            Err(_) => None,
        };
        if let Some(order) = order
            && orders.send(order).await.is_err()
        {
            return;
        }
        // What comes next is listened for at once where something was new; an answer that merely did not wait must not make
        // us beat faster.
        if !has_moved && !matches!(order, Some(Order::Pause | Order::Resume)) {
            sleep_until(next).await;
        }
    }
}

/// Whether an attempt at a task has asked somebody something that is not answered: then its end is not the task's, which
/// goes on with the answer.
pub(crate) async fn waits_for_an_answer<S: Sink>(sink: &S, started: &Option<RunStarted>) -> bool {
    let run = started.as_ref().map(|started| &started.run);
    let Some(run) = run.filter(|run| run.task_id.is_some()) else {
        return false;
    };
    let heartbeat = Heartbeat {
        lease_epoch: Some(run.lease_epoch),
        wait_seconds: None,
    };
    let answer = timeout(LATE, sink.heartbeat(run.id, &heartbeat)).await;
    matches!(answer, Ok(Ok(answer)) if answer.state == RunState::Waiting)
}

fn heed(answer: &HeartbeatAnswer, is_paused: &mut bool) -> Option<Order> {
    match answer.state {
        RunState::Cancelled => return Some(Order::Cancel),
        // The command itself said how it went, through the same run's token.
        RunState::Succeeded | RunState::Failed => return Some(Order::Over),
        state if state.has_ended() => return Some(Order::Abandon),
        _ if answer.cancel => return Some(Order::Cancel),
        _ => {}
    }
    let was_paused = std::mem::replace(is_paused, answer.pause);
    match (was_paused, answer.pause) {
        (false, true) => Some(Order::Pause),
        (true, false) => Some(Order::Resume),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        cancel: bool,
        pause: bool,
        state: RunState,
        was_paused: bool,
        expected: Option<Order>,
    ) {
        let answer = HeartbeatAnswer {
            answers: Vec::new(),
            cancel,
            pause,
            state,
            lease_expires_at: None,
            heartbeat_seconds: 10,
        };
        assert_eq!(heed(&answer, &mut { was_paused }), expected);
    }

    #[test]
    fn the_answer_says_what_to_do() {
        check(false, false, RunState::Running, false, None);
        check(true, false, RunState::Running, false, Some(Order::Cancel));
        check(
            false,
            false,
            RunState::Cancelled,
            false,
            Some(Order::Cancel),
        );
        let taken = RunState::Interrupted;
        check(false, false, taken, false, Some(Order::Abandon));
        check(true, false, taken, false, Some(Order::Abandon));
        let over = Some(Order::Over);
        check(false, false, RunState::Succeeded, false, over);
        check(false, false, RunState::Failed, false, over);
        check(false, true, RunState::Running, false, Some(Order::Pause));
        check(false, true, RunState::Running, true, None);
        check(false, false, RunState::Running, true, Some(Order::Resume));
    }
}
