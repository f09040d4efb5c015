//! The recorder: gives every line its number and its time, batches lines, and spools the batches.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Clock, LogStream, NewLogLine, StepId, Timestamp};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::whole::{Ready, Whole};
use super::{End, Piece, Splitter};
use crate::record::{Line, Observer, Record, Shown};
use crate::spool::Spool;

/// A batch is sent at the latest with so many lines,
const BATCH_LINES: usize = 500;
/// so many bytes,
const BATCH_BYTES: usize = 256 << 10;
/// or after so much time.
const BATCH_TIME: Duration = Duration::from_millis(100);
/// How often a line that shows progress is recorded before it ends.
const PROGRESS: Duration = Duration::from_secs(1);

/// What the recorder takes.
#[derive(Debug)]
pub(crate) enum Input {
    /// The command printed these bytes.
    Bytes(LogStream, Vec<u8>),
    /// We have something to say about the run.
    Status(String),
}

/// One of the command's streams on its way to lines.
#[derive(Default)]
struct Stream {
    splitter: Splitter,
    whole: Whole,
}

/// Turns output into spooled records.
pub(crate) struct Recorder {
    spool: Arc<Spool>,
    clock: Clock,
    observer: Box<dyn Observer>,
    stdout: Stream,
    stderr: Stream,
    next_line: i64,
    /// In the order in which they are spooled; the last one may be lines that others will join.
    batch: Vec<Record>,
    lines: usize,
    bytes: usize,
    /// Of the last record alone: what an observer makes of one line may need several.
    last_bytes: usize,
}

impl Recorder {
    /// A recorder whose first line gets the number 1.
    pub(crate) fn new(spool: Arc<Spool>, clock: Clock, observer: Box<dyn Observer>) -> Self {
        Self {
            spool,
            clock,
            observer,
            stdout: Stream::default(),
            stderr: Stream::default(),
            next_line: 1,
            batch: Vec::new(),
            lines: 0,
            bytes: 0,
            last_bytes: 0,
        }
    }

    /// The command writes to a terminal, which sends all of it as its standard output.
    pub(crate) fn of_terminal(mut self) -> Self {
        self.stdout.splitter = Splitter::of_terminal();
        self
    }

