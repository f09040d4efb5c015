//! `dashctl runs logs`: what a run printed, and what it prints now.

use std::io::Write;

use clap::Args;
use client::{Client, Item, LogQuery, StreamKind};
use model::{LogLine, LogStream};

use crate::find;
use crate::print::{Printer, tell};

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// The run's id, or a part of it
    run: String,
    /// Follow the log until the run has ended
    #[arg(short, long)]
    follow: bool,
    /// Begin with the last so many lines
    #[arg(short = 'n', long, value_name = "LINES")]
    tail: Option<i64>,
    /// Only these streams, separated by commas
    #[arg(long, value_delimiter = ',')]
    stream: Vec<LogStream>,
    /// Only lines with this text
    #[arg(long, value_name = "TEXT", conflicts_with = "follow")]
    q: Option<String>,
    /// Number, time and stream before each line
    #[arg(short, long)]
    long: bool,
}

/// How many lines are asked for at once.
const AT_ONCE: i64 = 1000;

pub(crate) async fn show(client: &Client, printer: &Printer, args: LogsArgs) -> anyhow::Result<()> {
    let run = find::run(client, &args.run).await?;
    let mut query = LogQuery {
        after: Some(0),
        stream: args.stream.clone(),
        q: args.q.clone(),
        limit: AT_ONCE,
        ..LogQuery::default()
    };
    if let Some(tail) = args.tail {
        let last = LogQuery {
            after: None,
            limit: tail,
            ..query.clone()
        };
        let lines = match tail {
            0 => Vec::new(),
            _ => client.list_logs(run, &last).await?,
        };
        print_all(printer, &args, &lines)?;
        query.after = match lines.last() {
            Some(line) => Some(line.line),
            None => Some(client.get_run(run).await?.run.log_lines),
        };
    }
    while args.tail.is_none() {
        let lines = client.list_logs(run, &query).await?;
        print_all(printer, &args, &lines)?;
        let Some(last) = lines.last() else { break };
        query.after = Some(last.line);
    }
    if args.follow {
        follow(client, printer, &args, run, query.after.unwrap_or(0)).await?;
    }
    Ok(())
}

async fn follow(
    client: &Client,
    printer: &Printer,
    args: &LogsArgs,
    run: model::RunId,
    after: i64,
) -> anyhow::Result<()> {
    let mut lines = client.stream_logs(StreamKind::WebSocket, run, after);
    while let Some(item) = lines.next().await? {
        match item {
            Item::Row(line) if args.stream.is_empty() || args.stream.contains(&line.stream) => {
                print_line(printer, args, &line)?;
            }
            Item::Disconnected { reason } => tell(format_args!("dashctl: reconnecting: {reason}")),
            Item::Gap { from, to, .. } => {
                tell(format_args!("dashctl: lines {from} to {to} are gone"));
            }
            Item::Row(_) | Item::Connected { .. } => {}
        }
    }
    Ok(())
}

fn print_all(printer: &Printer, args: &LogsArgs, lines: &[LogLine]) -> anyhow::Result<()> {
    lines
        .iter()
        .try_for_each(|line| print_line(printer, args, line))
}

fn print_line(printer: &Printer, args: &LogsArgs, line: &LogLine) -> anyhow::Result<()> {
    if printer.is_for_programs() {
        return printer.line(line);
    }
    // Colours are what the run printed; a terminal that shows none gets the plain text.
    let text = if printer.is_colored() {
        line.text.clone()
    } else {
        without_colors(&line.text)
    };
    let mut out = std::io::stdout().lock();
    if args.long {
        write!(out, "{:>6} {} {:<6} ", line.line, line.at, line.stream)?;
    }
    let end = if line.continues {
        ""
    } else {
        "
"
    };
    write!(out, "{text}{end}")?;
    Ok(out.flush()?)
}

/// The text without escape sequences (ECMA-48 control sequences).
fn without_colors(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if c != '\u{1b}' {
            plain.push(c);
        } else if characters.next_if_eq(&'[').is_some() {
            // A control sequence ends with a byte from @ to ~.
            characters.by_ref().find(|c| ('@'..='~').contains(c));
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_taken_away() {
        assert_eq!(
            without_colors("\u{1b}[1;31mred\u{1b}[0m \u{1b}plain"),
            "red plain"
        );
    }
}
