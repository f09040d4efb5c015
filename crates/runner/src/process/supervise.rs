//! Supervision: a command runs until it ends or is stopped; signals and orders reach it meanwhile.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::process::Child;
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};
use tokio::sync::mpsc;

use super::jobs::Jobs;
use super::stop::stop;
use super::terminal::Master;
use super::tree::Tree;

/// How long a command may go on after it has ended its run.
const LAST_WORDS: Duration = Duration::from_secs(60);

/// What the server wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Stop, and finish as cancelled.
    Cancel,
    /// Stop: the run is not ours any more.
    Abandon,
    /// The command itself has ended its run, and may say its last words.
    Over,
    /// Stand still.
    Pause,
    /// Go on.
    Resume,
}

/// Why a command was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The server asked for it.
    Cancelled,
    /// The run is not ours any more.
    Abandoned,
    /// It took longer than allowed.
    TimedOut,
    /// It went on for too long after it had ended its run.
    Over,
    /// This process was sent a signal.
    Signalled(Signal),
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What the kernel says.
    pub(crate) status: ExitStatus,
    /// Why, where it did not end by itself.
    pub(crate) reason: Option<Reason>,
    /// Processes that could not be ended.
    pub(crate) immortal: usize,
}

/// How long it may go on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Between SIGTERM and SIGKILL.
    pub(crate) grace: Duration,
    /// From the start to the stop.
    pub(crate) runtime: Option<Duration>,
}

/// Every signal that concerns a command. Opened before the command starts, so that none is missed.
pub(crate) struct Inbox {
    interrupt: Signals,
    quit: Signals,
    hang_up: Signals,
    terminate: Signals,
    suspend: Signals,
    window: Signals,
    child: Signals,
}

impl Inbox {
    /// From now on these signals no longer end this process.
    pub(crate) fn open() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hang_up: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            suspend: signal(SignalKind::from_raw(Signal::SIGTSTP as i32))?,
            window: signal(SignalKind::window_change())?,
            child: signal(SignalKind::child())?,
        })
    }

    /// Somebody wants this process to end.
    pub(crate) async fn wish_to_leave(&mut self) {
        loop {
            if !matches!(
                self.next().await,
                Signal::SIGTSTP | Signal::SIGWINCH | Signal::SIGCHLD
            ) {
                return;
            }
        }
    }

    /// Whether somebody wanted that already, and was not heard yet.
    pub(crate) async fn was_asked_to_go(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.wish_to_leave() => true,
            () = std::future::ready(()) => false,
        }
    }

    /// The next one.
    pub(crate) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::SIGINT,
            _ = self.quit.recv() => Signal::SIGQUIT,
            _ = self.hang_up.recv() => Signal::SIGHUP,
            _ = self.terminate.recv() => Signal::SIGTERM,
            _ = self.suspend.recv() => Signal::SIGTSTP,
            _ = self.window.recv() => Signal::SIGWINCH,
            _ = self.child.recv() => Signal::SIGCHLD,
        }
    }
}

/// Waits for the end of the command's first process; stops all of it where that is asked for.
pub(crate) async fn supervise(
    child: &mut Child,
    tree: &mut Tree,
    master: Option<&Master>,
    limits: Limits,
    inbox: &mut Inbox,
    orders: &mut mpsc::Receiver<Order>,
) -> io::Result<Ended> {
    let mut jobs = Jobs::new(tree);
    let mut signalled = None;
    let mut too_late = Reason::TimedOut;
    let deadline = sleep(limits.runtime);
    tokio::pin!(deadline);
    let reason = loop {
        let stop_for = tokio::select! {
            status = child.wait() => {
                tree.root_is_gone();
                return Ok(Ended { status: status?, reason: signalled, immortal: 0 });
            }
            Some(order) = orders.recv() => {
                if order == Order::Over && too_late != Reason::Over {
                    too_late = Reason::Over;
                    deadline.set(sleep(Some(LAST_WORDS)));
                }
                obey(order, tree)
            }
            () = &mut deadline => Some(too_late),
            signal = inbox.next() => {
                let fatal = matches!(signal, Signal::SIGINT | Signal::SIGQUIT | Signal::SIGHUP);
                signalled = fatal.then_some(Reason::Signalled(signal)).or(signalled);
                heed(signal, tree, &mut jobs, master)
            }
        };
        if let Some(reason) = stop_for {
            break reason;
        }
    };
    let (immortal, status) = tokio::join!(stop(tree, limits.grace), child.wait());
    tree.root_is_gone();
    Ok(Ended {
        status: status?,
        reason: Some(reason),
        immortal,
    })
}

fn obey(order: Order, tree: &mut Tree) -> Option<Reason> {
    match order {
        Order::Cancel => Some(Reason::Cancelled),
        Order::Abandon => Some(Reason::Abandoned),
        Order::Over => None,
        Order::Pause => {
            tree.tell(Signal::SIGSTOP);
            None
        }
        Order::Resume => {
            tree.tell(Signal::SIGCONT);
            None
        }
    }
}

fn heed(
    signal: Signal,
    tree: &mut Tree,
    jobs: &mut Jobs,
    master: Option<&Master>,
) -> Option<Reason> {
    match signal {
        Signal::SIGTERM => return Some(Reason::Signalled(signal)),
        Signal::SIGCHLD => {
            tree.reap();
            jobs.look(tree);
        }
        Signal::SIGTSTP => jobs.suspend(tree),
        Signal::SIGWINCH => master.iter().for_each(|master| master.copy_size()),
        // The command decides what Ctrl-C means to it.
        other => tree.pass_on(other),
    }
    None
}

async fn sleep(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}
