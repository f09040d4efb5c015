//! The spool's files: one JSON line per record, in segments that are deleted when they are delivered.
//!
//! `<number of the first record>.jsonl` are the segments, `delivered` holds the number of the next
//! record to deliver, `lease` that of the lease on the task, `refused.jsonl` what the server did not want, `lock` is held
//! while we live.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A segment that has grown so large is followed by a new one.
const SEGMENT_BYTES: u64 = 4 << 20;
const POSITION: &str = "delivered";
const LEASE: &str = "lease";
const REFUSED: &str = "refused.jsonl";
const LOCK: &str = "lock";

/// The files of one spool.
#[derive(Debug)]
pub(super) struct Disk {
    path: PathBuf,
    _lock: File,
    position: File,
    segments: VecDeque<Segment>,
    writer: File,
    reader: BufReader<File>,
    /// The line that was read and is not delivered yet.
    current: Option<Vec<u8>>,
    /// The number of the next record to deliver.
    sent: u64,
    waiting_bytes: u64,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    first: u64,
    count: u64,
    bytes: u64,
}

impl Segment {
    fn end(self) -> u64 {
        self.first + self.count
    }
}

impl Disk {
    /// Makes the directory `name` below `root`. It appears there only when it is locked already, so
    /// that nobody takes it for a leftover.
    pub(super) fn create(root: &Path, name: &str) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(root)?;
        let (hidden, path) = (root.join(format!(".new-{name}")), root.join(name));
        fs::DirBuilder::new().mode(0o700).create(&hidden)?;
        let lock = lock(&hidden)?;
        let segment = Segment {
            first: 0,
            count: 0,
            bytes: 0,
        };
        let writer = open(&hidden.join(file_name(0)))?;
        let position = open(&hidden.join(POSITION))?;
        let reader = BufReader::new(File::open(hidden.join(file_name(0)))?);
        fs::rename(&hidden, &path)?;
        Ok(Self {
            path,
            _lock: lock,
            position,
            segments: VecDeque::from([segment]),
            writer,
            reader,
            current: None,
            sent: 0,
            waiting_bytes: 0,
        })
    }

    /// Opens what another process left behind. A torn last line is cut off.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let lock = lock(path)?;
        let mut segments = list_segments(path)?;
        if segments.is_empty() {
            segments.push(0);
        }
        let segments: VecDeque<Segment> = segments
            .into_iter()
            .map(|first| mend(path, first))
            .collect::<io::Result<_>>()?;
        let (front, back) = (segments[0], segments[segments.len() - 1]);
        let sent = read_position(path).clamp(front.first, back.end());
        let mut disk = Self {
            path: path.to_owned(),
            _lock: lock,
            position: open(&path.join(POSITION))?,
            writer: open(&path.join(file_name(back.first)))?,
            reader: BufReader::new(File::open(path.join(file_name(front.first)))?),
            waiting_bytes: segments.iter().map(|segment| segment.bytes).sum(),
            segments,
            current: None,
            sent: front.first,
        };
        disk.skip_to(sent)?;
        Ok(disk)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The lease that was noted last.
    pub(super) fn lease(&self) -> Option<i64> {
        let text = fs::read_to_string(self.path.join(LEASE)).ok()?;
        text.trim().parse().ok()
    }

    /// Notes the lease under which all of this is told.
    pub(super) fn note_lease(&self, epoch: i64) -> io::Result<()> {
        open(&self.path.join(LEASE))?.write_all_at(format!("{epoch:020}\n").as_bytes(), 0)
    }

    pub(super) fn waiting_bytes(&self) -> u64 {
        self.waiting_bytes
    }

    pub(super) fn waiting(&self) -> u64 {
        self.back().end() - self.sent
    }

    /// Appends a line whole or not at all.
    pub(super) fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.back().bytes >= SEGMENT_BYTES {
            let first = self.back().end();
            self.writer = open(&self.path.join(file_name(first)))?;
            self.segments.push_back(Segment {
                first,
                count: 0,
                bytes: 0,
            });
        }
        let length = self.back().bytes;
        if let Err(error) = self.writer.write_all_at(line, length) {
            // A full disk takes a part of a line; the next try starts at the same place.
            self.writer.set_len(length)?;
            return Err(error);
        }
        let back = self.segments.back_mut().expect("there is always a segment");
        back.count += 1;
        back.bytes += line.len() as u64;
        self.waiting_bytes += line.len() as u64;
        Ok(())
    }

    /// The oldest line that is not delivered, and its number.
    pub(super) fn peek(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        if self.sent == self.back().end() {
            return Ok(None);
        }
        if self.current.is_none() {
            self.current = Some(self.read()?);
        }
        Ok(self.current.as_deref().map(|line| (self.sent, line)))
    }

    /// The oldest line is delivered.
    pub(super) fn advance(&mut self) -> io::Result<()> {
        self.forget_current();
        // Lost, it costs a second delivery, which changes nothing: no need to sync.
        self.position
            .write_all_at(format!("{:020}\n", self.sent).as_bytes(), 0)
    }

    /// The oldest line goes to where refused ones are kept.
    pub(super) fn set_aside(&mut self) -> io::Result<()> {
        if let Some(line) = &self.current {
            let mut refused = open(&self.path.join(REFUSED))?;
            refused.seek(SeekFrom::End(0))?;
            refused.write_all(line)?;
        }
        self.advance()
    }

    /// Deletes everything; refused lines stay, under another name.
    pub(super) fn remove(&mut self) -> io::Result<()> {
        if !self.path.join(REFUSED).exists() {
            return fs::remove_dir_all(&self.path);
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let kept = self.path.with_file_name(format!("refused-{name}"));
        fs::rename(&self.path, kept)
    }

    fn back(&self) -> Segment {
        self.segments[self.segments.len() - 1]
    }

    fn read(&mut self) -> io::Result<Vec<u8>> {
        while self.sent == self.segments[0].end() {
            self.drop_front()?;
        }
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line)?;
        Ok(line)
    }

    fn drop_front(&mut self) -> io::Result<()> {
        let next = self.segments[1].first;
        self.reader = BufReader::new(File::open(self.path.join(file_name(next)))?);
        if let Some(done) = self.segments.pop_front() {
            fs::remove_file(self.path.join(file_name(done.first)))?;
        }
        Ok(())
    }

    fn skip_to(&mut self, number: u64) -> io::Result<()> {
        while self.sent < number {
            self.current = Some(self.read()?);
            self.forget_current();
        }
        Ok(())
    }

    fn forget_current(&mut self) {
        if let Some(line) = self.current.take() {
            self.waiting_bytes -= line.len() as u64;
            self.sent += 1;
        }
    }
}

