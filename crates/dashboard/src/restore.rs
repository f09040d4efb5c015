//! Restoring a backup: only to where nothing is, and complete or not at all.

use std::path::{Path, PathBuf};

use store::{Database, Store};

use crate::Error;

/// Makes a database file out of a backup. It begins a new life: cursors of the old one are worth
/// nothing, and clients are told so.
pub async fn restore(backup: &Path, file: &Path) -> Result<(), Error> {
    for suffix in ["", "-wal", "-shm"] {
        let taken = with_suffix(file, suffix);
        if taken.exists() {
            return Err(Error::Exists(taken));
        }
    }
    let unfinished = with_suffix(file, ".restoring");
    let failed = |error| Error::Copy(unfinished.clone(), error);
    std::fs::copy(backup, &unfinished).map_err(failed)?;
    let checked = check(&unfinished).await;
    let finished = checked.and_then(|()| finish(&unfinished, file).map_err(failed));
    for suffix in ["", "-wal", "-shm", ".lock"] {
        // Gone already when all went well.
        let _ = std::fs::remove_file(with_suffix(&unfinished, suffix));
    }
    finished
}

/// Opens the copy once, so that a file that is no backup is never put in place.
async fn check(copy: &Path) -> Result<(), Error> {
    store::backup::begin_new_life(copy).await?;
    let store = Store::open(&Database::File(copy.to_owned())).await?;
    store.close().await;
    Ok(())
}

fn finish(copy: &Path, file: &Path) -> std::io::Result<()> {
    std::fs::File::open(copy)?.sync_all()?;
    std::fs::rename(copy, file)?;
    let directory = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    std::fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
