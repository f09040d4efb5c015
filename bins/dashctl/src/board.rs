//! `dashctl board`: a project's tasks, column by column.

use client::{Client, List};
use model::{Board, BoardFilter, Card, Name};

use crate::cli::Global;
use crate::connect::connect;
use crate::print::{Cell, Printer, duration, tell};
use crate::tasks::trouble;
use crate::watch::Watch;

#[derive(Debug, clap::Args)]
pub(crate) struct BoardArgs {
    /// The project, by slug or id [default: the current one]
    #[arg(value_name = "PROJECT")]
    named: Option<String>,
    /// The same
    #[arg(short, long, env = "DASHBOARD_PROJECT")]
    project: Option<String>,
    /// Only for this tenant
    #[arg(long)]
    tenant: Option<Name>,
    /// Only for this agent profile
    #[arg(long)]
    assignee: Option<Name>,
    /// Only with this text
    #[arg(long, value_name = "TEXT")]
    q: Option<String>,
    /// Archived tasks, too
    #[arg(short, long)]
    all: bool,
    /// At most so many of every column
    #[arg(short = 'n', long, default_value_t = 20)]
    limit: i64,
    #[command(flatten)]
    watch: Watch,
}

pub(crate) async fn show(
    global: &Global,
    printer: &Printer,
    args: BoardArgs,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    let project = match args.named.or(args.project) {
        Some(project) => project,
        None => current(&client).await?,
    };
    let filter = BoardFilter {
        tenant: args.tenant,
        assignee: args.assignee,
        q: args.q,
        include_archived: args.all,
    };
    let draw = async |printer: &Printer| {
        let board = client
            .get_board(&project, &filter, Some(args.limit))
            .await?;
        draw(printer, &board)
    };
    args.watch.show(&client, printer, draw).await
}

fn draw(printer: &Printer, board: &Board) -> anyhow::Result<()> {
    if printer.is_for_programs() {
        return printer.one(board, Vec::new());
    }
    let headings = [
        "STATUS", "ID", "PRIORITY", "ASSIGNEE", "TITLE", "WRONG", "AGE", "DONE", "COST",
    ];
    let cards: Vec<&Card> = board
        .columns
        .iter()
        .flat_map(|column| &column.tasks)
        .collect();
    let empty = "No tasks. `dashctl tasks create TITLE` makes one.";
    printer.list(&cards, &headings, |card| cells(card), empty)?;
    let more = board
        .columns
        .iter()
        .filter(|column| column.next_cursor.is_some());
    for column in more {
        let count = column
            .count
            .map_or("more".to_owned(), |count| count.to_string());
        tell(format_args!(
            "{}: {count} in all; `dashctl tasks list --status {}`",
            column.name, column.name
        ));
    }
    Ok(())
}

fn cells(card: &Card) -> Vec<Cell> {
    let progress = card.progress.as_ref();
    vec![
        Cell::state(card.status.as_str()),
        Cell::text(card.id),
        Cell::text(card.priority),
        Cell::maybe(card.assignee.as_ref()),
        Cell::text(&card.title),
        trouble::in_short(card.diagnostics),
        Cell::text(duration(card.age.created_age_seconds * 1000)),
        Cell::maybe(progress.map(|progress| format!("{}/{}", progress.done, progress.total))),
        Cell::text(match card.cost_usd {
            model::Usd::ZERO => "–".to_owned(),
            cost => cost.to_string(),
        }),
    ]
}

/// The caller's current project.
async fn current(client: &Client) -> anyhow::Result<String> {
    let cards = client
        .list_projects(false, &List::first(List::MOST))
        .await?;
    let current = cards.items.into_iter().find(|card| card.is_current);
    Ok(current.map_or("default".to_owned(), |card| card.project.slug.to_string()))
}
