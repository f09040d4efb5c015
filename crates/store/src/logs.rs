//! Run logs: lines under their numbers within the run, apart from events because there are so many.

use std::borrow::Cow;

use model::{LogAppended, LogFilter, LogLine, LogStream, RunId, StepId, Timestamp};

use crate::bulk::Bulk;
use crate::column::{Column, Form};
use crate::engine::{Read, Row};
use crate::query::{Query, query};
use crate::tx::RunLog;
use crate::{Error, Tx};

/// A line to keep. Its text is bytes: what programs print need not be UTF-8.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its number as its worker counts; none where the server is to count on.
    pub number: Option<i64>,
    /// When it was printed.
    pub at: Timestamp,
    /// The step that printed it.
    pub step_id: Option<StepId>,
    /// Where it comes from.
    pub stream: LogStream,
    /// What was printed, without the line's end.
    pub text: Vec<u8>,
    /// Whether the line goes on in the next one.
    pub continues: bool,
}

/// A line that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptLine {
    /// Its number within the run, from 1, without gaps.
    pub line: i64,
    /// When it was printed.
    pub at: Timestamp,
    /// The step that printed it.
    pub step_id: Option<StepId>,
    /// Where it comes from.
    pub stream: LogStream,
    /// What was printed, without the line's end.
    pub text: Vec<u8>,
    /// Whether the line goes on in the next one.
    pub continues: bool,
}

impl KeptLine {
    /// As it travels: what is not UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn shown(self, run_id: RunId) -> LogLine {
        LogLine {
            run_id,
            line: self.line,
            at: self.at,
            step_id: self.step_id,
            stream: self.stream,
            text: match String::from_utf8_lossy(&self.text) {
                Cow::Owned(mended) => mended,
                Cow::Borrowed(_) => String::from_utf8(self.text).unwrap_or_default(),
            },
            bytes_base64: None,
            continues: self.continues,
        }
    }
}

const COLUMNS: &[(&str, Form)] = &[
    ("run_id", Form::Id),
    ("line", Form::Int),
    ("at", Form::Int),
    ("step_id", Form::Id),
    ("stream", Form::Text),
    ("text", Form::Bytes),
    ("continues", Form::Bool),
];

pub(crate) fn bulk() -> Bulk {
    Bulk::new("log_lines", COLUMNS)
}

/// Appends lines to a run's log. Lines that the worker numbers are skipped where the log has that number, so that
/// a batch that is sent again doubles nothing. Lines in a row with the same number are pieces of one line, and are kept or
/// skipped together. `None` when there is no such run.
pub async fn append(
    tx: &mut Tx,
    run: RunId,
    lines: Vec<Line>,
) -> Result<Option<LogAppended>, Error> {
    let select = query("SELECT log_lines, worker_line FROM runs WHERE id = $1").bind(&run);
    let Some(row) = tx.optional(select).await? else {
        return Ok(None);
    };
    let (before, mut worker_line): (i64, i64) = (row.at(0)?, row.at(1)?);
    let (mut last_line, mut skipped, mut bytes) = (before, 0, 0);
    let mut kept = None;
    for line in lines {
        let is_piece = line.number.is_some() && line.number == kept;
        if !is_piece && line.number.is_some_and(|number| number <= worker_line) {
            skipped += 1;
            continue;
        }
        kept = line.number;
        worker_line = line.number.unwrap_or(worker_line);
        last_line += 1;
        bytes += line.text.len() as i64 + i64::from(!line.continues);
        wait(tx, run, last_line, line);
    }
    if last_line > before {
        let reached = Reached {
            run,
            last_line,
            worker_line,
            bytes,
        };
        reach(tx, reached).await?;
    }
    Ok(Some(LogAppended {
        appended: last_line - before,
        skipped,
        last_line,
    }))
}

fn wait(tx: &mut Tx, run: RunId, number: i64, line: Line) {
    tx.pending_lines().push([
        run.value(),
        number.value(),
        line.at.value(),
        line.step_id.value(),
        line.stream.value(),
        crate::column::Value::Bytes(line.text),
        line.continues.value(),
    ]);
}

struct Reached {
    run: RunId,
    last_line: i64,
    worker_line: i64,
    bytes: i64,
}

async fn reach(tx: &mut Tx, reached: Reached) -> Result<(), Error> {
    let update = query(
        "UPDATE runs SET log_lines = $2, worker_line = $3, log_bytes = log_bytes + $4 WHERE id = $1",
    );
    let update = update
        .bind(&reached.run)
        .bind(&reached.last_line)
        .bind(&reached.worker_line);
    tx.run(update.bind(&reached.bytes)).await?;
    tx.touch_log(RunLog {
        run: reached.run,
        last_line: reached.last_line,
    });
    Ok(())
}

