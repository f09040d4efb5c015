//! `dashctl workers`: who takes tasks.

use clap::Subcommand;
use client::List;
use model::{Name, Worker, WorkerCard, WorkerFilter};

use crate::cli::Global;
use crate::connect::connect;
use crate::find;
use crate::print::{Cell, Printer};
use crate::watch::Watch;

#[derive(Debug, Subcommand)]
pub(crate) enum Workers {
    /// List workers with what they do, the last to come first
    #[command(visible_alias = "ls")]
    List {
        /// Those that went away, too
        #[arg(short, long)]
        all: bool,
        /// At most so many
        #[arg(short = 'n', long, default_value_t = 50)]
        limit: i64,
        #[command(flatten)]
        watch: Watch,
    },
    /// Show one worker with its runs
    Show {
        /// Its name or id, or a part of the id
        worker: String,
    },
    /// Let a worker finish what it has and take nothing more
    Drain {
        /// Its name or id, or a part of the id
        worker: String,
    },
    /// Let a worker take tasks again
    Resume {
        /// Its name or id, or a part of the id
        worker: String,
    },
}

pub(crate) async fn obey(
    global: &Global,
    printer: &Printer,
    command: Workers,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    match command {
        Workers::List { all, limit, watch } => {
            let filter = WorkerFilter { include_left: all };
            let draw = async |printer: &Printer| {
                let workers = client.list_workers(filter, &List::first(limit)).await?;
                list(printer, &workers.items)
            };
            watch.show(&client, printer, draw).await
        }
        Workers::Show { worker } => {
            let id = find::worker(&client, &worker).await?;
            show(printer, &client.get_worker(id).await?)
        }
        Workers::Drain { worker } => {
            let id = find::worker(&client, &worker).await?;
            stands(printer, &client.drain_worker(id).await?)
        }
        Workers::Resume { worker } => {
            let id = find::worker(&client, &worker).await?;
            stands(printer, &client.resume_worker(id).await?)
        }
    }
}

fn list(printer: &Printer, workers: &[WorkerCard]) -> anyhow::Result<()> {
    let headings = ["ID", "NAME", "HOST", "STATE", "AGENTS", "BUSY", "SEEN"];
    let cells = |card: &WorkerCard| {
        let worker = &card.worker;
        vec![
            Cell::text(worker.id),
            Cell::text(&worker.name),
            Cell::maybe(worker.host.as_ref()),
            Cell::state(state(worker)),
            Cell::text(names(&worker.agents)),
            Cell::text(format!(
                "{} of {}",
                card.current_runs.len(),
                worker.capacity
            )),
            Cell::ago(worker.last_seen_at),
        ]
    };
    let empty = "No workers. `dashctl work --agent NAME --exec CMD…` is one.";
    printer.list(workers, &headings, cells, empty)
}

fn show(printer: &Printer, card: &WorkerCard) -> anyhow::Result<()> {
    let worker = &card.worker;
    let runs = card
        .current_runs
        .iter()
        .map(|run| format!("{} {}", run.run_id, run.title));
    let fields = vec![
        ("Id", Cell::text(worker.id)),
        ("Name", Cell::text(&worker.name)),
        ("Host", Cell::maybe(worker.host.as_ref())),
        ("State", Cell::state(state(worker))),
        ("Works as", Cell::text(&worker.principal)),
        ("Version", Cell::maybe(worker.version.as_ref())),
        ("Agents", Cell::text(names(&worker.agents))),
        ("Skills", Cell::text(names(&worker.skills))),
        ("At once", Cell::text(worker.capacity)),
        ("Runs", Cell::text(runs.collect::<Vec<_>>().join("\n"))),
        ("Came", Cell::text(worker.joined_at)),
        ("Last seen", Cell::text(worker.last_seen_at)),
        ("Went", Cell::maybe(worker.left_at)),
    ];
    printer.one(card, fields)
}

fn stands(printer: &Printer, worker: &Worker) -> anyhow::Result<()> {
    let fields = vec![
        ("Worker", Cell::text(&worker.name)),
        ("State", Cell::state(state(worker))),
    ];
    printer.one(worker, fields)
}

fn state(worker: &Worker) -> &'static str {
    match (worker.left_at, worker.draining) {
        (Some(_), _) => "gone",
        (None, true) => "draining",
        (None, false) => "active",
    }
}

fn names(names: &[Name]) -> String {
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    names.join(", ")
}
