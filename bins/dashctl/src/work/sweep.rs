//! Sweeping: workspaces of tasks that were done elsewhere, such as by a person's approval, and what was handed over to attempts
//! that died. What an attempt still works in stays, as does a worktree with work that is on no branch.

use std::path::Path;

use client::Client;
use model::{RunId, TaskId, TaskState};

use super::{git, hold};

/// No more are looked at in one go.
const MOST: usize = 100;

/// Removes what nobody needs any more, as far as the server knows of it. What cannot be removed stays.
pub(super) async fn sweep(client: &Client, managed: &Path) {
    for (task, path) in named::<TaskId>(&managed.join("scratch")) {
        if is_over(client, task).await {
            remove(&path);
        }
    }
    for (task, path) in named::<TaskId>(&managed.join("worktrees")) {
        if is_over(client, task).await {
            // Its branch stays, and is free for others.
            remove_worktree(&path).await.ok();
        }
    }
    for (run, path) in named::<RunId>(&managed.join("handed-over")) {
        let detail = client.get_run(run).await;
        if detail.is_ok_and(|detail| detail.run.state.has_ended()) {
            remove(&path);
        }
    }
}

async fn is_over(client: &Client, task: TaskId) -> bool {
    let detail = client.get_task(task).await;
    let is_over = |status| matches!(status, TaskState::Done | TaskState::Archived);
    detail.is_ok_and(|detail| is_over(detail.task.status))
}

fn remove(path: &Path) {
    if let Ok(_taken) = hold::take(path) {
        std::fs::remove_dir_all(path).ok();
    }
}

async fn remove_worktree(path: &Path) -> anyhow::Result<()> {
    let _taken = hold::take(path)?;
    let repository = git::repository_of(path).await?;
    git::remove(&repository, path).await
}

/// Directories that are named by an id.
fn named<Id: std::str::FromStr>(parent: &Path) -> Vec<(Id, std::path::PathBuf)> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let named = directories.filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        Some((id, entry.path()))
    });
    named.take(MOST).collect()
}
