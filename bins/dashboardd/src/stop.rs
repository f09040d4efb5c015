//! Stopping: the first signal asks, the second insists.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that end the server.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on signals are heard instead of ending the process.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("listen for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("listen for SIGINT")?,
        })
    }

    /// Waits for the next one; answers its name.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// The next one ends the process at once. What was answered is kept all the same.
    pub(crate) fn end_at_once(mut self) {
        tokio::spawn(async move {
            let signal = self.next().await;
            eprintln!("dashboardd: {signal} again, ending at once");
            std::process::exit(1);
        });
    }
}
