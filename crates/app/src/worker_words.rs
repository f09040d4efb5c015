//! What a worker says of where the work on its task lies: while it works, and after its run has ended in order.

use model::{EventType, Name, Task, TaskId, TaskPatch, WorkspaceKind, is_branch_name, patch};
use serde_json::json;
use store::Tx;

use crate::deed::Deed;
use crate::facts::{About, TicketWords};
use crate::{Error, fence, gates, task_orders};

/// Takes a worker's word on its own task: on which branch it works, where the task names none, and what commit came of it.
pub(crate) async fn take(
    tx: &mut Tx,
    deed: &Deed,
    id: TaskId,
    said: TaskPatch,
) -> Result<Task, Error> {
    let mut task = fence::own(tx, deed, id).await?;
    task_orders::check_version(&task, said.version)?;
    refuse_more(&said)?;
    gates::check_edit(deed, &task, &said)?;
    let (branch, commit) = (said.branch_name.flatten(), said.commit_sha.flatten());
    if let Some(branch) = &branch {
        check_branch(&task, branch)?;
    }
    let changes = [
        (
            "branch_name",
            patch::set(&mut task.branch_name, branch.map(Some)),
        ),
        (
            "commit_sha",
            patch::set(&mut task.commit_sha, commit.map(Some)),
        ),
    ];
    let changed = changes.iter().filter(|(_, changed)| *changed);
    let fields: Vec<_> = changed.map(|(name, _)| *name).collect();
    if fields.is_empty() {
        return Ok(task);
    }
    task.updated_at = deed.at;
    store::tasks::update(tx, &mut task).await?;
    let words = TicketWords::of(tx, task.ticket_id).await?;
    let message = format!("task “{}” was edited", task.title);
    let fact = deed.fact(EventType::TaskEdited, message);
    tx.append(
        fact.on_task(&task, &words)
            .with(json!({ "fields": fields })),
    );
    Ok(task)
}

/// Refuses what is for those who operate.
fn refuse_more(said: &TaskPatch) -> Result<(), Error> {
    let allowed = TaskPatch {
        branch_name: said.branch_name.clone().filter(Option::is_some),
        commit_sha: said.commit_sha.clone().filter(Option::is_some),
        version: said.version,
        ..TaskPatch::default()
    };
    match *said == allowed {
        true => Ok(()),
        false => Err(Error::Forbidden(
            "of its task a run's token says `branch_name` and `commit_sha`, and nothing else"
                .to_owned(),
        )),
    }
}

/// Where somebody has named the branch, that is the one.
fn check_branch(task: &Task, branch: &Name) -> Result<(), Error> {
    if task.workspace_kind != WorkspaceKind::Worktree {
        return Err(Error::invalid(
            "/branch_name",
            "only a worktree is on a branch",
        ));
    }
    if !is_branch_name(branch.as_str()) {
        let why = "is no name that git takes for a branch";
        return Err(Error::invalid("/branch_name", why));
    }
    match &task.branch_name {
        Some(named) if named != branch => Err(Error::Forbidden(format!("its branch is `{named}`"))),
        _ => Ok(()),
    }
}
