//! Opening SQLite: one writer, a pool of readers, and a lock file that keeps other processes out.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::Error;
use crate::error::Kind;

/// Readers beside the writer. More gain nothing: they share the processor with it.
const READERS: u32 = 4;
/// How long a reader may wait for a connection before the caller hears that the store is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open SQLite database.
pub(crate) struct Opened {
    /// For the migrations.
    pub(crate) starter: SqlitePool,
    /// What the writer's connection says first.
    pub(crate) settings: String,
    pub(crate) readers: SqlitePool,
    pub(crate) held: Held,
}

/// What must be kept as long as the database is open, and what of it goes away afterwards.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) path: PathBuf,
    _lock: File,
    scratch: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.scratch
            && let Some(directory) = self.path.parent()
        {
            // What cannot be removed now is swept by the next process that opens one like it.
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

/// Opens a file, which is made where there is none.
pub(crate) fn open_file(path: &Path) -> Result<Opened, Error> {
    let failed = |error| Error::from_io("open the database's directory", error);
    let directory = path
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty());
    std::fs::create_dir_all(directory.unwrap_or(Path::new("."))).map_err(failed)?;
    let held = hold(path, false)?;
    Ok(open(held, SqliteSynchronous::Full))
}

/// Opens a database that goes away with this process.
pub(crate) fn open_memory() -> Result<Opened, Error> {
    sweep();
    let directory = memory_directory().join(format!("{SCRATCH}{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir(&directory)
        .map_err(|error| Error::from_io("make a directory in memory", error))?;
    let held = hold(&directory.join("dashboard.db"), true)?;
    Ok(open(held, SqliteSynchronous::Off))
}

fn open(held: Held, synchronous: SqliteSynchronous) -> Opened {
    let options = options(&held.path).synchronous(synchronous);
    let starter = pool(1).connect_lazy_with(options.clone());
    let readers = pool(READERS).connect_lazy_with(options.pragma("query_only", "1"));
    Opened {
        starter,
        settings: settings(synchronous),
        readers,
        held,
    }
}

fn settings(synchronous: SqliteSynchronous) -> String {
    let synchronous = match synchronous {
        SqliteSynchronous::Full => "FULL",
        _ => "OFF",
    };
    let busy = BUSY.as_millis();
    let mut settings = format!(
        "PRAGMA foreign_keys = ON; PRAGMA busy_timeout = {busy}; PRAGMA synchronous = {synchronous};"
    );
    for (name, value) in FIGURES {
        settings.push_str(&format!(" PRAGMA {name} = {value};"));
    }
    settings.push_str(WRITERS_CACHE);
    settings
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        // A file does not go away like a server: asking first would cost a thread hop each time.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// How long one connection waits for another's lock.
const BUSY: Duration = Duration::from_secs(5);

/// Measured.
const FIGURES: [(&str, &str); 4] = [
    ("mmap_size", "268435456"),
    ("cache_size", "-64000"),
    ("wal_autocheckpoint", "4000"),
    ("temp_store", "memory"),
];

/// Sixteen megabytes. A commit that moved pages about looks at every page that is kept here, so that more would cost more.
const WRITERS_CACHE: &str = " PRAGMA cache_size = -16000;";

/// Options of every connection.
fn options(path: &Path) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .statement_cache_capacity(200)
        // A page of rows passes from SQLite's thread in one go.
        .row_buffer_size(512)
        .disable_statement_logging();
    FIGURES.into_iter().fold(options, |options, (name, value)| {
        options.pragma(name, value)
    })
}

/// A connection of its own, for what the readers may not do.
pub(crate) fn extra_connection(path: &Path) -> SqliteConnectOptions {
    options(path).create_if_missing(false)
}

/// Takes the lock file beside the database. The system gives it free when the process ends, however it ends.
fn hold(path: &Path, scratch: bool) -> Result<Held, Error> {
    let failed = |error| Error::from_io("open the lock file beside the database", error);
    let lock = File::create(lock_path(path)).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(Held {
            path: path.to_owned(),
            _lock: lock,
            scratch,
        }),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            Kind::InUse,
            "stop the other server, or use its address",
        )),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

const SCRATCH: &str = "dashboard-memory-";

/// A file system in memory where there is one; the usual place for temporary files elsewhere.
fn memory_directory() -> PathBuf {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() {
        shared.to_owned()
    } else {
        std::env::temp_dir()
    }
}

/// Removes what processes that were killed left in memory. Those that live hold their locks.
fn sweep() {
    let Ok(entries) = std::fs::read_dir(memory_directory()) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(SCRATCH) && is_left_over(&entry.path()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn is_left_over(directory: &Path) -> bool {
    // A young one may be about to take its lock.
    let age = directory
        .metadata()
        .and_then(|meta| meta.modified())
        .map(|made| made.elapsed());
    let old = matches!(age, Ok(Ok(age)) if age > Duration::from_secs(60));
    let lock = lock_path(&directory.join("dashboard.db"));
    old && File::open(lock).is_ok_and(|lock| lock.try_lock().is_ok())
}

/// Makes a new file, or a new name of one, survive a power cut.
pub(crate) fn sync_directory_of(path: &Path) -> Result<(), Error> {
    let directory = path
        .parent()
        .filter(|directory| !directory.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))
        .and_then(|directory| directory.sync_all())
        .map_err(|error| Error::from_io("write the directory to the disk", error))
}
