//! Backup: a consistent copy of the running database, as a file for as long as it is needed.

use std::path::{Path, PathBuf};

use auth::Caller;
use model::{EventType, Scope};

use crate::deed::Deed;
use crate::{App, Error};

/// A copy of the database. Its file goes when this is dropped.
#[derive(Debug)]
pub struct Backup {
    /// Where it lies.
    pub path: PathBuf,
    /// How many bytes it has.
    pub size: u64,
    _directory: Directory,
}

impl App {
    /// Copies the database while it is being used.
    pub async fn backup(&self, caller: &Caller) -> Result<Backup, Error> {
        caller.may_everywhere(Scope::Admin)?;
        let directory = Directory::new().map_err(Error::unwritten)?;
        let path = directory.path.join("dashboard.db");
        store::backup::copy_to(self.store(), &path).await?;
        let size = std::fs::metadata(&path).map_err(Error::unwritten)?.len();
        let deed = Deed {
            caller: caller.clone(),
            at: self.clock().now(),
        };
        self.store()
            .append(vec![deed.fact(EventType::BackupMade, "a backup was made")])
            .await?;
        Ok(Backup {
            path,
            size,
            _directory: directory,
        })
    }
}

/// A directory that nobody else can read, and that goes with its content.
#[derive(Debug)]
struct Directory {
    path: PathBuf,
}

impl Directory {
    fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!(
            "dashboard-backup-{}",
            uuid::Uuid::new_v4().simple()
        ));
        make_private(&path)?;
        Ok(Self { path })
    }
}

#[cfg(unix)]
fn make_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir(path)
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(%error, "a backup's directory was left behind");
        }
    }
}