    /// Records until every sender is gone; gives the observer back for its last word.
    pub(crate) async fn run(mut self, mut input: mpsc::Receiver<Input>) -> Box<dyn Observer> {
        let mut due = None;
        let mut progress = tokio::time::interval(PROGRESS);
        progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                next = input.recv() => match next {
                    Some(next) => self.take(next).await,
                    None => break,
                },
                () = until(due) => self.flush().await,
                _ = progress.tick() => self.show_progress(),
            }
            due = match self.batch.is_empty() {
                true => None,
                false => due.or_else(|| Some(Instant::now() + BATCH_TIME)),
            };
        }
        self.finish().await
    }

    async fn take(&mut self, input: Input) {
        match input {
            Input::Bytes(stream, bytes) => {
                for piece in self.stream(stream).splitter.push(&bytes) {
                    self.add(stream, piece);
                    if self.lines >= BATCH_LINES || self.bytes >= BATCH_BYTES {
                        self.flush().await;
                    }
                }
            }
            Input::Status(text) => self.push_text(LogStream::Status, None, &text),
        }
    }

    fn show_progress(&mut self) {
        for stream in [LogStream::Stdout, LogStream::Stderr] {
            if let Some(piece) = self.stream(stream).splitter.progress() {
                self.add(stream, piece);
            }
        }
    }

    async fn finish(mut self) -> Box<dyn Observer> {
        for stream in [LogStream::Stdout, LogStream::Stderr] {
            for piece in self.stream(stream).splitter.finish() {
                self.add(stream, piece);
            }
        }
        self.flush().await;
        self.observer
    }

    fn stream(&mut self, stream: LogStream) -> &mut Stream {
        match stream {
            LogStream::Stderr => &mut self.stderr,
            _ => &mut self.stdout,
        }
    }

    fn add(&mut self, stream: LogStream, piece: Piece) {
        let wants_whole = self.observer.wants_whole_lines();
        match self.stream(stream).whole.push(piece, wants_whole) {
            None => {}
            Some(Ready::Part(pieces)) => self.push_pieces(stream, None, &pieces),
            Some(Ready::Line(pieces)) => self.observe(stream, &pieces),
        }
    }

    fn observe(&mut self, stream: LogStream, pieces: &[Piece]) {
        let bytes = match pieces {
            [only] => Cow::Borrowed(&only.bytes),
            _ => Cow::Owned(
                pieces
                    .iter()
                    .flat_map(|piece| &piece.bytes)
                    .copied()
                    .collect(),
            ),
        };
        let bytes = bytes.as_slice();
        let seen = self.observer.line(Line { stream, bytes });
        self.batch.extend(seen.records);
        match seen.log {
            None => self.push_pieces(stream, None, pieces),
            Some(log) => match log.shown {
                Shown::AsIs => self.push_pieces(log.stream, log.step, pieces),
                Shown::Text(text) => self.push_text(log.stream, log.step, &text),
                Shown::Nothing => {}
            },
        }
    }

    fn push_text(&mut self, stream: LogStream, step: Option<StepId>, text: &str) {
        let mut splitter = Splitter::default();
        let mut pieces = splitter.push(text.as_bytes());
        pieces.extend(splitter.finish());
        self.push_pieces(stream, step, &pieces);
    }

    fn push_pieces(&mut self, stream: LogStream, step: Option<StepId>, pieces: &[Piece]) {
        let at = self.clock.now();
        for piece in pieces {
            let line = log_line(self.next_line, at, stream, step, piece);
            self.next_line += 1;
            self.lines += 1;
            self.bytes += piece.bytes.len();
            self.last_bytes += piece.bytes.len();
            match self.batch.last_mut() {
                Some(Record::Lines(lines))
                    if lines.len() < BATCH_LINES && self.last_bytes <= BATCH_BYTES =>
                {
                    lines.push(line);
                }
                _ => {
                    self.last_bytes = piece.bytes.len();
                    self.batch.push(Record::Lines(vec![line]));
                }
            }
        }
    }

    async fn flush(&mut self) {
        (self.lines, self.bytes) = (0, 0);
        for record in std::mem::take(&mut self.batch) {
            self.spool.append(&record).await;
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn log_line(
    number: i64,
    at: Timestamp,
    stream: LogStream,
    step_id: Option<StepId>,
    piece: &Piece,
) -> NewLogLine {
    // U+0000 is valid in UTF-8 but refused in text by many who read it later.
    let text = std::str::from_utf8(&piece.bytes).ok();
    let text = text.filter(|text| !text.contains('\0'));
    NewLogLine {
        line: Some(number),
        at: Some(at),
        step_id,
        stream: Some(stream),
        text: text.map(str::to_owned),
        bytes_base64: text.is_none().then(|| STANDARD.encode(&piece.bytes)),
        continues: piece.end == End::Continues,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], text: Option<&str>, base64: Option<&str>) {
        let piece = Piece {
            bytes: bytes.to_vec(),
            end: End::Newline,
        };
        let line = log_line(1, Timestamp::default(), LogStream::Stdout, None, &piece);
        assert_eq!(line.text.as_deref(), text);
        assert_eq!(line.bytes_base64.as_deref(), base64);
    }

    #[test]
    fn text_travels_as_text_and_anything_else_as_bytes() {
        check(
            "\u{1b}[31mrot\u{1b}[0m".as_bytes(),
            Some("\u{1b}[31mrot\u{1b}[0m"),
            None,
        );
        check(b"", Some(""), None);
        check(b"a\xff", None, Some("Yf8="));
        check(b"a\0", None, Some("YQA="));
    }
}
