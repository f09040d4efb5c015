//! `dashctl inbox`: what needs a person.

use client::List;
use model::InboxItem;

use crate::cli::Global;
use crate::connect::connect;
use crate::find;
use crate::print::{Cell, Printer, duration};

#[derive(Debug, clap::Args)]
pub(crate) struct InboxArgs {
    /// Only this project's, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: i64,
}

pub(crate) async fn show(
    global: &Global,
    printer: &Printer,
    args: InboxArgs,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    let project = find::project(&client, args.project.as_deref()).await?;
    let items = client.list_inbox(project, &List::first(args.limit)).await?;
    let headings = [
        "KIND", "SEVERITY", "TASK", "QUESTION", "TITLE", "WHY", "AGE",
    ];
    let cells = |item: &InboxItem| {
        vec![
            Cell::state(item.kind.as_str()),
            Cell::state(item.severity.as_str()),
            Cell::maybe(item.task_id),
            Cell::maybe(item.question_id),
            Cell::text(&item.title),
            Cell::text(&item.reason),
            Cell::text(duration(item.age_seconds * 1000)),
        ]
    };
    printer.list(&items.items, &headings, cells, "Nothing needs a person.")
}
