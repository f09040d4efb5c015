//! Run logs: lines come in batches and are kept once each; they are read by page, by search, or raw.

use std::ops::Range;

use auth::Caller;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::Stream;
use model::{
    LINE_BYTES, LogAppended, LogFilter, LogLine, LogStream, NewLogLine, ProjectId, RunId, Scope,
    Timestamp,
};
use store::Store;
use store::logs::{self, Line};

use crate::deed::Rights;
use crate::{App, Error, idempotency};

/// No more lines in one batch.
const MOST_LINES: usize = 10_000;

/// No more lines in one page.
const MOST_SHOWN: i64 = 10_000;

/// Lines that are read at once of a raw log.
const CHUNK: i64 = 1000;

impl App {
    /// Keeps lines of a run's log; also of a run that has ended.
    pub async fn append_logs(
        &self,
        caller: &Caller,
        run: RunId,
        lines: Vec<NewLogLine>,
    ) -> Result<LogAppended, Error> {
        caller.report_run(self.project_of_run(caller, run).await?, run)?;
        if lines.len() > MOST_LINES {
            return Err(Error::invalid(
                "",
                format!("must not hold more than {MOST_LINES} lines"),
            ));
        }
        let now = self.clock().now();
        let mut kept = Vec::with_capacity(lines.len());
        for (index, line) in lines.into_iter().enumerate() {
            split(taken(index, line, now)?, &mut kept);
        }
        let appended = match idempotency::is_wanted() {
            true => self.append_under_key(caller, run, kept).await?,
            false => self.store().append_lines(run, kept).await?,
        };
        appended.ok_or(Error::NotFound("run"))
    }

    /// A little slower: the request's key is kept with the lines.
    async fn append_under_key(
        &self,
        caller: &Caller,
        run: RunId,
        lines: Vec<Line>,
    ) -> Result<Option<LogAppended>, Error> {
        self.write(caller, move |tx, _| {
            Box::pin(async move { Ok(logs::append(tx, run, lines).await?) })
        })
        .await
    }

    /// A page of a run's log, in the order of the lines.
    pub async fn read_logs(
        &self,
        caller: &Caller,
        run: RunId,
        mut filter: LogFilter,
    ) -> Result<Vec<LogLine>, Error> {
        self.see_run(caller, run).await?;
        filter.limit = filter.limit.clamp(1, MOST_SHOWN);
        let lines = logs::page(&mut self.read().await?, run, &filter).await?;
        Ok(lines.into_iter().map(|line| shown(line, run)).collect())
    }

    /// A run's log as one text, as it is at this moment.
    pub async fn raw_log(&self, caller: &Caller, run: RunId) -> Result<RawLog, Error> {
        self.see_run(caller, run).await?;
        let extent = logs::extent(&mut self.read().await?, run).await?;
        let (last_line, bytes) = extent.ok_or(Error::NotFound("run"))?;
        let size = u64::try_from(bytes).unwrap_or(0);
        Ok(RawLog {
            store: self.store().clone(),
            run,
            last_line,
            size,
        })
    }

    /// Refuses who may not see this run.
    pub(crate) async fn see_run(&self, caller: &Caller, run: RunId) -> Result<(), Error> {
        caller.see("run", self.project_of_run(caller, run).await?)
    }

    /// The project of a run.
    async fn project_of_run(&self, caller: &Caller, run: RunId) -> Result<ProjectId, Error> {
        caller.holds(Scope::Read)?;
        self.place_of_run(run)
            .await?
            .map(|place| place.project_id)
            .ok_or(Error::NotFound("run"))
    }
}

/// A run's log as one text: every line with its end, the pieces of a long one put together again.
#[derive(Debug, Clone)]
pub struct RawLog {
    store: Store,
    run: RunId,
    last_line: i64,
    size: u64,
}

impl RawLog {
    /// How many bytes it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The bytes of this range, as they are read.
    pub fn read(
        self,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, Error>> + Send + 'static {
        let start = Reading {
            log: self,
            line: 0,
            at: 0,
            range,
        };
        futures_util::stream::try_unfold(start, |mut reading| async move {
            Ok(reading.next().await?.map(|bytes| (bytes, reading)))
        })
    }
}

struct Reading {
    log: RawLog,
    /// The last line that was read.
    line: i64,
    /// The offset after that line.
    at: u64,
    range: Range<u64>,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while self.at < self.range.end && self.line < self.log.last_line {
            let mut read = self.log.store.read().await?;
            let lines = logs::after(&mut read, self.log.run, self.line, CHUNK).await?;
            let Some(last) = lines.last().map(|line| line.line) else {
                return Ok(None);
            };
            let bytes = self.cut(joined(lines));
            self.line = last;
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    /// What of a text that begins at `self.at` lies in the range.
    fn cut(&mut self, text: Vec<u8>) -> Bytes {
        let begin = self.at;
        self.at += text.len() as u64;
        let from = self.range.start.clamp(begin, self.at) - begin;
        let to = self.range.end.clamp(begin, self.at) - begin;
        Bytes::from(text).slice(from as usize..to as usize)
    }
}

/// Lines as one text: every line with its end, the pieces of a long one put together again.
pub(crate) fn joined(lines: Vec<logs::KeptLine>) -> Vec<u8> {
    let mut text = Vec::new();
    for line in lines {
        text.extend_from_slice(&line.text);
        if !line.continues {
            text.push(b'\n');
        }
    }
    text
}

const EITHER: &str = "give either text or bytes_base64";

fn taken(index: usize, line: NewLogLine, now: Timestamp) -> Result<Line, Error> {
    let bad = |field: &str, detail: &str| Error::invalid(format!("/{index}/{field}"), detail);
    if line.line.is_some_and(|number| number < 1) {
        return Err(bad("line", "must be at least 1"));
    }
    let text = match (line.text, line.bytes_base64) {
        (Some(text), None) => text.into_bytes(),
        (None, Some(bytes)) => STANDARD
            .decode(bytes)
            .map_err(|_| bad("bytes_base64", "is not base64"))?,
        (Some(_), Some(_)) => return Err(bad("bytes_base64", EITHER)),
        (None, None) => return Err(bad("text", EITHER)),
    };
    Ok(Line {
        number: line.line,
        at: line.at.unwrap_or(now),
        step_id: line.step_id,
        stream: line.stream.unwrap_or(LogStream::Stdout),
        text,
        continues: line.continues,
    })
}

/// Splits a line that is too long for one. All pieces carry its number, so that they are kept or skipped together.
fn split(mut line: Line, kept: &mut Vec<Line>) {
    while line.text.len() > LINE_BYTES {
        let rest = line.text.split_off(cut_at(&line.text));
        let text = std::mem::replace(&mut line.text, rest);
        kept.push(Line {
            text,
            continues: true,
            ..head(&line)
        });
    }
    kept.push(line);
}

/// Where to cut: at the limit, or before it where that would tear a character of UTF-8.
fn cut_at(text: &[u8]) -> usize {
    let is_start = |byte: u8| byte & 0b1100_0000 != 0b1000_0000;
    (LINE_BYTES - 3..=LINE_BYTES)
        .rev()
        .find(|at| is_start(text[*at]))
        .unwrap_or(LINE_BYTES)
}

/// The line without its text.
fn head(line: &Line) -> Line {
    Line {
        text: Vec::new(),
        ..*line
    }
}

fn shown(line: logs::KeptLine, run: RunId) -> LogLine {
    let bytes = std::str::from_utf8(&line.text)
        .is_err()
        .then(|| STANDARD.encode(&line.text));
    LogLine {
        bytes_base64: bytes,
        ..line.shown(run)
    }
}