pub(super) fn file_name(first: u64) -> String {
    format!("{first:020}.jsonl")
}

fn open(path: &Path) -> io::Result<File> {
    // What a command prints may be secret.
    OpenOptions::new()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn lock(path: &Path) -> io::Result<File> {
    let file = open(&path.join(LOCK))?;
    file.try_lock()?;
    Ok(file)
}

pub(super) fn list_segments(path: &Path) -> io::Result<Vec<u64>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        let first = name.to_str().and_then(|name| name.strip_suffix(".jsonl"));
        segments.extend(first.and_then(|first| first.parse::<u64>().ok()));
    }
    segments.sort_unstable();
    Ok(segments)
}

fn read_position(path: &Path) -> u64 {
    let text = fs::read_to_string(path.join(POSITION)).unwrap_or_default();
    text.trim().parse().unwrap_or_default()
}

/// Counts a segment's lines and cuts off what a dying process left of its last one.
fn mend(path: &Path, first: u64) -> io::Result<Segment> {
    let file = open(&path.join(file_name(first)))?;
    let mut segment = Segment {
        first,
        count: 0,
        bytes: 0,
    };
    let mut lines = BufReader::new(&file);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        if line.last() != Some(&b'\n') {
            break;
        }
        segment.count += 1;
        segment.bytes += line.len() as u64;
        line.clear();
    }
    if file.metadata()?.len() > segment.bytes {
        file.set_len(segment.bytes)?;
    }
    Ok(segment)
}
