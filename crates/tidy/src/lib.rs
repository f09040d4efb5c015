//! What must hold for the repository itself: which crate may use which, how long a file may be, that migrations come in
//! pairs, that every file says what it is. The rules are the tests; this library only finds the files.
//!
//! It knows nothing of the product. Start with `tests/arrows.rs`.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder that holds the workspace's manifest.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The files of the repository, relative to its root: what git tracks, and what it would on `git add`.
///
/// # Panics
/// When git is missing or the sources are not a git work tree.
pub fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .expect("git lists the repository's files");
    assert!(
        listed.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let names = String::from_utf8(listed.stdout).expect("file names are UTF-8");
    let mut files: Vec<PathBuf> = names
        .split_terminator('\0')
        .map(PathBuf::from)
        // A file that is deleted but not committed is still listed.
        .filter(|file| root().join(file).is_file())
        .collect();
    files.sort();
    files.dedup();
    files
}

/// The files with one of these extensions.
pub fn files_named(extensions: &[&str]) -> Vec<PathBuf> {
    let wanted = |file: &PathBuf| {
        file.extension()
            .is_some_and(|it| extensions.iter().any(|&e| it == e))
    };
    files().into_iter().filter(wanted).collect()
}

/// The text of a file of the repository; `None` where it is not text.
///
/// # Panics
/// When the file cannot be read.
pub fn text(file: &Path) -> Option<String> {
    let bytes = std::fs::read(root().join(file))
        .unwrap_or_else(|error| panic!("read {}: {error}", file.display()));
    String::from_utf8(bytes).ok()
}

/// Fails with all faults at once, one a line.
///
/// # Panics
/// When there is a fault.
pub fn assert_none(rule: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{rule}\n  {}", faults.join("\n  "));
}