/// How far a run's log reaches: its last line's number and its size in bytes, line ends included. `None` when
/// there is no such run.
pub async fn extent(read: &mut Read, run: RunId) -> Result<Option<(i64, i64)>, Error> {
    let select = query("SELECT log_lines, log_bytes FROM runs WHERE id = $1").bind(&run);
    read.optional(select)
        .await?
        .map(|row| Ok((row.at(0)?, row.at(1)?)))
        .transpose()
}

/// The lines after a number, in their order, at most so many.
pub async fn after(
    read: &mut Read,
    run: RunId,
    line: i64,
    limit: i64,
) -> Result<Vec<KeptLine>, Error> {
    let filter = LogFilter {
        after: Some(line),
        limit,
        ..LogFilter::default()
    };
    chunk(read, run, &filter, limit).await
}

/// How many lines are looked at in one go where a text is searched for.
const CHUNK: i64 = 1000;

/// A page of a log, in the lines' order: the last lines, those before a number, or those after one.
pub async fn page(read: &mut Read, run: RunId, filter: &LogFilter) -> Result<Vec<KeptLine>, Error> {
    let backwards = filter.after.is_none();
    let mut found = match &filter.q {
        None => chunk(read, run, filter, filter.limit).await?,
        Some(text) => search(read, run, filter, &model::fold(text)).await?,
    };
    if backwards {
        found.reverse();
    }
    Ok(found)
}

/// Reads chunk by chunk until enough lines hold the text, or the log ends.
async fn search(
    read: &mut Read,
    run: RunId,
    filter: &LogFilter,
    folded: &str,
) -> Result<Vec<KeptLine>, Error> {
    let mut rest = filter.clone();
    let mut found = Vec::new();
    loop {
        let lines = chunk(read, run, &rest, CHUNK).await?;
        let Some(last) = lines.last().map(|line| line.line) else {
            return Ok(found);
        };
        let holds =
            |line: &KeptLine| model::fold(&String::from_utf8_lossy(&line.text)).contains(folded);
        let wanted = (filter.limit as usize).saturating_sub(found.len());
        found.extend(lines.into_iter().filter(holds).take(wanted));
        if found.len() as i64 >= filter.limit {
            return Ok(found);
        }
        match rest.after {
            Some(_) => rest.after = Some(last),
            None => rest.before = Some(last),
        }
    }
}

/// Lines in the order of reading: forward after a number, else backward.
async fn chunk(
    read: &mut Read,
    run: RunId,
    filter: &LogFilter,
    limit: i64,
) -> Result<Vec<KeptLine>, Error> {
    let mut select = Query::composed(
        "SELECT line, at, step_id, stream, text, continues FROM log_lines WHERE run_id = ".into(),
    );
    select.push_bind(&run);
    if let Some(after) = filter.after {
        select.push(" AND line > ").push_bind(&after);
    }
    if let Some(before) = filter.before {
        select.push(" AND line < ").push_bind(&before);
    }
    select
        .push_equal("step_id", filter.step.as_ref())
        .push_in("stream", &filter.stream);
    select.push(if filter.after.is_some() {
        " ORDER BY line"
    } else {
        " ORDER BY line DESC"
    });
    select.push_limit(limit);
    read.all(select).await?.iter().map(kept_line).collect()
}

fn kept_line(row: &Row) -> Result<KeptLine, Error> {
    Ok(KeptLine {
        line: row.at(0)?,
        at: row.at(1)?,
        step_id: row.at(2)?,
        stream: row.at(3)?,
        text: row.at(4)?,
        continues: row.at(5)?,
    })
}

/// Removes some lines of runs that are gone; answers whether there may be more. In small steps, so that no other
/// write waits long.
pub async fn sweep(tx: &mut Tx, most: i64) -> Result<bool, Error> {
    let Some(row) = tx
        .optional(query("SELECT run_id FROM log_sweeps LIMIT 1"))
        .await?
    else {
        return Ok(false);
    };
    let run: RunId = row.at(0)?;
    let delete = query(
        "DELETE FROM log_lines WHERE run_id = $1 AND line <
             (SELECT min(line) FROM log_lines WHERE run_id = $1) + $2",
    );
    if tx.run(delete.bind(&run).bind(&most)).await? == 0 {
        tx.run(query("DELETE FROM log_sweeps WHERE run_id = $1").bind(&run))
            .await?;
    }
    Ok(true)
}
