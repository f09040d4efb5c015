//! `dashctl runs`: attempts at a task, and ad-hoc work.

use clap::{Args, Subcommand};
use client::{Client, List};
use model::{Name, Run, RunDetail, RunFilter, RunState, Step, StepId, Timestamp};

use crate::cli::Global;
use crate::connect::connect;
use crate::print::{Cell, Printer, cost, duration, spent, tokens};
use crate::watch::Watch;
use crate::{find, logs};

#[derive(Debug, Subcommand)]
pub(crate) enum Runs {
    /// List runs, newest first
    #[command(visible_alias = "ls")]
    List(Filter),
    /// Show one run with its steps
    Show {
        /// Its id, or a part of it
        run: String,
    },
    /// Print a run's log; -f follows it
    Logs(logs::LogsArgs),
    /// Ask a run to stop
    Cancel {
        /// Its id, or a part of it
        run: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only this project's, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// Only this ticket's
    #[arg(short, long)]
    ticket: Option<String>,
    /// Only this task's
    #[arg(long)]
    task: Option<String>,
    /// Only these states, separated by commas
    #[arg(short, long, value_delimiter = ',')]
    state: Vec<RunState>,
    /// Only this agent's
    #[arg(long)]
    agent: Option<Name>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: i64,
    #[command(flatten)]
    watch: Watch,
}

pub(crate) async fn obey(global: &Global, printer: &Printer, command: Runs) -> anyhow::Result<()> {
    let client = connect(global)?;
    match command {
        Runs::List(filter) => list(&client, printer, filter).await,
        Runs::Show { run } => {
            let id = find::run(&client, &run).await?;
            show(printer, &client.get_run(id).await?)
        }
        Runs::Logs(args) => logs::show(&client, printer, args).await,
        Runs::Cancel { run } => {
            let run = client.cancel_run(find::run(&client, &run).await?).await?;
            let fields = vec![
                ("State", Cell::state(run.state.as_str())),
                ("Ended", Cell::maybe(run.ended_at)),
                ("Cancel requested", Cell::maybe(run.cancel_requested_at)),
            ];
            printer.one(&run, fields)
        }
    }
}

async fn list(client: &Client, printer: &Printer, filter: Filter) -> anyhow::Result<()> {
    let mut wanted = RunFilter {
        project: find::project(client, filter.project.as_deref()).await?,
        state: filter.state,
        agent: filter.agent,
        ..RunFilter::default()
    };
    if let Some(ticket) = &filter.ticket {
        wanted.ticket = Some(find::ticket(client, ticket).await?);
    }
    if let Some(task) = &filter.task {
        wanted.task = Some(find::task(client, task).await?);
    }
    let draw = async |printer: &Printer| {
        let first = List::first(filter.limit);
        draw(printer, &client.list_runs(&wanted, &first).await?.items)
    };
    filter.watch.show(client, printer, draw).await
}

fn draw(printer: &Printer, runs: &[Run]) -> anyhow::Result<()> {
    let mut headings = vec![
        "ID", "STATE", "AGENT", "TITLE", "TOOK", "TOKENS", "COST", "STARTED",
    ];
    if printer.is_wide() {
        headings.extend(["MODEL", "WORKER", "HOST", "TICKET", "TASK"]);
    }
    let cells = |run: &Run| {
        let mut cells = vec![
            Cell::text(run.id),
            Cell::state(if run.lost_contact {
                "lost contact"
            } else {
                run.state.as_str()
            }),
            Cell::maybe(run.agent.as_ref()),
            Cell::text(&run.title),
            Cell::maybe(took(run)),
            Cell::text(tokens(run.totals.tokens_input + run.totals.tokens_output)),
            Cell::text(cost(&run.totals)),
            Cell::ago(run.created_at),
        ];
        if printer.is_wide() {
            cells.extend([
                Cell::maybe(run.model.as_ref()),
                Cell::maybe(run.worker.as_ref()),
                Cell::maybe(run.host.as_ref()),
                Cell::maybe(run.ticket_id),
                Cell::maybe(run.task_id),
            ]);
        }
        cells
    };
    printer.list(
        runs,
        &headings,
        cells,
        "No such runs. `dashctl run -- CMD…` makes one.",
    )
}

fn show(printer: &Printer, detail: &RunDetail) -> anyhow::Result<()> {
    let run = &detail.run;
    let host = run.host.as_ref().map(|host| match run.worker_pid {
        Some(pid) => format!("{host} (process {pid})"),
        None => host.to_string(),
    });
    let fields = vec![
        ("Id", Cell::text(run.id)),
        ("Title", Cell::text(&run.title)),
        ("State", Cell::state(run.state.as_str())),
        ("Outcome", Cell::maybe(run.outcome)),
        ("Exit code", Cell::maybe(run.exit_code)),
        ("Error", Cell::maybe(run.error.as_ref())),
        ("Summary", Cell::maybe(run.summary.as_ref())),
        ("Agent", Cell::maybe(run.agent.as_ref())),
        ("Model", Cell::maybe(run.model.as_ref())),
        ("Host", Cell::maybe(host)),
        ("Ticket", Cell::maybe(run.ticket_id)),
        ("Task", Cell::maybe(run.task_id)),
        ("Took", Cell::maybe(took(run))),
        ("Log lines", Cell::text(run.log_lines)),
        ("Cost", Cell::text(cost(&run.totals))),
        ("Agent says", Cell::maybe(run.reported_cost_usd)),
        (
            "Unpriced calls",
            Cell::maybe((run.totals.unpriced_calls > 0).then_some(run.totals.unpriced_calls)),
        ),
        ("Tokens", Cell::text(spent(&run.totals))),
        ("Started", Cell::maybe(run.started_at)),
        ("Ended", Cell::maybe(run.ended_at)),
    ];
    printer.one(detail, fields)?;
    if printer.is_for_programs() || detail.steps.is_empty() {
        return Ok(());
    }
    printer.say("");
    let headings = ["STEP", "STATE", "RESULT", "TOOK", "WHAT"];
    printer.list(
        &detail.steps,
        &headings,
        |step| step_cells(&detail.steps, step),
        "",
    )
}

pub(crate) fn step_cells(steps: &[Step], step: &Step) -> Vec<Cell> {
    let indent = "  ".repeat(depth(steps, step.parent_step_id));
    vec![
        Cell::text(format!("{}{indent} {}", step.sequence, step.name)),
        Cell::state(step.state.as_str()),
        Cell::maybe(step.result.as_ref()),
        Cell::maybe(step.duration_ms.map(duration)),
        Cell::maybe(step.title.as_ref()),
    ]
}

/// How deep a step lies below others. Steps come from outside, so a circle must not trap us.
fn depth(steps: &[Step], mut parent: Option<StepId>) -> usize {
    let mut depth = 0;
    while let Some(id) = parent {
        depth += 1;
        let above = steps.iter().find(|step| step.id == id);
        parent = above
            .and_then(|step| step.parent_step_id)
            .filter(|_| depth < 20);
    }
    depth
}

/// How long a run took, or takes by now.
fn took(run: &Run) -> Option<String> {
    let end = run.ended_at.unwrap_or_else(Timestamp::now);
    run.started_at
        .map(|start| duration(end.millis_since(start)))
}
