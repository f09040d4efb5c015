//! What is kept below the directory where workers make workspaces: scratch directories and worktrees by their task, and what
//! was handed over to attempts that died.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, ensure};
use client::{Client, Error};
use model::{ProblemKind, RunId, TaskId, TaskState};
use serde::Serialize;

use crate::work::{git, hold};

/// The state of what the server does not know: another one may.
const UNKNOWN: &str = "unknown";

/// Where to look, and whom to ask what it is.
pub(super) struct Places<'a> {
    client: &'a Client,
    managed: PathBuf,
}

/// Something that was kept.
#[derive(Debug, Serialize)]
pub(super) struct Kept {
    /// Where it is.
    pub(super) path: PathBuf,
    /// What it is: `scratch`, `worktree` or `handed-over`.
    pub(super) kind: &'static str,
    /// Where its run or task stands; `unknown` to this server.
    pub(super) state: String,
    /// The title of its run or task.
    pub(super) title: Option<String>,
    /// Whether somebody may work in it.
    pub(super) in_use: bool,
    /// Whether its task may go on from it: it is not over yet.
    pub(super) is_needed: bool,
    /// What of the work in it is on no branch.
    pub(super) unsaved: Option<String>,
    #[serde(skip)]
    pub(super) changed_at: Option<SystemTime>,
}

impl Kept {
    /// Whether the server knows its run or task.
    pub(super) fn is_known(&self) -> bool {
        self.state != UNKNOWN
    }
}

/// A directory that a worker made.
struct Found {
    path: PathBuf,
    kind: &'static str,
    changed_at: Option<SystemTime>,
}

impl<'a> Places<'a> {
    pub(super) const fn new(client: &'a Client, managed: PathBuf) -> Self {
        Self { client, managed }
    }

    /// What is kept, the newest first.
    pub(super) async fn kept(&self, most: usize) -> anyhow::Result<Vec<Kept>> {
        let mut found = Vec::new();
        for kind in ["scratch", "worktrees", "handed-over"] {
            found.extend(self.directories(kind)?);
        }
        found.sort_by_key(|one| std::cmp::Reverse(one.changed_at));
        let mut kept = Vec::new();
        for one in found.into_iter().take(most) {
            kept.extend(self.look_at(one).await?);
        }
        Ok(kept)
    }

    fn directories(&self, kind: &'static str) -> anyhow::Result<Vec<Found>> {
        let parent = self.managed.join(kind);
        let entries = match std::fs::read_dir(&parent) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).context(format!("read {}", parent.display())),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry?;
            // What is no directory of its own was not made by a worker.
            if entry.file_type()?.is_dir() {
                let changed_at = entry.metadata()?.modified().ok();
                found.push(Found {
                    path: entry.path(),
                    kind,
                    changed_at,
                });
            }
        }
        Ok(found)
    }

    /// What a directory is; `None` where its name is nothing that a worker gives.
    async fn look_at(&self, found: Found) -> anyhow::Result<Option<Kept>> {
        let name = found.path.file_name().and_then(|name| name.to_str());
        let Some(name) = name else { return Ok(None) };
        let (standing, unsaved) = match found.kind {
            "worktrees" => match name.parse() {
                Ok(id) => (self.of_task(id).await?, git::unsaved(&found.path).await),
                Err(_) => return Ok(None),
            },
            "scratch" => match name.parse() {
                Ok(id) => (self.of_task(id).await?, None),
                Err(_) => return Ok(None),
            },
            _ => match name.parse() {
                Ok(id) => (self.of_run(id).await?, None),
                Err(_) => return Ok(None),
            },
        };
        let Standing {
            state,
            title,
            in_use,
            is_needed,
        } = standing;
        let in_use = in_use || hold::is_held(&found.path);
        Ok(Some(Kept {
            path: found.path,
            kind: match found.kind {
                "worktrees" => "worktree",
                kind => kind,
            },
            state,
            title,
            in_use,
            is_needed,
            unsaved,
            changed_at: found.changed_at,
        }))
    }

    async fn of_run(&self, id: RunId) -> Result<Standing, Error> {
        known(self.client.get_run(id).await, |detail| {
            let run = detail.run;
            Standing {
                state: run.state.to_string(),
                title: Some(run.title.to_string()),
                in_use: !run.state.has_ended(),
                is_needed: false,
            }
        })
    }

    async fn of_task(&self, id: TaskId) -> Result<Standing, Error> {
        known(self.client.get_task(id).await, |detail| {
            let task = detail.task;
            let is_over = matches!(
                task.status,
                TaskState::Done | TaskState::Failed | TaskState::Archived
            );
            Standing {
                state: task.status.to_string(),
                title: Some(task.title.to_string()),
                in_use: task.status.has_worker(),
                is_needed: !is_over,
            }
        })
    }

    /// Removes something for good.
    pub(super) async fn remove(&self, kept: &Kept) -> anyhow::Result<()> {
        let real = kept.path.canonicalize()?;
        ensure!(
            real == kept.path && real.starts_with(&self.managed),
            "it is not where it was made"
        );
        let _taken = hold::take(&kept.path)?;
        if kept.kind == "worktree" && remove_worktree(&kept.path).await.is_ok() {
            return Ok(());
        }
        // Also a worktree whose repository is gone.
        Ok(std::fs::remove_dir_all(&kept.path)?)
    }
}

/// How the server stands to something.
struct Standing {
    state: String,
    title: Option<String>,
    in_use: bool,
    is_needed: bool,
}

/// What the server does not know is used by nobody that it knows, but it may be another server's.
fn known<T>(answer: Result<T, Error>, tell: impl FnOnce(T) -> Standing) -> Result<Standing, Error> {
    match answer {
        Ok(found) => Ok(tell(found)),
        Err(error) if error.kind() == Some(ProblemKind::NotFound) => Ok(Standing {
            state: UNKNOWN.to_owned(),
            title: None,
            in_use: false,
            is_needed: false,
        }),
        Err(error) => Err(error),
    }
}

async fn remove_worktree(path: &Path) -> anyhow::Result<()> {
    let repository = git::repository_of(path).await?;
    git::remove_with_changes(&repository, path).await
}
