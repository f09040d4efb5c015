//! `dashctl search`: tickets, tasks, runs and comments by a text.

use clap::Args;
use model::Found;

use crate::cli::Global;
use crate::connect::connect;
use crate::print::{Cell, Printer};

#[derive(Debug, Args)]
pub(crate) struct SearchArgs {
    /// The text to look for, in any case
    text: String,
    /// Only in this project, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: i64,
}

pub(crate) async fn search(
    global: &Global,
    printer: &Printer,
    args: SearchArgs,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    let found = client
        .search(&args.text, args.project.as_deref(), Some(args.limit))
        .await?;
    let cells = |found: &Found| {
        vec![
            Cell::text(found.kind),
            Cell::text(found.id),
            Cell::state(found.state.as_deref().unwrap_or_default()),
            Cell::text(&found.title),
            Cell::text(found.excerpt.replace('\n', " ")),
        ]
    };
    printer.list(
        &found,
        &["KIND", "ID", "STATE", "TITLE", "FOUND"],
        cells,
        "Nothing was found.",
    )
}
