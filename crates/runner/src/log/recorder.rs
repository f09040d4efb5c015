//! The recorder: gives every line its number and its time, batches lines, and spools the batches.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Clock, LogStream, NewLogLine, Timestamp};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use super::whole::Whole;
use super::{End, Piece, Splitter};
use crate::record::{Conclusion, Line, Observer, Record};
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
    lines: Vec<NewLogLine>,
    bytes: usize,
    /// Follow the lines of the batch that they were seen in.
    records: Vec<Record>,
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
            lines: Vec::new(),
            bytes: 0,
            records: Vec::new(),
        }
    }

    /// Records until every sender is gone; gives what the observer concludes.
    pub(crate) async fn run(mut self, mut input: mpsc::Receiver<Input>) -> Conclusion {
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
            due = match self.is_empty() {
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
                    if self.is_full() {
                        self.flush().await;
                    }
                }
            }
            Input::Status(text) => {
                let piece = Piece {
                    bytes: text.into_bytes(),
                    end: End::Newline,
                };
                self.push(LogStream::Status, &piece, self.clock.now());
            }
        }
    }

    fn show_progress(&mut self) {
        for stream in [LogStream::Stdout, LogStream::Stderr] {
            if let Some(piece) = self.stream(stream).splitter.progress() {
                self.add(stream, piece);
            }
        }
    }

    async fn finish(mut self) -> Conclusion {
        for stream in [LogStream::Stdout, LogStream::Stderr] {
            for piece in self.stream(stream).splitter.finish() {
                self.add(stream, piece);
            }
        }
        let mut conclusion = self.observer.finish();
        self.records.append(&mut conclusion.records);
        self.flush().await;
        conclusion
    }

    fn stream(&mut self, stream: LogStream) -> &mut Stream {
        match stream {
            LogStream::Stderr => &mut self.stderr,
            _ => &mut self.stdout,
        }
    }

    fn add(&mut self, stream: LogStream, piece: Piece) {
        let at = self.clock.now();
        let last = self.push(stream, &piece, at);
        if let Some((first, bytes)) = self.stream(stream).whole.push(last, &piece) {
            let line = Line {
                first,
                last,
                stream,
                at,
                bytes: &bytes,
            };
            self.records.extend(self.observer.line(line));
        }
    }

    fn push(&mut self, stream: LogStream, piece: &Piece, at: Timestamp) -> i64 {
        let number = self.next_line;
        self.next_line += 1;
        self.bytes += piece.bytes.len();
        self.lines.push(log_line(number, stream, piece, at));
        number
    }

    fn is_full(&self) -> bool {
        self.lines.len() >= BATCH_LINES || self.bytes >= BATCH_BYTES
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.records.is_empty()
    }

    async fn flush(&mut self) {
        if !self.lines.is_empty() {
            self.bytes = 0;
            let lines = std::mem::take(&mut self.lines);
            self.spool.append(&Record::Lines(lines)).await;
        }
        for record in std::mem::take(&mut self.records) {
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

fn log_line(number: i64, stream: LogStream, piece: &Piece, at: Timestamp) -> NewLogLine {
    // U+0000 is valid in UTF-8 but refused in text by many who read it later.
    let text = std::str::from_utf8(&piece.bytes)
        .ok()
        .filter(|text| !text.contains('\0'));
    NewLogLine {
        line: Some(number),
        at: Some(at),
        step_id: None,
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
        let line = log_line(1, LogStream::Stdout, &piece, Timestamp::default());
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
