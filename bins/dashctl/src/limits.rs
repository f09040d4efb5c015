//! `dashctl limits`: how much may run at once, whatever the project.

use model::Limits;

use crate::cli::Global;
use crate::connect::connect;
use crate::or_none::OrNone;
use crate::print::{Cell, Printer};

#[derive(Debug, clap::Args)]
pub(crate) struct LimitsArgs {
    /// No more tasks run at once in all; `none` lifts the limit
    #[arg(long, value_name = "COUNT")]
    max_running: Option<OrNone<i64>>,
    /// No more tasks run at once with the same agent; `none` lifts the limit
    #[arg(long, value_name = "COUNT")]
    max_running_per_agent: Option<OrNone<i64>>,
}

/// Shows the limits, after setting those that are given.
pub(crate) async fn obey(
    global: &Global,
    printer: &Printer,
    args: LimitsArgs,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    let mut limits = client.get_limits().await?;
    let sets = args.max_running.is_some() || args.max_running_per_agent.is_some();
    if let Some(OrNone(most)) = args.max_running {
        limits.max_running = most;
    }
    if let Some(OrNone(most)) = args.max_running_per_agent {
        limits.max_running_per_agent = most;
    }
    if sets {
        limits = client.update_limits(&limits).await?;
    }
    show(printer, &limits)
}

fn show(printer: &Printer, limits: &Limits) -> anyhow::Result<()> {
    let fields = vec![
        ("Running at once", limit(limits.max_running)),
        ("With one agent", limit(limits.max_running_per_agent)),
    ];
    printer.one(limits, fields)
}

/// A limit, where there is one.
pub(crate) fn limit(most: Option<i64>) -> Cell {
    Cell::text(most.map_or("no limit".to_owned(), |most| most.to_string()))
}
