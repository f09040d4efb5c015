//! What is printed: tables for people, JSON for programs.

use std::io::{IsTerminal, Write};

use comfy_table::{Attribute, Color, ColumnConstraint, ContentArrangement, Table, presets};
use model::{Timestamp, Totals};
use serde::Serialize;

use crate::cli::{Global, Output};
use crate::exit::Refused;

/// Knows for whom it prints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    format: Output,
    colored: bool,
    /// Whether what is printed takes the place of what was printed before.
    watching: bool,
}

/// One cell of a table.
pub(crate) struct Cell {
    text: String,
    color: Option<Color>,
}

impl Cell {
    pub(crate) fn text(text: impl ToString) -> Self {
        Self {
            text: text.to_string(),
            color: None,
        }
    }

    /// What there is, or nothing.
    pub(crate) fn maybe(text: Option<impl ToString>) -> Self {
        Self::text(text.map(|text| text.to_string()).unwrap_or_default())
    }

    /// A state, in the colour of its meaning.
    pub(crate) fn state(state: &str) -> Self {
        let color = match state {
            "succeeded" | "done" | "merged" | "success" | "green" => Some(Color::Green),
            "failed" | "error" | "critical" | "red" => Some(Color::Red),
            "running" | "implementing" | "active" => Some(Color::Cyan),
            "blocked" | "waiting" | "warning" | "clarification_needed" | "yellow" => {
                Some(Color::Yellow)
            }
            "cancelled" | "interrupted" | "archived" => Some(Color::DarkGrey),
            _ => None,
        };
        Self {
            text: state.to_owned(),
            color,
        }
    }

    /// How long ago, such as `3m`.
    pub(crate) fn ago(at: Timestamp) -> Self {
        Self::text(ago(at, Timestamp::now()))
    }
}

impl Printer {
    pub(crate) fn new(global: &Global) -> Self {
        let format = match global.output {
            Some(output) => output,
            None if global.json => Output::Json,
            None if global.jsonl => Output::Jsonl,
            None => Output::Table,
        };
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            format,
            colored: std::io::stdout().is_terminal() && !no_color,
            watching: false,
        }
    }

    /// The same for what is printed again and again: on a terminal each in the place of the last, as JSON a line each.
    pub(crate) fn watching(self) -> Self {
        Self {
            watching: true,
            ..self
        }
    }

    fn begin(&self) -> anyhow::Result<()> {
        match self.watching && std::io::stdout().is_terminal() {
            true => write_out("\u{1b}[H\u{1b}[2J\u{1b}[3J"),
            false => Ok(()),
        }
    }

    /// Whether a program reads what is printed.
    pub(crate) fn is_for_programs(&self) -> bool {
        matches!(self.format, Output::Json | Output::Jsonl)
    }

    /// Whether tables show more columns.
    pub(crate) fn is_wide(&self) -> bool {
        self.format == Output::Wide
    }

    /// Whether colours are understood.
    pub(crate) fn is_colored(&self) -> bool {
        self.colored
    }

    /// A word to people; programs get none.
    pub(crate) fn say(&self, text: &str) {
        if !self.is_for_programs() {
            writeln!(std::io::stdout(), "{text}").ok();
        }
    }

    /// Many things as a table, or a word about why there are none.
    pub(crate) fn list<T: Serialize>(
        &self,
        items: &[T],
        headings: &[&str],
        cells: impl Fn(&T) -> Vec<Cell>,
        when_empty: &str,
    ) -> anyhow::Result<()> {
        match self.format {
            Output::Json => self.json(&items),
            Output::Jsonl => items.iter().try_for_each(|item| self.line(item)),
            Output::Table | Output::Wide if items.is_empty() => {
                self.begin()?;
                tell(when_empty);
                Ok(())
            }
            Output::Table | Output::Wide => {
                let rows = items.iter().map(cells).collect();
                self.begin()?;
                write_out(&self.table(headings, rows).to_string())
            }
        }
    }

    /// One thing as name and value, line by line.
    pub(crate) fn one<T: Serialize>(
        &self,
        item: &T,
        fields: Vec<(&str, Cell)>,
    ) -> anyhow::Result<()> {
        match self.format {
            Output::Json => self.json(item),
            Output::Jsonl => self.line(item),
            Output::Table | Output::Wide => {
                let shown = fields.into_iter().filter(|(_, cell)| !cell.text.is_empty());
                let rows = shown
                    .map(|(name, cell)| vec![Cell::text(name), cell])
                    .collect();
                write_out(&self.table(&[], rows).to_string())
            }
        }
    }

    /// A thing as JSON, for programs.
    pub(crate) fn json<T: Serialize>(&self, item: &T) -> anyhow::Result<()> {
        match self.watching {
            true => self.line(item),
            false => write_out(&serde_json::to_string_pretty(item)?),
        }
    }

    /// A thing as one line of JSON.
    pub(crate) fn line<T: Serialize>(&self, item: &T) -> anyhow::Result<()> {
        write_out(&serde_json::to_string(item)?)
    }

    fn table(&self, headings: &[&str], rows: Vec<Vec<Cell>>) -> Table {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic);
        if !std::io::stdout().is_terminal() || table.width().unwrap_or(0) == 0 {
            // Cut to a width, a table could not be read by awk; and some terminals do not know theirs.
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
        if !headings.is_empty() {
            table.set_header(headings.iter().map(|heading| {
                let cell = comfy_table::Cell::new(heading);
                if self.colored {
                    cell.add_attribute(Attribute::Bold)
                } else {
                    cell
                }
            }));
        }
        for row in rows {
            table.add_row(row.into_iter().map(|cell| {
                let shown = comfy_table::Cell::new(visible(&cell.text));
                match cell.color.filter(|_| self.colored) {
                    Some(color) => shown.fg(color),
                    None => shown,
                }
            }));
        }
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        // An id, or a field's name: in pieces nobody could copy it.
        if let Some(first) = table.column_mut(0) {
            first.set_constraint(ColumnConstraint::ContentWidth);
        }
        table
    }
}

