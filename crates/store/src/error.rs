//! What can go wrong with what is kept. Absence is no error: it is `None`.

use std::sync::Arc;

/// A failure of the store. It can be cloned, because all units of a group share the group's failure.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{kind}{}", during(.doing))]
pub struct Error {
    /// What kind of failure it is; callers decide by this alone.
    pub kind: Kind,
    doing: &'static str,
    #[source]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

fn during(doing: &str) -> String {
    if doing.is_empty() {
        String::new()
    } else {
        format!(": {doing}")
    }
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Kind {
    /// The row was changed since the caller saw it: its version is another one now.
    #[error("changed by somebody else in between")]
    Stale,
    /// Something with this unique name or key is there already.
    #[error("already there")]
    Conflict,
    /// It refers to something that is not there.
    #[error("refers to something that is not there")]
    Missing,
    /// No space is left; nothing of the unit was kept.
    #[error("no space is left for the database")]
    Full,
    /// The database is locked or overtaxed; trying again may help.
    #[error("the database is busy")]
    Busy,
    /// The database cannot be reached, or the connection to it was lost. What was under way may have been kept.
    #[error("the database cannot be reached")]
    Unavailable,
    /// Another process has the database open.
    #[error("another process has the database open")]
    InUse,
    /// The database was made by a newer version of this program, or is none of ours.
    #[error("the database does not fit this program")]
    Unfit,
    /// What was read is not what was written.
    #[error("the database is damaged")]
    Corrupt,
    /// A list was asked to go on after a cursor that it did not give.
    #[error("the cursor is not one that this list gave")]
    BadCursor,
    /// This engine cannot do it.
    #[error("not possible on this database")]
    Unsupported,
    /// What was not foreseen.
    #[error("the store failed")]
    Internal,
}

impl Kind {
    /// Whether the whole transaction is gone after it, and not only one statement.
    pub(crate) fn ends_the_transaction(self) -> bool {
        matches!(
            self,
            Self::Full | Self::Busy | Self::Unavailable | Self::Corrupt
        )
    }
}

impl Error {
    pub(crate) fn new(kind: Kind, doing: &'static str) -> Self {
        Self {
            kind,
            doing,
            source: None,
        }
    }

    pub(crate) fn caused(
        kind: Kind,
        doing: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            kind,
            doing,
            source: Some(Arc::new(source)),
        }
    }

    /// The row was changed since the caller saw it.
    #[must_use]
    pub fn stale() -> Self {
        Self::new(Kind::Stale, "")
    }

    /// What was read cannot be what was written.
    pub(crate) fn corrupt(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::caused(Kind::Corrupt, "read a column", source)
    }

    /// The writer is gone, or gave the unit up with its connection.
    pub(crate) fn closed() -> Self {
        Self::new(Kind::Unavailable, "the writer does not answer")
    }

    pub(crate) fn from_sqlx(doing: &'static str, error: sqlx::Error) -> Self {
        Self::caused(kind_of(&error), doing, error)
    }

    pub(crate) fn from_rusqlite(doing: &'static str, error: rusqlite::Error) -> Self {
        let kind = match &error {
            rusqlite::Error::SqliteFailure(failure, _) => kind_of_sqlite(failure.extended_code),
            _ => Kind::Internal,
        };
        Self::caused(kind, doing, error)
    }

    pub(crate) fn from_io(doing: &'static str, error: std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Kind::Full,
            _ => Kind::Unavailable,
        };
        Self::caused(kind, doing, error)
    }
}

/// SQLite names no constraint and PostgreSQL does, so kinds are told apart and names are not.
fn kind_of(error: &sqlx::Error) -> Kind {
    match error {
        sqlx::Error::Database(database) => kind_of_answer(database.as_ref()),
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed => Kind::Unavailable,
        sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_) => Kind::Unavailable,
        sqlx::Error::PoolTimedOut => Kind::Busy,
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Kind::Corrupt,
        _ => Kind::Internal,
    }
}

fn kind_of_answer(error: &dyn sqlx::error::DatabaseError) -> Kind {
    if error.is_unique_violation() {
        return Kind::Conflict;
    }
    if error.is_foreign_key_violation() {
        return Kind::Missing;
    }
    let code = error.code().unwrap_or_default();
    if error
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .is_some()
    {
        return kind_of_sqlite(code.parse().unwrap_or_default());
    }
    kind_of_sqlstate(&code)
}

/// SQLite's extended result codes; the low byte is the primary one.
fn kind_of_sqlite(code: i32) -> Kind {
    const BUSY: i32 = 5;
    const LOCKED: i32 = 6;
    const NOMEM: i32 = 7;
    const READONLY: i32 = 8;
    const IOERR: i32 = 10;
    const CORRUPT: i32 = 11;
    const FULL: i32 = 13;
    const CANTOPEN: i32 = 14;
    const PROTOCOL: i32 = 15;
    const NOTADB: i32 = 26;
    const CONSTRAINT: i32 = 19;
    const FOREIGN_KEY: i32 = CONSTRAINT | 3 << 8;
    const PRIMARY_KEY: i32 = CONSTRAINT | 6 << 8;
    const UNIQUE: i32 = CONSTRAINT | 8 << 8;
    // A write, a sync or a map that came up short: so a full disk shows on some file systems.
    const IOERR_WRITE: i32 = IOERR | 3 << 8;
    const IOERR_FSYNC: i32 = IOERR | 4 << 8;
    const IOERR_SHMSIZE: i32 = IOERR | 19 << 8;
    match code {
        IOERR_WRITE | IOERR_FSYNC | IOERR_SHMSIZE => Kind::Full,
        PRIMARY_KEY | UNIQUE => Kind::Conflict,
        FOREIGN_KEY => Kind::Missing,
        _ => match code & 0xff {
            FULL => Kind::Full,
            BUSY | LOCKED | NOMEM | PROTOCOL => Kind::Busy,
            READONLY | CANTOPEN | IOERR => Kind::Unavailable,
            CORRUPT | NOTADB => Kind::Corrupt,
            _ => Kind::Internal,
        },
    }
}

fn kind_of_sqlstate(code: &str) -> Kind {
    match code {
        // Disk full.
        "53100" => Kind::Full,
        // Serialization failure, deadlock, lock not available, statement timeout.
        "40001" | "40P01" | "55P03" | "57014" => Kind::Busy,
        // Read-only: a standby, before it is promoted.
        "25006" => Kind::Unavailable,
        // Damaged data, damaged index.
        "XX001" | "XX002" => Kind::Corrupt,
        _ => match code.get(..2) {
            // Connection lost, shut down by the operator, not let in, no such database.
            Some("08" | "57" | "28" | "3D") => Kind::Unavailable,
            // Out of memory or connections.
            Some("53") => Kind::Busy,
            _ => Kind::Internal,
        },
    }
}

impl From<model::BadCursor> for Error {
    fn from(bad: model::BadCursor) -> Self {
        Self::caused(Kind::BadCursor, "", bad)
    }
}
