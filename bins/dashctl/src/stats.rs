//! `dashctl assignees` and `dashctl projects stats`: how tasks are spread.

use std::collections::BTreeMap;

use client::Client;
use model::{Assignee, TaskState};

use crate::cli::Global;
use crate::connect::connect;
use crate::find;
use crate::print::{Cell, Printer, duration};

#[derive(Debug, clap::Args)]
pub(crate) struct AssigneesArgs {
    /// Only with this project's tasks, by slug or id
    #[arg(short, long)]
    project: Option<String>,
}

/// The agent profiles that have tasks, or that a worker runs.
pub(crate) async fn assignees(
    global: &Global,
    printer: &Printer,
    args: AssigneesArgs,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    let project = find::project(&client, args.project.as_deref()).await?;
    let found = client.list_assignees(project).await?;
    if printer.is_for_programs() {
        return printer.one(&found, Vec::new());
    }
    let cells = |one: &Assignee| vec![Cell::text(&one.name), Cell::text(spread(&one.counts))];
    let empty = "Nobody has tasks, and no worker runs an agent.";
    printer.list(&found.assignees, &["NAME", "TASKS"], cells, empty)
}

/// How the tasks of a project are spread.
pub(crate) async fn of_project(
    client: &Client,
    printer: &Printer,
    project: &str,
) -> anyhow::Result<()> {
    let stats = client.get_project_stats(project).await?;
    let oldest = stats.oldest_ready_age_seconds;
    let of_whom = stats.by_assignee.iter();
    let of_whom = of_whom.map(|(name, counts)| format!("{name}: {}", spread(counts)));
    let fields = vec![
        ("Tasks", Cell::text(spread(&stats.by_status))),
        (
            "Of whom",
            Cell::text(of_whom.collect::<Vec<_>>().join("\n")),
        ),
        (
            "Oldest ready",
            Cell::maybe(oldest.map(|seconds| duration(seconds * 1000))),
        ),
    ];
    printer.one(&stats, fields)
}

/// `3 ready, 1 done`, in the order of a board's columns.
fn spread(counts: &BTreeMap<String, i64>) -> String {
    let states = TaskState::ALL.iter().map(|state| state.as_str());
    let there = states.filter_map(|state| Some((state, counts.get(state)?)));
    let words: Vec<_> = there
        .map(|(state, count)| format!("{count} {state}"))
        .collect();
    match words.is_empty() {
        true => "none".to_owned(),
        false => words.join(", "),
    }
}