/// Text from outside, without what could steer the terminal.
pub(crate) fn visible(text: &str) -> String {
    let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
    text.chars()
        .map(|c| if steers(c) { '\u{FFFD}' } else { c })
        .collect()
}

/// Prints a line; an output that somebody closed is an error like any other.
pub(crate) fn write_out(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in text.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(out.flush()?)
}

/// Says a line to people, on standard error. One that somebody closed changes nothing of what is done.
pub(crate) fn tell(line: impl std::fmt::Display) {
    writeln!(std::io::stderr(), "{line}").ok();
}

/// Asks before something that cannot be undone; without a terminal only `--yes` says yes.
pub(crate) fn ask(question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        let why = format!("{question} Say --yes to do it without being asked");
        return Err(Refused::usage(why));
    }
    write!(std::io::stderr(), "{question} [y/N] ")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        anyhow::bail!("nothing was done")
    }
}

/// How long ago, in one unit.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.millis_since(at) / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// How long ago something on this machine was.
pub(crate) fn since(at: std::time::SystemTime) -> String {
    let millis = at.elapsed().map_or(0, |ago| ago.as_millis());
    let now = Timestamp::now();
    let then = now.plus_seconds(-i64::try_from(millis / 1000).unwrap_or(i64::MAX));
    ago(then, now)
}

/// How long something took, in two units at most.
pub(crate) fn duration(millis: i64) -> String {
    let seconds = millis / 1000;
    match seconds {
        0..10 => format!("{:.1}s", millis as f64 / 1000.0),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{}s", seconds / 60, seconds % 60),
        _ => format!("{}h{}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// What something cost, and that it was unpriced where it was; nothing where no model was called.
pub(crate) fn cost(totals: &Totals) -> String {
    let is_zero = totals.cost_usd == model::Usd::ZERO;
    match (is_zero, totals.unpriced_calls) {
        (true, 0) if totals.total_llm_calls == 0 => "–".to_owned(),
        (_, 0) => totals.cost_usd.to_string(),
        (true, _) => "unpriced".to_owned(),
        (false, unpriced) => format!("{} + {unpriced} unpriced", totals.cost_usd),
    }
}

/// What was read and written, and in how many calls where they were seen one by one.
pub(crate) fn spent(totals: &Totals) -> String {
    let (input, output) = (tokens(totals.tokens_input), tokens(totals.tokens_output));
    match totals.total_llm_calls {
        0 => format!("{input} in / {output} out"),
        1 => format!("{input} in / {output} out in 1 call"),
        calls => format!("{input} in / {output} out in {calls} calls"),
    }
}

/// A number of tokens, such as `1.5M`.
pub(crate) fn tokens(count: i64) -> String {
    match count {
        ..1000 => count.to_string(),
        1000..1_000_000 => format!("{:.1}K", count as f64 / 1e3),
        _ => format!("{:.1}M", count as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_short() {
        let check = |millis, expected: &str| assert_eq!(duration(millis), expected);
        check(420, "0.4s");
        check(59_000, "59s");
        check(125_000, "2m5s");
        check(7_500_000, "2h5m");
    }

    #[test]
    fn tokens_have_a_suffix() {
        assert_eq!(tokens(999), "999");
        assert_eq!(tokens(1_500_000), "1.5M");
    }

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        assert_eq!(visible("a\u{1b}[2Jb"), "a\u{FFFD}[2Jb");
    }
}
