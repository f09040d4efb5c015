//! Holding a directory: as long as an attempt works in it, nobody on this machine removes it, whatever server they ask.
//!
//! The lock is on the directory itself and goes with the process. Where a file system has no such locks, the server's
//! word alone counts.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use anyhow::{Context as _, ensure};

/// What keeps a directory from being removed.
#[derive(Debug)]
pub(super) struct Hold {
    _lock: File,
}

/// Takes hold of a directory to work in it; waits for whoever looks at it.
pub(super) fn hold(path: &Path) -> anyhow::Result<Hold> {
    let lock = File::open(path).with_context(|| format!("open {}", path.display()))?;
    lock.lock_shared().ok();
    // Somebody may have been about to remove it.
    ensure!(path.is_dir(), "{} was removed", path.display());
    Ok(Hold { _lock: lock })
}

/// Takes a directory to remove it; not while an attempt works in it.
pub(crate) fn take(path: &Path) -> anyhow::Result<File> {
    lock(path)?.context("an attempt works in it")
}

/// Whether an attempt works in a directory.
pub(crate) fn is_held(path: &Path) -> bool {
    matches!(lock(path), Ok(None))
}

/// The directory, locked; `None` while an attempt works in it.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let lock = File::open(path)?;
    let is_held = matches!(lock.try_lock(), Err(TryLockError::WouldBlock));
    Ok((!is_held).then_some(lock))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worked_in_is_not_taken_until_the_last_one_lets_go() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        assert!(!is_held(path));
        let (first, second) = (hold(path).unwrap(), hold(path).unwrap());
        drop(first);
        assert!(is_held(path) && take(path).is_err());
        drop(second);
        assert!(!is_held(path) && take(path).is_ok());
    }

    #[test]
    fn what_is_being_removed_is_not_worked_in() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("gone");
        std::fs::create_dir(&path).unwrap();
        let taken = take(&path).unwrap();
        std::thread::scope(|scope| {
            let holding = scope.spawn(|| hold(&path));
            std::fs::remove_dir(&path).unwrap();
            drop(taken);
            assert!(holding.join().unwrap().is_err());
        });
    }
}
