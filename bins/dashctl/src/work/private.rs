//! What is handed over to a command, and where it works, is for its own user only: other people of the machine read neither
//! prompts nor what agents write.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use model::RunId;

/// Where the files are that hand a task over to an attempt.
pub(super) fn handed_over(managed: &Path, run: RunId) -> PathBuf {
    managed.join("handed-over").join(run.to_string())
}

/// Makes a directory that only its owner enters.
pub(super) fn directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file that only its owner reads.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(content)
}
