//! Delivery: a run's records go to the server one after the other, each until the server has it.

use std::io;
use std::sync::Arc;

use model::RunStarted;
use tokio::sync::{mpsc, watch};

use crate::backoff::Backoff;
use crate::notice::Notices;
use crate::process::Order;
use crate::record::Record;
use crate::sink::{Ack, SendError, Sink};
use crate::spool::Spool;

/// What delivery learns about the run.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    /// What the server said to the start, once it did.
    pub(crate) started: watch::Sender<Option<Arc<RunStarted>>>,
    /// How many records the server has.
    pub(crate) delivered: watch::Sender<u64>,
    /// What the command must do.
    pub(crate) orders: Option<mpsc::Sender<Order>>,
}

impl Progress {
    /// Of a run that began as given, or has not begun yet.
    pub(crate) fn new(started: Option<RunStarted>, orders: Option<mpsc::Sender<Order>>) -> Self {
        let started = watch::Sender::new(started.map(Arc::new));
        Self {
            started,
            delivered: watch::Sender::new(0),
            orders,
        }
    }
}

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// The server has everything that it wants.
    All,
    /// The server does not let us; somebody else may try later.
    Denied,
    /// The server has no such run; what it did not take was dropped or kept aside.
    Gone,
}

/// Delivers until the spool is closed and empty, then removes it.
pub(crate) async fn deliver<S: Sink>(
    sink: &S,
    spool: &Spool,
    progress: &Progress,
    notices: &Notices,
) -> io::Result<Delivered> {
    while let Some(entry) = spool.next().await? {
        let Some(record) = entry.record else {
            notices.say(&format!(
                "run {}: record {} is damaged",
                spool.run(),
                entry.number
            ));
            spool.set_aside()?;
            continue;
        };
        let key = format!("{}-{}", spool.run(), entry.number);
        match push(sink, spool, &key, &record, progress, notices).await {
            Ok(ack) => {
                if let Ack::Started(started) = ack {
                    spool.begun(&started.run)?;
                    progress.started.send_replace(Some(Arc::new(*started)));
                }
                spool.delivered()?;
            }
            Err(error) => match refused(&error, spool, &record, progress, notices)? {
                None => {}
                Some(end) => return Ok(end),
            },
        }
        progress.delivered.send_modify(|delivered| *delivered += 1);
    }
    spool.remove()?;
    Ok(Delivered::All)
}

/// Sends one record until the server has answered for good.
async fn push<S: Sink>(
    sink: &S,
    spool: &Spool,
    key: &str,
    record: &Record,
    progress: &Progress,
    notices: &Notices,
) -> Result<Ack, SendError> {
    // A command that runs can wait for its rights; what is left of one would keep the others waiting.
    let is_on_a_task = |started: &Arc<RunStarted>| started.run.task_id.is_some();
    // A task's token is its run's own: where it is not taken, the run is no more, and nobody can put that right.
    let has_own_token = progress.started.borrow().as_ref().is_some_and(is_on_a_task);
    let can_wait = progress.orders.is_some() && !has_own_token;
    let mut backoff = Backoff::default();
    let mut is_away = false;
    loop {
        let reason = match sink.send(spool.run(), spool.lease(), key, record).await {
            Err(SendError::Away(reason)) => reason,
            Err(SendError::Denied(reason)) if can_wait => reason,
            answer => {
                if is_away {
                    notices.say("the server is back");
                }
                return answer;
            }
        };
        if !is_away {
            notices.say(&format!(
                "the server takes nothing, it is kept for later: {reason}"
            ));
        }
        is_away = true;
        tokio::time::sleep(backoff.next(rand::random())).await;
    }
}

fn refused(
    error: &SendError,
    spool: &Spool,
    record: &Record,
    progress: &Progress,
    notices: &Notices,
) -> io::Result<Option<Delivered>> {
    let run = spool.run();
    match (error, record) {
        (SendError::Denied(_), _) => {
            notices.say(&format!("run {run} cannot be told: {error}"));
            return Ok(Some(Delivered::Denied));
        }
        (_, Record::Start(_)) => {
            notices.say(&format!("the server refused to start run {run}: {error}"));
            notices.say(&format!(
                "what it prints is kept no more; see {}",
                spool.path().display()
            ));
            spool.abandon();
            return Ok(Some(Delivered::Gone));
        }
        (SendError::Gone(_), _) => {
            notices.say(&format!("run {run} is gone from the server: {error}"));
            spool.abandon();
            spool.remove()?;
            return Ok(Some(Delivered::Gone));
        }
        (SendError::LeaseLost(_), _) => {
            notices.say(&format!("run {run} is not ours any more: {error}"));
            if let Some(orders) = &progress.orders
                && let Err(error) = orders.try_send(Order::Abandon)
            {
                // Full or closed: it stops already.
                tracing::debug!(%error, "order the command to stop");
            }
            // Lines and calls that follow are still taken; this record never will be.
            spool.delivered()?;
        }
        _ => {
            let what = record.describe();
            notices.say(&format!("the server refused {what} of run {run}: {error}"));
            spool.set_aside()?;
        }
    }
    Ok(None)
}
