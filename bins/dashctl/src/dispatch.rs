//! `dashctl dispatch`, `dashctl daemon` and the loops of projects: when work is handed out.

use std::collections::HashMap;

use clap::{Args, Subcommand};
use client::Client;
use futures_util::StreamExt as _;
use model::{Daemon, Dispatched, LoopChange, LoopState, ProjectLoop, Skipped, TaskId, Text, Title};

use crate::cli::Global;
use crate::connect::connect;
use crate::print::{Cell, Printer};

#[derive(Debug, Subcommand)]
pub(crate) enum DaemonOrder {
    /// Hand out no more work, in no project; what runs goes on
    Pause,
    /// Hand out work again
    Resume,
}

#[derive(Debug, Args)]
pub(crate) struct DispatchArgs {
    /// Only say what would be taken
    #[arg(long)]
    dry_run: bool,
    /// At most so many
    #[arg(short = 'n', long, value_name = "COUNT")]
    max: Option<i64>,
}

impl DispatchArgs {
    /// What the workers did, or would.
    const fn did(&self) -> &'static str {
        match self.dry_run {
            true => "would take",
            false => "took",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum LoopOrder {
    /// Whether a project's work is handed out
    Loop {
        /// Its slug or id
        project: String,
    },
    /// Hand out no more of a project's work; what runs goes on
    Pause {
        /// Its slug or id
        project: String,
        /// Why
        #[arg(long)]
        reason: Option<Text>,
    },
    /// Hand out a project's work again
    Resume {
        /// Its slug or id
        project: String,
    },
    /// Offer a project's ready tasks once to the workers that wait, also while it is paused
    Trigger {
        /// Its slug or id
        project: String,
        #[command(flatten)]
        args: DispatchArgs,
    },
}

pub(crate) async fn daemon(
    global: &Global,
    printer: &Printer,
    order: DaemonOrder,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    let daemon: Daemon = match order {
        DaemonOrder::Pause => client.pause_daemon().await?,
        DaemonOrder::Resume => client.resume_daemon().await?,
    };
    let state = Cell::state(daemon.daemon_state.as_str());
    printer.one(&daemon, vec![("Handing out", state)])
}

pub(crate) async fn dispatch(
    global: &Global,
    printer: &Printer,
    args: DispatchArgs,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    let came = client.dispatch_tasks(args.dry_run, args.max).await?;
    say(&client, printer, &came, args.did()).await
}

pub(crate) async fn of_project(
    client: &Client,
    printer: &Printer,
    order: LoopOrder,
) -> anyhow::Result<()> {
    let (project, state, reason) = match order {
        LoopOrder::Loop { project } => {
            return stands(printer, &client.get_loop(&project).await?);
        }
        LoopOrder::Trigger { project, args } => {
            let came = client
                .trigger_project(&project, args.dry_run, args.max)
                .await?;
            return say(client, printer, &came, args.did()).await;
        }
        LoopOrder::Pause { project, reason } => (project, LoopState::Paused, reason),
        LoopOrder::Resume { project } => (project, LoopState::Running, None),
    };
    let change = LoopChange { state, reason };
    stands(printer, &client.update_loop(&project, &change).await?)
}

fn stands(printer: &Printer, now: &ProjectLoop) -> anyhow::Result<()> {
    let fields = vec![
        ("Loop", Cell::state(now.state.as_str())),
        ("Why", Cell::maybe(now.reason.as_ref())),
        ("Server", Cell::state(now.daemon_state.as_str())),
        ("Ready", Cell::text(now.ready)),
        ("Running", Cell::text(now.running)),
        ("Last handed out", Cell::maybe(now.last_tick_at)),
        ("Next to become free", Cell::maybe(now.next_tick_at)),
    ];
    printer.one(now, fields)
}

/// What workers took, and why the others were left.
async fn say(
    client: &Client,
    printer: &Printer,
    came: &Dispatched,
    did: &str,
) -> anyhow::Result<()> {
    if printer.is_for_programs() {
        return printer.one(came, Vec::new());
    }
    let skipped = came.skipped.iter().map(|skipped| skipped.task);
    let named = came.dispatched.iter().copied().chain(skipped);
    let titles = titles(client, named).await;
    let title = |task: &TaskId| Cell::maybe(titles.get(task));
    printer.say(&format!(
        "Workers {did} {}.",
        counted(came.dispatched.len())
    ));
    if !came.dispatched.is_empty() {
        let cells = |task: &TaskId| vec![Cell::text(task), title(task)];
        printer.list(&came.dispatched, &["TAKEN", "TITLE"], cells, "")?;
    }
    if came.skipped.is_empty() {
        return Ok(());
    }
    let cells = |skipped: &Skipped| {
        vec![
            Cell::text(skipped.task),
            title(&skipped.task),
            Cell::state(skipped.reason.as_str()),
            Cell::text(&skipped.detail),
        ]
    };
    let headings = ["NOT TAKEN", "TITLE", "REASON", "WHY"];
    printer.list(&came.skipped, &headings, cells, "")
}

/// What tasks are called. One that is gone by now has no title.
async fn titles(client: &Client, tasks: impl Iterator<Item = TaskId>) -> HashMap<TaskId, Title> {
    let named =
        tasks.map(|id| async move { Some((id, client.get_task(id).await.ok()?.task.title)) });
    let named = futures_util::stream::iter(named).buffer_unordered(AT_ONCE);
    named.filter_map(std::future::ready).collect().await
}

/// So many titles are asked for at once.
const AT_ONCE: usize = 8;

fn counted(tasks: usize) -> String {
    match tasks {
        0 => "no task".to_owned(),
        1 => "1 task".to_owned(),
        more => format!("{more} tasks"),
    }
}
