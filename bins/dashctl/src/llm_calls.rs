//! `dashctl calls`: calls to models.

use clap::{Args, Subcommand};
use client::{Client, List};
use model::{CallStatus, LlmCall, LlmCallFilter, Name};

use crate::cli::Global;
use crate::connect::connect;
use crate::find;
use crate::print::{Cell, Printer, duration, tokens};

#[derive(Debug, Subcommand)]
pub(crate) enum Calls {
    /// List calls, newest first
    #[command(visible_alias = "ls")]
    List(Filter),
}

#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only this project's, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// Only this ticket's
    #[arg(short, long)]
    ticket: Option<String>,
    /// Only this run's
    #[arg(short, long)]
    run: Option<String>,
    /// Only of this model
    #[arg(long)]
    model: Option<Name>,
    /// Only in this state: active, success, error or cancelled
    #[arg(long)]
    status: Option<CallStatus>,
    /// At most so many
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: i64,
}

pub(crate) async fn obey(global: &Global, printer: &Printer, command: Calls) -> anyhow::Result<()> {
    let client = connect(global)?;
    match command {
        Calls::List(filter) => list(&client, printer, filter).await,
    }
}

async fn list(client: &Client, printer: &Printer, args: Filter) -> anyhow::Result<()> {
    let mut filter = LlmCallFilter {
        project: find::project(client, args.project.as_deref()).await?,
        model: args.model,
        status: args.status,
        ..LlmCallFilter::default()
    };
    if let Some(ticket) = &args.ticket {
        filter.ticket = Some(find::ticket(client, ticket).await?);
    }
    if let Some(run) = &args.run {
        filter.run = Some(find::run(client, run).await?);
    }
    let calls = client
        .list_llm_calls(&filter, &List::first(args.limit))
        .await?;
    let headings = [
        "STARTED", "MODEL", "ROLE", "STATUS", "IN", "OUT", "COST", "TOOK",
    ];
    let cells = |call: &LlmCall| {
        let cost = call
            .cost_usd
            .map_or("unpriced".to_owned(), |cost| cost.to_string());
        vec![
            Cell::ago(call.started_at),
            Cell::text(&call.model),
            Cell::maybe(call.role.as_ref()),
            Cell::state(call.status.as_str()),
            Cell::text(tokens(call.tokens_input)),
            Cell::text(tokens(call.tokens_output)),
            Cell::text(cost),
            Cell::maybe(call.duration_ms.map(duration)),
        ]
    };
    printer.list(&calls.items, &headings, cells, "No such calls to models.")
}
