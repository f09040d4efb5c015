//! Why a dashboard could not be opened.

use std::path::PathBuf;

/// Why a dashboard could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database's name is none.
    #[error("database")]
    Database(#[from] store::NotADatabase),
    /// The database cannot be opened.
    #[error("cannot open the database")]
    Store(#[from] store::Error),
    /// The application cannot begin over what the database holds.
    #[error("cannot begin")]
    App(#[from] app::Error),
    /// A backup is only restored to where nothing is.
    #[error("{} is there already; move it away first", .0.display())]
    Exists(PathBuf),
    /// The backup cannot be copied.
    #[error("cannot copy the backup to {}", .0.display())]
    Copy(PathBuf, #[source] std::io::Error),
}

impl Error {
    /// Whether another process has the database open.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::Store(error) if error.kind == store::Kind::InUse)
    }
}
