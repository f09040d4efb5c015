//! `--watch`: what a command shows, shown again whenever something changes. The stream of events says when; nothing is polled.

use std::time::Duration;

use clap::Args;
use client::{Client, EventQuery, EventStream, Item, StreamKind};
use tokio::sync::Notify;

use crate::print::{Printer, tell};

/// Changes that come closer together are shown together.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Watch {
    /// Show it again whenever something changes, until Ctrl-C; with --json one document a line
    #[arg(short, long)]
    watch: bool,
}

impl Watch {
    /// Shows something once, or again and again.
    pub(crate) async fn show(
        self,
        client: &Client,
        printer: &Printer,
        draw: impl AsyncFn(&Printer) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if !self.watch {
            return draw(printer).await;
        }
        let head = client.get_status().await?.head;
        let query = EventQuery::default();
        let stream = client.stream_events(StreamKind::WebSocket, &query, Some(head));
        let changed = Notify::new();
        changed.notify_one();
        let printer = printer.watching();
        tokio::select! {
            ended = listen(stream, &changed) => ended,
            ended = redraw(&printer, &changed, draw) => ended,
            interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        }
    }
}

async fn listen(mut stream: EventStream, changed: &Notify) -> anyhow::Result<()> {
    let mut was_connected = false;
    while let Some(item) = stream.next().await? {
        match item {
            Item::Row(_) | Item::Gap { .. } => changed.notify_one(),
            // What was drawn while the server was away may be old.
            Item::Connected { .. } if std::mem::replace(&mut was_connected, true) => {
                changed.notify_one();
            }
            Item::Connected { .. } => {}
            Item::Disconnected { reason } => tell(format_args!("dashctl: reconnecting: {reason}")),
        }
    }
    Ok(())
}

async fn redraw(
    printer: &Printer,
    changed: &Notify,
    draw: impl AsyncFn(&Printer) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    loop {
        changed.notified().await;
        match draw(printer).await {
            // The stream says when the server is there again.
            Err(error) if is_transient(&error) => tell(format_args!("dashctl: {error:#}")),
            drawn => drawn?,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_transient(error: &anyhow::Error) -> bool {
    let refusal = error.downcast_ref::<client::Error>();
    refusal.is_some_and(client::Error::is_transient)
}
