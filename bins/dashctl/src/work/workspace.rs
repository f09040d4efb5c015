//! Workspaces: where a task is worked on. Only what lies below the managed directory is ever removed.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use model::{Task, TaskId, Text, WorkspaceKind};
use runner::Notices;

use super::git;
use super::handover::short;
use super::hold::{Hold, hold};
use super::name;
use super::private;

/// That something is wrong with the task itself, wherever it is tried.
#[derive(Debug)]
pub(super) struct WrongTask(pub(super) String);

impl std::fmt::Display for WrongTask {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for WrongTask {}

/// A workspace that is there.
#[derive(Debug)]
pub(super) struct Workspace {
    /// Where.
    pub(super) path: PathBuf,
    /// Its branch, in a worktree.
    pub(super) branch: Option<String>,
    /// The repository that it is a worktree of.
    repository: Option<PathBuf>,
    /// The last commit on its branch, before the command.
    tip: Option<String>,
    /// Whether it was made here.
    is_ours: bool,
    /// What keeps others from removing what was made here.
    _hold: Option<Hold>,
}

/// What people should know of what is left in a workspace.
#[derive(Debug)]
pub(super) enum Left {
    /// It stays until somebody removes it.
    Kept(String),
    /// It stays until a person has judged what came of the task.
    UntilJudged(String),
}

/// Where workspaces may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places<'a> {
    /// What is made is made in here.
    pub(super) managed: &'a Path,
    /// What is there already must be in one of these.
    pub(super) roots: &'a [PathBuf],
}

impl Workspace {
    /// Makes the workspace that a task wants.
    pub(super) async fn make(
        places: Places<'_>,
        task: &Task,
        project: Option<&Text>,
    ) -> anyhow::Result<Self> {
        match task.workspace_kind {
            WorkspaceKind::Scratch => scratch(places, task.id),
            WorkspaceKind::Dir => {
                let path = task.workspace_path.as_ref().or(project);
                let nowhere = "neither task nor project names a directory";
                let path = path.ok_or_else(|| wrong(nowhere))?;
                Ok(Self {
                    path: within(places.roots, path)?,
                    branch: None,
                    repository: None,
                    tip: None,
                    is_ours: false,
                    _hold: None,
                })
            }
            WorkspaceKind::Worktree => {
                let repository = task.workspace_path.as_ref().or(project);
                let nowhere = "neither task nor project names a repository";
                let repository = repository.ok_or_else(|| wrong(nowhere))?;
                worktree(places, task, within(places.roots, repository)?).await
            }
        }
    }

    /// The commit that the work on the branch became; none where the command committed nothing to it.
    pub(super) async fn commit(&self) -> Option<String> {
        let (repository, branch) = (self.repository.as_ref()?, self.branch.as_ref()?);
        let tip = git::tip(repository, branch).await.ok()?;
        (self.tip.as_ref() != Some(&tip)).then_some(tip)
    }

    /// Removes what was made, after the task went well. Says where the rest is.
    pub(super) async fn clear(&self, managed: &Path, notices: &Notices) {
        if !self.is_there() {
            return;
        }
        if let Err(error) = self.remove(managed).await {
            notices.say(&format!("kept {}: {error:#}", self.path.display()));
        }
    }

    /// After the task did not go well, what was made stays, unless nothing is in it.
    pub(super) fn keep(&self, notices: &Notices) {
        if self.is_there() && std::fs::remove_dir(&self.path).is_err() {
            notices.say(&format!("kept {}", self.path.display()));
        }
    }

    /// What people should know of what is left here, when the command is gone.
    pub(super) async fn leavings(&self, went_well: bool, is_judged: bool) -> Option<Left> {
        if !self.is_there() {
            return None;
        }
        let host = name::host().map_or(String::new(), |host| format!(" on {host}"));
        let path = self.path.display();
        // Once that is approved it goes.
        let until = match went_well && is_judged {
            true => " until it is judged",
            false => "",
        };
        let is_done = went_well && !is_judged;
        let left = match went_well && is_judged {
            true => Left::UntilJudged,
            false => Left::Kept,
        };
        if let Some(branch) = &self.branch {
            let unsaved = git::unsaved(&self.path).await;
            return match unsaved {
                Some(what) => Some(Left::Kept(format!(
                    "{what}: that is not on the branch `{branch}`, and kept in {path}{host}"
                ))),
                None if is_done => None,
                None => Some(left(format!(
                    "kept {path}{host}, the worktree of `{branch}`{until}"
                ))),
            };
        }
        let is_empty = || std::fs::read_dir(&self.path).is_ok_and(|mut all| all.next().is_none());
        match is_done || is_empty() {
            true => None,
            false => Some(left(format!("kept {path}{host}{until}"))),
        }
    }

