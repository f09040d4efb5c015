//! A run from its start to its end, as its worker sees it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use model::{Clock, NewRun, Outcome, RunId, RunStarted, Text};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::sleep;

use crate::conduct::{conduct, finish, not_ready};
use crate::deliver::{Delivered, Progress, deliver};
use crate::heart::{beat, waits_for_an_answer};
use crate::log::Passthrough;
use crate::notice::Notices;
use crate::prepare::{Leavings, Ready, Unmade, prepare};
use crate::process::{Command, Inbox, Order};
use crate::record::{Observer, Record};
use crate::sink::Sink;
use crate::spool::Spool;

/// Orders that wait for the command; the first one that ends it is the last one that counts.
const ORDERS: usize = 4;

/// How long a process that was asked to go waits for a server that takes nothing: what the spool keeps needs no process.
const FAREWELL: Duration = Duration::from_secs(2);

/// What to run and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The command.
    pub command: Command,
    /// How the run is made known; its `id` must be there.
    pub new: NewRun,
    /// The server's answer to the start; `None` when it was away, then the start is delivered later.
    pub started: Option<RunStarted>,
    /// Between SIGTERM and SIGKILL.
    pub grace: Duration,
    /// After so much time it is stopped.
    pub max_runtime: Option<Duration>,
    /// Between two heartbeats; as the server asks when absent.
    pub heartbeat: Option<Duration>,
    /// Where the spools of this server are kept.
    pub spools: PathBuf,
    /// How many bytes may wait for the server.
    pub spool_limit: u64,
    /// How long to wait after the end for a server that takes nothing.
    pub linger: Duration,
    /// Prints `{"input_tokens", "output_tokens"}` after the command.
    pub usage_command: Option<String>,
    /// Where times come from.
    pub clock: Clock,
}

/// Where the command's output is shown.
pub struct Show {
    /// Its standard output.
    pub out: Passthrough,
    /// Its standard error.
    pub err: Passthrough,
}

impl Show {
    /// Nowhere.
    #[must_use]
    pub fn nowhere() -> Self {
        Self {
            out: Box::new(tokio::io::sink()),
            err: Box::new(tokio::io::sink()),
        }
    }

    /// On our own stdout and stderr.
    #[must_use]
    pub fn ours() -> Self {
        Self {
            out: Box::new(tokio::io::stdout()),
            err: Box::new(tokio::io::stderr()),
        }
    }
}

/// How a run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The command's exit code; 128 and the signal's number after a signal.
    pub exit_code: i32,
    /// How it ended.
    pub outcome: Outcome,
    /// Records that the server does not have yet. They wait in the spool.
    pub waiting: u64,
}

