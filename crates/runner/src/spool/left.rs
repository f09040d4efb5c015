//! Leftovers: spools of processes that died before they had told everything.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use model::{FinishRun, Outcome, RunId, Text, Timestamp};

use super::Spool;
use super::disk::{self, Disk};
use crate::notice::Notices;
use crate::record::Record;

/// A spool whose process is gone.
#[derive(Debug)]
pub struct Leftover {
    run: RunId,
    path: PathBuf,
}

/// The directory below `root` for the spools of this server.
#[must_use]
pub fn path_for_server(root: &Path, server: &str) -> PathBuf {
    let mut name = String::new();
    for byte in server.trim_end_matches('/').bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' => name.push(byte.into()),
            other => name.push_str(&format!("_{other:02x}")),
        }
    }
    root.join(name)
}

/// The spools below `root` that nobody holds, oldest first.
pub fn leftovers(root: &Path) -> io::Result<Vec<Leftover>> {
    let entries = match fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let run = path
            .file_name()
            .and_then(|name| name.to_str()?.parse().ok());
        if let Some(run) = run.filter(|_| is_free(&path)) {
            found.push(Leftover { run, path });
        }
    }
    found.sort_by_key(|left| left.run);
    Ok(found)
}

impl Leftover {
    /// The run that it belongs to.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// Takes it over; an end is added where its process could not. Fails when another process was faster.
    pub fn open(&self, notices: Notices) -> io::Result<Arc<Spool>> {
        let died_at = last_written(&self.path)?;
        let mut disk = Disk::open(&self.path)?;
        if !matches!(last_record(&self.path)?, Some(Record::Finish(_))) {
            let mut line = serde_json::to_vec(&interrupted(died_at)).map_err(io::Error::other)?;
            line.push(b'\n');
            disk.append(&line)?;
        }
        Ok(Spool::new(self.run, u64::MAX, notices, disk, true))
    }
}

fn interrupted(at: Timestamp) -> Record {
    let error = "the process that ran the command died before the run had ended";
    Record::Finish(Box::new(FinishRun {
        outcome: Outcome::Interrupted,
        exit_code: None,
        summary: None,
        error: Some(Text::lossy(error)),
        metadata: None,
        reported_cost_usd: None,
        lease_epoch: None,
        ended_at: Some(at),
    }))
}

fn is_free(path: &Path) -> bool {
    fs::File::open(path.join("lock")).is_ok_and(|lock| lock.try_lock().is_ok())
}

/// When its process last wrote something: the best guess at when it died.
fn last_written(path: &Path) -> io::Result<Timestamp> {
    let modified = fs::metadata(last_segment(path)?)?.modified()?;
    let micros = modified
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_micros();
    Ok(Timestamp::from_micros(
        i64::try_from(micros).unwrap_or_default(),
    ))
}

fn last_segment(path: &Path) -> io::Result<PathBuf> {
    let first = disk::list_segments(path)?.pop().unwrap_or_default();
    Ok(path.join(disk::file_name(first)))
}

fn last_record(path: &Path) -> io::Result<Option<Record>> {
    let text = fs::read(last_segment(path)?)?;
    let last = text.trim_ascii_end().rsplit(|byte| *byte == b'\n').next();
    Ok(last.and_then(|line| serde_json::from_slice(line).ok()))
}
