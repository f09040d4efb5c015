//! `dashctl inbox`: what needs a person.

use client::List;
use model::{DiagnosticSeverity, InboxFilter, InboxItem, InboxKind, Paged};

use crate::cli::Global;
use crate::connect::connect;
use crate::find;
use crate::print::{Cell, Printer, duration, tell};
use crate::watch::Watch;

#[derive(Debug, clap::Args)]
pub(crate) struct InboxArgs {
    /// Only this project's, by slug or id [default: all that are not archived]
    #[arg(short, long)]
    project: Option<String>,
    /// Only what is at least as bad: warning, error, critical
    #[arg(long)]
    severity: Option<DiagnosticSeverity>,
    /// Only this kind: question, approval, failure, stuck, lost_lease
    #[arg(long)]
    kind: Option<InboxKind>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: i64,
    #[command(flatten)]
    watch: Watch,
}

pub(crate) async fn show(
    global: &Global,
    printer: &Printer,
    args: InboxArgs,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    let filter = InboxFilter {
        project: find::project(&client, args.project.as_deref()).await?,
        severity: args.severity,
        kind: args.kind,
    };
    let draw = async |printer: &Printer| {
        let first = List::first(args.limit);
        let items = client.list_inbox(&filter, &first).await?;
        draw(printer, &items, args.limit)
    };
    args.watch.show(&client, printer, draw).await
}

fn draw(printer: &Printer, items: &Paged<InboxItem>, limit: i64) -> anyhow::Result<()> {
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
            Cell::text(in_one_line(item.reason.as_str())),
            Cell::text(duration(item.age_seconds * 1000)),
        ]
    };
    printer.list(&items.items, &headings, cells, "Nothing needs a person.")?;
    if items.next.is_some() && !printer.is_for_programs() {
        tell(format_args!(
            "There is more: `dashctl inbox -n {}`",
            limit * 2
        ));
    }
    Ok(())
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