    /// Whether something was made here that its command has not removed itself.
    fn is_there(&self) -> bool {
        self.is_ours && self.path.exists()
    }

    async fn remove(&self, managed: &Path) -> anyhow::Result<()> {
        // The command may have put something else in its place.
        let real = self.path.canonicalize()?;
        ensure!(
            real == self.path && real.starts_with(managed),
            "it is not where it was made"
        );
        match &self.repository {
            Some(repository) => git::remove(repository, &self.path).await,
            None => Ok(std::fs::remove_dir_all(&self.path)?),
        }
    }
}

fn wrong(what: &str) -> WrongTask {
    WrongTask(what.to_owned())
}

/// One for all attempts at a task: what the one before made is there to go on with.
fn scratch(places: Places<'_>, task: TaskId) -> anyhow::Result<Workspace> {
    let path = places.managed.join("scratch").join(task.to_string());
    private::directory(&path).with_context(|| format!("make {}", path.display()))?;
    let _hold = Some(hold(&path)?);
    Ok(Workspace {
        path,
        branch: None,
        repository: None,
        tip: None,
        is_ours: true,
        _hold,
    })
}

async fn worktree(
    places: Places<'_>,
    task: &Task,
    repository: PathBuf,
) -> anyhow::Result<Workspace> {
    let worktrees = places.managed.join("worktrees");
    private::directory(&worktrees).with_context(|| format!("make {}", worktrees.display()))?;
    let path = worktrees.join(task.id.to_string());
    let common = git::repository_of(&repository).await?;
    // Its `.git` may be a file that leads elsewhere.
    check_inside(places.roots, &common, &common)?;
    let branch = match &task.branch_name {
        Some(name) => name.to_string(),
        None => format!("dash/{}", short(task.id)),
    };
    git::check_out(&repository, &branch, &path).await?;
    let tip = git::tip(&repository, &branch).await.ok();
    let _hold = Some(hold(&path)?);
    Ok(Workspace {
        path,
        branch: Some(branch),
        repository: Some(repository),
        tip,
        is_ours: true,
        _hold,
    })
}

/// The directory, if it is there and in one of the roots, wherever links lead.
fn within(roots: &[PathBuf], path: &Text) -> anyhow::Result<PathBuf> {
    let path = Path::new(path.as_str());
    let shown = path.display();
    if !path.is_absolute() {
        return Err(WrongTask(format!("the directory {shown} is not absolute")).into());
    }
    let real = path
        .canonicalize()
        .with_context(|| format!("find the directory {shown}"))?;
    ensure!(real.is_dir(), "{shown} is not a directory");
    check_inside(roots, &real, path)?;
    Ok(real)
}

fn check_inside(roots: &[PathBuf], real: &Path, shown: &Path) -> anyhow::Result<()> {
    let is_inside = roots.iter().any(|root| real.starts_with(root));
    ensure!(
        is_inside,
        "the directory {} is in no --root of this worker",
        shown.display()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(root: &Path, path: &Path, refusal: Option<&str>) {
        let found = within(
            &[root.canonicalize().unwrap()],
            &Text::lossy(path.to_str().unwrap()),
        );
        match refusal {
            None => assert_eq!(found.unwrap(), path.canonicalize().unwrap()),
            Some(why) => {
                let error = format!("{:#}", found.unwrap_err());
                assert!(error.contains(why), "{error}");
            }
        }
    }

    #[test]
    fn a_directory_must_lie_in_a_root_wherever_links_lead() {
        let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (root, inside) = (home.path().join("root"), home.path().join("root/inside"));
        std::fs::create_dir_all(&inside).unwrap();
        std::os::unix::fs::symlink(other.path(), root.join("escape")).unwrap();
        std::fs::create_dir(home.path().join("root-2")).unwrap();
        check(&root, &inside, None);
        check(&root, &root, None);
        check(&root, &root.join("escape"), Some("in no --root"));
        check(&root, &root.join("inside/../.."), Some("in no --root"));
        check(&root, &home.path().join("root-2"), Some("in no --root"));
        check(&root, &root.join("nowhere"), Some("find the directory"));
        check(&root, Path::new("inside"), Some("not absolute"));
    }
}