/// Why a command could not be run at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The plan names no id for the run.
    #[error("a run needs an id before it starts")]
    NoId,
    /// The spool could not be made.
    #[error("make a spool in {path}")]
    Spool {
        /// Where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Something about the command's processes or terminal failed.
    #[error("run the command")]
    Process(#[source] io::Error),
    /// A part of this program panicked.
    #[error("record the command's output")]
    Recorder(#[source] JoinError),
}

/// Runs the command, tells the server everything, and waits until the server knows.
pub async fn run<S: Sink>(
    plan: Plan,
    sink: Arc<S>,
    observer: Box<dyn Observer>,
    show: Show,
    notices: Notices,
) -> Result<Report, Error> {
    let ready = Ready {
        command: plan.command.clone(),
        records: Vec::new(),
    };
    let making = std::future::ready(Ok(ready));
    let nothing_left = async |_| Leavings::default();
    run_when_ready(plan, making, nothing_left, sink, observer, show, notices).await
}

/// Runs the command that `making` gives, in place of the plan's. The server hears that the run is alive while it is made;
/// when it cannot be made, the run ends as one that could not be started. When the command is gone, and before its run
/// ends, `leaving` hears whether it went well, and says what people should know of what it leaves behind.
pub async fn run_when_ready<S: Sink>(
    mut plan: Plan,
    making: impl Future<Output = Result<Ready, Unmade>>,
    leaving: impl AsyncFnOnce(bool) -> Leavings,
    sink: Arc<S>,
    observer: Box<dyn Observer>,
    show: Show,
    notices: Notices,
) -> Result<Report, Error> {
    let id = plan.new.id.ok_or(Error::NoId)?;
    // Opened before anything else: from here on a signal is passed on and no longer ends us.
    let mut inbox = Inbox::open().map_err(Error::Process)?;
    let spool = make_spool(&plan, id, &notices).await?;
    let (orders_in, mut orders) = mpsc::channel(ORDERS);
    let progress = Progress::new(plan.started.clone(), Some(orders_in.clone()));
    // Both end with this future: dropped, the set aborts what is in it.
    let mut tasks = JoinSet::new();
    tasks.spawn(keep_beating(
        Arc::clone(&sink),
        progress.clone(),
        plan.heartbeat,
        orders_in,
    ));
    let delivery = Delivery::start(Arc::clone(&sink), &spool, progress, &notices);
    let end = match prepare(making, &mut inbox, &mut orders).await {
        Ok(ready) => {
            for record in &ready.records {
                spool.append(record).await;
            }
            plan.command = ready.command;
            let watched = conduct(&plan, &spool, observer, show, &mut inbox, orders, leaving);
            watched.await?
        }
        Err(why) => not_ready(&plan, why),
    };
    tasks.abort_all();
    let mut last = finish(&plan, &end, &spool, &notices).await;
    if last.outcome == Outcome::Completed && waits_for_an_answer(&*sink, &plan.started).await {
        last.outcome = Outcome::Interrupted;
        // What it printed last is how it asked.
        last.summary = end.conclusion.summary.clone();
        last.error = Some(Text::lossy("it ended while a question of its is open"));
    }
    let (outcome, exit_code) = (last.outcome, end.exit_code);
    // Asked while the command was being stopped: that it ended is told all the same, where the server is there.
    let linger = match inbox.was_asked_to_go().await || end.was_asked_to_go {
        true => plan.linger.min(FAREWELL),
        false => plan.linger,
    };
    if let Some(error) = end.error.filter(|_| outcome == Outcome::SpawnFailed) {
        notices.say(&error);
    }
    spool.append(&Record::Finish(Box::new(last))).await;
    spool.close();
    let waiting = delivery.finish(linger, &mut inbox, &notices).await;
    Ok(Report {
        exit_code,
        outcome,
        waiting,
    })
}

async fn make_spool(plan: &Plan, id: RunId, notices: &Notices) -> Result<Arc<Spool>, Error> {
    let unusable = |source| Error::Spool {
        path: plan.spools.clone(),
        source,
    };
    let made = Spool::create(&plan.spools, id, plan.spool_limit, notices.clone());
    let spool = made.map_err(unusable)?;
    match &plan.started {
        Some(started) => spool.begun(&started.run).map_err(unusable)?,
        None => {
            let start = Record::Start(Box::new(plan.new.clone()));
            spool.append(&start).await;
        }
    }
    Ok(spool)
}

async fn keep_beating<S: Sink>(
    sink: Arc<S>,
    progress: Progress,
    every: Option<Duration>,
    orders: mpsc::Sender<Order>,
) {
    beat(&*sink, progress.started.subscribe(), every, orders).await;
}

/// The task that empties the spool.
struct Delivery {
    task: JoinSet<io::Result<Delivered>>,
    delivered: watch::Receiver<u64>,
    spool: Arc<Spool>,
}

impl Delivery {
    fn start<S: Sink>(
        sink: Arc<S>,
        spool: &Arc<Spool>,
        progress: Progress,
        notices: &Notices,
    ) -> Self {
        let delivered = progress.delivered.subscribe();
        let (ours, notices) = (Arc::clone(spool), notices.clone());
        let mut task = JoinSet::new();
        task.spawn(async move {
            let delivered = deliver(&*sink, &ours, &progress, &notices).await;
            if let Err(error) = &delivered {
                notices.say(&format!("the spool cannot be read: {error}"));
                ours.abandon();
            }
            delivered
        });
        Self {
            task,
            delivered,
            spool: Arc::clone(spool),
        }
    }

    /// Waits while the server takes something at least every `linger`, and hardly at all once somebody wants us to go;
    /// says how much it did not take.
    async fn finish(mut self, mut linger: Duration, inbox: &mut Inbox, notices: &Notices) -> u64 {
        loop {
            tokio::select! {
                ended = self.task.join_next() => match ended {
                    Some(Ok(Ok(_))) | None => return 0,
                    Some(_) => break,
                },
                Ok(()) = self.delivered.changed() => {}
                () = sleep(linger) => break,
                () = inbox.wish_to_leave() => match linger > FAREWELL {
                    true => linger = FAREWELL,
                    false => break,
                },
            }
        }
        // The spool is free for others only when the task is gone.
        self.task.shutdown().await;
        let (waiting, path) = (self.spool.waiting(), self.spool.path());
        let path = path.display();
        notices.say(&format!(
            "what the server does not have yet waits in {path}: records: {waiting}; \
             the next dashctl run or work here delivers it"
        ));
        waiting
    }
}
