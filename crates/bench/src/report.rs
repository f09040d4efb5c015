//! The table for people, with the machine and the commit that it is about.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

use crate::figure::{Figure, Settings, amount};

const HEAD: &str = "# Benchmarks

Written by `just bench`; do not edit. Each figure stands beside its limit, measured in the same run by the same caller,
the two taking turns. Numbers are medians of the rounds, and the ratio is the median of each round's own ratio: it tells
more than a number from one machine. The limit is the least that any server would do for the same answer:

* writes of one event: a bare axum route that parses the same JSON and answers, keeping nothing;
* writes of a thousand rows: one thread with rusqlite, the same tables and indexes, transactions of 1,000, `synchronous=FULL`;
* published to received: a bare axum WebSocket that broadcasts ready bytes (feed up to 64 frames, one flush,
  `read_buffer_size(4096)`), at 100 events a second, plus one durable commit by rusqlite at the same pace; the goal is about p99;
* deliveries: the same bare WebSocket, a burst of 1,000 events to 1,000 viewers until the last has the last;
* resume: reading the same rows with rusqlite and serialising them; once while the server still holds the latest of
  the events in memory, and once right after its start, when all come from the table;
* pages and boards: the same request at 1,000 tickets or tasks;
* creating tasks: a bare axum route that parses the same JSON and sends it back;
* claims: the one statement that takes the next ready task, in a loop, each in a durable transaction of its own, on a copy of
  the same database. A claim here is more: it opens a run with a lease and a token, counts, and tells of it.

Callers, viewers and limits run on the same cores as the server, which makes its share of them smaller than it would be
alone. The server is the release build with its defaults: SQLite with `synchronous=FULL`, authentication and limits on;
PostgreSQL, where it is named, commits durably on the same machine.
";

/// The whole document.
pub(crate) fn write(figures: &[Figure], settings: &Settings, out: &Path) -> anyhow::Result<String> {
    let mut text = HEAD.to_owned();
    writeln!(text, "\n{}\n", machine())?;
    writeln!(
        text,
        "{} rounds of {} s.\n",
        settings.rounds, settings.seconds
    )?;
    text.push_str(
        "| figure | dashboardd | limit | ratio | to reach | |\n|---|---:|---:|---:|---|---|\n",
    );
    for figure in figures {
        let (limit, ratio) = match &figure.limit {
            Some(limit) => (amount(limit.amount), format!("{:.2}", limit.ratio)),
            None => ("—".to_owned(), "—".to_owned()),
        };
        writeln!(
            text,
            "| {} | {} {} | {limit} | {ratio} | {} | {} |",
            figure.name,
            amount(figure.ours),
            figure.unit,
            figure.goal,
            figure.verdict()
        )?;
    }
    text.push_str(HISTORIES);
    text.push_str(&histories(out)?);
    Ok(text)
}

const HISTORIES: &str = "
## Random histories

What workers that die, lie and sleep came to, under servers that stop and clocks that jump, held against the rules of
[reliability.md](reliability.md), where this table is from:

";

/// The first table of the document on reliability, which lies beside this one.
fn histories(out: &Path) -> anyhow::Result<String> {
    let file = out.with_file_name("reliability.md");
    let text =
        std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
    let is_row = |line: &&str| line.starts_with('|');
    let table = text.lines().skip_while(|line| !is_row(line));
    Ok(table
        .take_while(is_row)
        .map(|line| format!("{line}\n"))
        .collect())
}

fn machine() -> String {
    let processor =
        line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "an unknown processor".into());
    let memory: u64 = line_of("/proc/meminfo", "MemTotal")
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = said("uname", &["-sr"]);
    let disk = said(
        "stat",
        &["-f", "-c", "%T", &std::env::temp_dir().to_string_lossy()],
    );
    let commit = said(
        "git",
        &[
            "describe",
            "--always",
            "--dirty",
            "--abbrev=10",
            "--exclude=*",
        ],
    );
    format!(
        "Machine: {processor}, {cores} cores, {} GiB, {kernel}, data on {disk}. Commit: {commit}. Date: {}. Compiler: {}.",
        memory / 1_048_576,
        model::Timestamp::now().day(),
        said("rustc", &["--version"]),
    )
}

fn line_of(file: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_else(|_| "unknown".into())
}
