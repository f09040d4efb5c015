//! Git worktrees: a task's branch, checked out in a directory of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use tokio::process::Command;

use super::workspace::WrongTask;

/// These would lead git to another repository than the one that is meant.
const MISLEADING: [&str; 5] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
];

/// Checks the branch out at `path`: made from where the repository is now, or as an earlier attempt left it.
pub(super) async fn check_out(repository: &Path, branch: &str, path: &Path) -> anyhow::Result<()> {
    let branch = &check_name(repository, branch).await?;
    // A worktree whose directory somebody removed would stand in the way.
    git(repository, ["worktree", "prune"]).await?;
    if path.exists() {
        return take_again(repository, branch, path).await;
    }
    let reference = format!("refs/heads/{branch}");
    let verify = ["rev-parse", "--verify", "--quiet", &reference];
    let (made, from): (&[&str], &str) = match git(repository, verify).await {
        Ok(_) => (&[], branch),
        Err(_) => (&["-b", branch], "HEAD"),
    };
    let add = ["worktree", "add", "--quiet"];
    let add = add.iter().chain(made).map(OsStr::new);
    git(repository, add.chain([path.as_os_str(), OsStr::new(from)]))
        .await
        .map(drop)
        .with_context(|| format!("make a worktree on the branch `{branch}`"))
}

/// The last commit on a branch.
pub(super) async fn tip(repository: &Path, branch: &str) -> anyhow::Result<String> {
    let reference = format!("refs/heads/{branch}^{{commit}}");
    git(repository, ["rev-parse", "--verify", "--quiet", &reference]).await
}

/// The branch's name, if git takes it for one.
async fn check_name(repository: &Path, branch: &str) -> anyhow::Result<String> {
    let wrong = || WrongTask(format!("`{branch}` is no name for a branch"));
    ensure!(model::is_branch_name(branch), wrong());
    let checked = git(repository, ["check-ref-format", "--branch", branch]).await;
    checked.map_err(|error| match error.is::<std::io::Error>() {
        true => error,
        false => error.context(wrong()),
    })
}

/// What of the work in a worktree is on no branch, in a few words.
pub(crate) async fn unsaved(path: &Path) -> Option<String> {
    let on_branch = git(path, ["symbolic-ref", "--quiet", "HEAD"]).await.is_ok();
    if !on_branch {
        return Some("the worktree is on no branch".to_owned());
    }
    match git(path, ["status", "--porcelain"]).await {
        Ok(changes) => match changes.lines().count() {
            0 => None,
            1 => Some("1 file is not committed".to_owned()),
            count => Some(format!("{count} files are not committed")),
        },
        Err(error) => Some(format!("{error:#}")),
    }
}

/// The worktree of an earlier attempt, with whatever that left in it.
async fn take_again(repository: &Path, branch: &str, path: &Path) -> anyhow::Result<()> {
    let shown = path.display();
    ensure!(
        common(path).await.ok() == Some(common(repository).await?),
        "{shown} is in the way: it is no worktree of {}",
        repository.display()
    );
    let current = git(path, ["symbolic-ref", "--quiet", "--short", "HEAD"]).await;
    if current.is_ok_and(|current| current == branch) {
        return Ok(());
    }
    git(path, ["switch", "--quiet", branch])
        .await
        .map(drop)
        .with_context(|| format!("go back to the branch `{branch}` in {shown}"))
}

/// The repository that a worktree belongs to.
pub(crate) async fn repository_of(path: &Path) -> anyhow::Result<PathBuf> {
    common(path).await
}

/// Removes a worktree with whatever is in it.
pub(crate) async fn remove_with_changes(repository: &Path, path: &Path) -> anyhow::Result<()> {
    let arguments = ["worktree", "remove", "--force"].map(OsStr::new);
    git(repository, arguments.into_iter().chain([path.as_os_str()]))
        .await
        .map(drop)
}

/// Removes a worktree whose work is all on a branch; says why where something of it would be lost.
pub(super) async fn remove(repository: &Path, path: &Path) -> anyhow::Result<()> {
    git(path, ["symbolic-ref", "--quiet", "HEAD"])
        .await
        .context("it is on no branch")?;
    let arguments = ["worktree", "remove"].map(OsStr::new);
    // Refused by git while there are changes that are not committed.
    git(repository, arguments.into_iter().chain([path.as_os_str()]))
        .await
        .map(drop)
}

/// What all worktrees of a repository have in common.
async fn common(directory: &Path) -> anyhow::Result<PathBuf> {
    let arguments = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
    let path = PathBuf::from(git(directory, arguments).await?);
    Ok(path.canonicalize()?)
}

/// What git prints, without the last line feed.
async fn git<I>(directory: &Path, arguments: I) -> anyhow::Result<String>
where
    I: IntoIterator<Item: AsRef<OsStr>>,
{
    let mut command = Command::new("git");
    for name in MISLEADING {
        command.env_remove(name);
    }
    command
        .arg("-C")
        .arg(directory)
        .args(arguments)
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    let done = command.output().await.context("start git")?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr);
        bail!("git: {}", said.trim());
    }
    let said = String::from_utf8_lossy(&done.stdout);
    Ok(said.trim_end().to_owned())
}
