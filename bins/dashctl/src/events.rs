//! `dashctl events`: what happened, and with `-f` what happens now.

use clap::Args;
use client::{Client, EventQuery, Item, StreamKind};
use model::{Event, Severity};

use crate::cli::Global;
use crate::connect::connect;
use crate::find;
use crate::print::{Printer, tell, visible, write_out};

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Follow: go on with what happens now
    #[arg(short, long)]
    follow: bool,
    /// Only this project's, by slug or id
    #[arg(short, long)]
    project: Option<String>,
    /// Only this ticket's
    #[arg(short, long)]
    ticket: Option<String>,
    /// Only this run's
    #[arg(short, long)]
    run: Option<String>,
    /// Only these types, separated by commas; `task_*` means all that begin so
    #[arg(long = "type", value_delimiter = ',', value_name = "TYPE")]
    event_type: Vec<String>,
    /// Only at or above this severity: info, success, warning or error
    #[arg(long)]
    severity: Option<Severity>,
    /// Begin after the event with this number
    #[arg(long, value_name = "SEQ")]
    since: Option<i64>,
    /// Begin with the last so many
    #[arg(short = 'n', long, default_value_t = 50)]
    limit: i64,
}

pub(crate) async fn show(
    global: &Global,
    printer: &Printer,
    args: EventsArgs,
) -> anyhow::Result<()> {
    let client = connect(global)?;
    let mut query = EventQuery {
        project: args.project.clone(),
        event_type: args.event_type.clone(),
        severity: args.severity,
        after: args.since,
        limit: Some(args.limit),
        ..EventQuery::default()
    };
    if let Some(ticket) = &args.ticket {
        query.ticket = Some(find::ticket(&client, ticket).await?);
    }
    if let Some(run) = &args.run {
        query.run = Some(find::run(&client, run).await?);
    }
    if args.limit == 0 && !args.follow {
        return Ok(());
    }
    if args.follow {
        return follow(&client, printer, &args, &query).await;
    }
    for event in latest(&client, &args, &query).await? {
        print(printer, &event)?;
    }
    Ok(())
}

/// The last events, oldest first; or those after `--since`, from the oldest on.
async fn latest(
    client: &Client,
    args: &EventsArgs,
    query: &EventQuery,
) -> anyhow::Result<Vec<Event>> {
    if args.limit == 0 {
        return Ok(Vec::new());
    }
    let mut events = client.list_events(query).await?;
    if args.since.is_none() {
        events.reverse();
    }
    Ok(events)
}

async fn follow(
    client: &Client,
    printer: &Printer,
    args: &EventsArgs,
    query: &EventQuery,
) -> anyhow::Result<()> {
    let since = match args.since {
        Some(since) => since,
        None => {
            let events = latest(client, args, query).await?;
            events.iter().try_for_each(|event| print(printer, event))?;
            match events.last() {
                Some(event) => event.seq,
                None => client.get_status().await?.head,
            }
        }
    };
    let mut stream = client.stream_events(StreamKind::WebSocket, query, Some(since));
    while let Some(item) = stream.next().await? {
        match item {
            Item::Row(event) => print(printer, &event)?,
            Item::Disconnected { reason } => tell(format_args!("dashctl: reconnecting: {reason}")),
            Item::Gap { from, to, reason } => {
                tell(format_args!(
                    "dashctl: events {from} to {to} are gone ({reason})"
                ));
            }
            Item::Connected { .. } => {}
        }
    }
    Ok(())
}

/// `[10:05:00] [INFO] source: message`, as the live page shows it.
fn print(printer: &Printer, event: &Event) -> anyhow::Result<()> {
    if printer.is_for_programs() {
        return printer.line(event);
    }
    let time = &event.created_at.to_string()[11..19];
    let level = event.severity.as_str().to_uppercase();
    let message = match event.message.as_str() {
        "" => event.event_type.clone(),
        message => visible(message).replace('\n', " "),
    };
    let line = format!("[{time}] [{level}] {}: {message}", event.source);
    let color = match event.severity {
        Severity::Error => "31",
        Severity::Warning => "33",
        Severity::Success => "32",
        Severity::Info => "0",
    };
    if printer.is_colored() {
        write_out(&format!("\u{1b}[{color}m{line}\u{1b}[0m"))
    } else {
        write_out(&line)
    }
}
