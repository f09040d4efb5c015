//! Preparation: what must be there before a command starts is made while the server hears that the run is alive.

use std::future::Future;

use model::Outcome;
use tokio::sync::mpsc;

use crate::process::{Command, Inbox, Order};
use crate::record::Record;

/// What is there when a command can start.
#[derive(Debug, Clone, Default)]
pub struct Ready {
    /// The command.
    pub command: Command,
    /// What the server is told before it starts.
    pub records: Vec<Record>,
}

/// What people should know of what a command leaves behind.
#[derive(Debug, Clone, Default)]
pub struct Leavings {
    /// For the run's log.
    pub log: Vec<String>,
    /// For whoever goes on from its result.
    pub result: Vec<String>,
    /// What the server is told before the run ends.
    pub records: Vec<Record>,
}

/// Why a command cannot be made ready.
#[derive(Debug, PartialEq, Eq)]
pub enum Unmade {
    /// Something is missing here; elsewhere it may be there.
    Here(String),
    /// Something is wrong with what is to be done, wherever that is tried.
    Everywhere(String),
}

/// Why a command does not start.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unready {
    /// Something could not be made.
    Unmade(Unmade),
    /// It was stopped, and the run ends so.
    Stopped(Outcome),
}

/// Waits until everything is there and the run may go on.
pub(crate) async fn prepare(
    making: impl Future<Output = Result<Ready, Unmade>>,
    inbox: &mut Inbox,
    orders: &mut mpsc::Receiver<Order>,
) -> Result<Ready, Unready> {
    tokio::pin!(making);
    let (mut made, mut is_paused) = (None, false);
    loop {
        if let Some(made) = made.take_if(|_| !is_paused) {
            return made;
        }
        tokio::select! {
            // Somebody who wants it to end is heard first.
            biased;
            () = inbox.wish_to_leave() => return Err(Unready::Stopped(Outcome::Interrupted)),
            Some(order) = orders.recv() => is_paused = heed(order)?,
            ready = &mut making, if made.is_none() => made = Some(ready.map_err(Unready::Unmade)),
        }
    }
}

/// Whether it is to stand still.
fn heed(order: Order) -> Result<bool, Unready> {
    match order {
        Order::Cancel => Err(Unready::Stopped(Outcome::Cancelled)),
        Order::Abandon | Order::Over => Err(Unready::Stopped(Outcome::Reclaimed)),
        Order::Pause => Ok(true),
        Order::Resume => Ok(false),
    }
}
