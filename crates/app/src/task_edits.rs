//! What an edit of a task changes, and what a new one must keep to.

use model::{
    EventType, Name, NewTask, Task, TaskPatch, Text, WantedWorkspace, WorkspaceKind, patch,
};

use crate::Error;
use crate::ticket_edits::check_words;

/// A new task waits for no more tasks than that.
const MOST_PARENTS: usize = 100;

/// Checks what the types do not.
pub(crate) fn check_new(new: &NewTask) -> Result<(), Error> {
    check_words("/skills", &new.skills)?;
    if new.parents.len() > MOST_PARENTS {
        return Err(Error::invalid(
            "/parents",
            format!("must not hold more than {MOST_PARENTS}"),
        ));
    }
    check_runtime(new.max_runtime_seconds)?;
    check_retries(new.max_retries)
}

/// The same of a task as it was kept elsewhere.
pub(crate) fn check_kept(task: &Task) -> Result<(), Error> {
    check_words("/skills", &task.skills)?;
    check_runtime(task.max_runtime_seconds)?;
    check_retries(Some(task.max_retries))
}

/// Checks where the work on a new task is to happen, in a project with this directory.
pub(crate) fn check_workspace(new: &NewTask, project: Option<&Text>) -> Result<(), Error> {
    let wanted = WantedWorkspace {
        kind: new.workspace_kind.unwrap_or(WorkspaceKind::Scratch),
        path: new.workspace_path.as_ref(),
        branch: new.branch_name.as_ref(),
        project,
    };
    wanted.check().map_err(|error| Error::Invalid(vec![error]))
}

/// Where the work on a task happens after an edit: what has no place in another kind of workspace goes, unless it is named.
fn workspace_after(
    task: &Task,
    patch: &mut TaskPatch,
) -> (WorkspaceKind, Option<Text>, Option<Name>) {
    let kind = patch.workspace_kind.take().unwrap_or(task.workspace_kind);
    let (path, branch) = (patch.workspace_path.take(), patch.branch_name.take());
    let has_path = kind == task.workspace_kind || kind != WorkspaceKind::Scratch;
    let has_branch = kind == task.workspace_kind || kind == WorkspaceKind::Worktree;
    let old_path = || task.workspace_path.clone().filter(|_| has_path);
    let old_branch = || task.branch_name.clone().filter(|_| has_branch);
    let (path, branch) = (
        path.unwrap_or_else(old_path),
        branch.unwrap_or_else(old_branch),
    );
    (kind, path, branch)
}

/// Changes where the work happens; answers what changed. What stays as it is may be what nobody could ask for now.
fn edit_workspace(
    task: &mut Task,
    patch: &mut TaskPatch,
    project: Option<&Text>,
) -> Result<[(&'static str, bool); 3], Error> {
    let (kind, path, branch) = workspace_after(task, patch);
    let old = (task.workspace_kind, &task.workspace_path, &task.branch_name);
    if old != (kind, &path, &branch) {
        let (path, branch) = (path.as_ref(), branch.as_ref());
        let wanted = WantedWorkspace {
            kind,
            path,
            branch,
            project,
        };
        wanted
            .check()
            .map_err(|error| Error::Invalid(vec![error]))?;
    }
    Ok([
        (
            "workspace_kind",
            patch::set(&mut task.workspace_kind, Some(kind)),
        ),
        (
            "workspace_path",
            patch::set(&mut task.workspace_path, Some(path)),
        ),
        (
            "branch_name",
            patch::set(&mut task.branch_name, Some(branch)),
        ),
    ])
}

/// Whether an edit changes where the work on a task happens.
pub(crate) fn moves_workspace(task: &Task, patch: &TaskPatch) -> bool {
    let is_new = |kind: WorkspaceKind| kind != task.workspace_kind;
    patch.workspace_kind.is_some_and(is_new)
        || (patch.workspace_path.as_ref()).is_some_and(|path| *path != task.workspace_path)
        || (patch.branch_name.as_ref()).is_some_and(|branch| *branch != task.branch_name)
}

/// Carries an edit out, in a project with this directory. Answers which events tell of it, each with its fields.
pub(crate) fn edit(
    task: &mut Task,
    mut patch: TaskPatch,
    project: Option<&Text>,
) -> Result<Vec<(EventType, Vec<&'static str>)>, Error> {
    check_words("/skills", patch.skills.as_deref().unwrap_or_default())?;
    check_runtime(patch.max_runtime_seconds.flatten())?;
    check_retries(patch.max_retries)?;
    let places = edit_workspace(task, &mut patch, project)?;
    let assignee = match patch.assignee {
        Some(name) if name.as_str().trim().is_empty() => Some(None),
        Some(name) => {
            let name = Name::parse(name.into_string())
                .map_err(|error| Error::invalid("/assignee", error))?;
            Some(Some(name))
        }
        None => None,
    };
    let edited = [
        (
            "result",
            patch::set(&mut task.result, patch.result.map(Some)),
        ),
        (
            "block_reason",
            patch::set(&mut task.block_reason, patch.block_reason.map(Some)),
        ),
        (
            "not_before",
            patch::set(&mut task.not_before, patch.not_before),
        ),
        ("title", patch::set(&mut task.title, patch.title)),
        ("body", patch::set(&mut task.body, patch.body)),
        ("tenant", patch::set(&mut task.tenant, patch.tenant)),
        ("skills", patch::set(&mut task.skills, patch.skills)),
        (
            "max_runtime_seconds",
            patch::set(&mut task.max_runtime_seconds, patch.max_runtime_seconds),
        ),
        (
            "max_retries",
            patch::set(&mut task.max_retries, patch.max_retries),
        ),
        (
            "human_gate",
            patch::set(&mut task.human_gate, patch.human_gate),
        ),
        (
            "commit_sha",
            patch::set(&mut task.commit_sha, patch.commit_sha),
        ),
    ];
    let assigned = [("assignee", patch::set(&mut task.assignee, assignee))];
    let reprioritized = [("priority", patch::set(&mut task.priority, patch.priority))];
    let mut changes = Vec::new();
    if places.iter().any(|(_, changed)| *changed) {
        // Who could not begin there may begin elsewhere.
        task.false_starts = 0;
    }
    let edited: Vec<_> = edited.into_iter().chain(places).collect();
    note(&mut changes, EventType::TaskEdited, &edited);
    note(&mut changes, EventType::TaskAssigned, &assigned);
    note(&mut changes, EventType::TaskReprioritized, &reprioritized);
    Ok(changes)
}

fn note(
    changes: &mut Vec<(EventType, Vec<&'static str>)>,
    event: EventType,
    fields: &[(&'static str, bool)],
) {
    let changed: Vec<_> = fields
        .iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| *name)
        .collect();
    if !changed.is_empty() {
        changes.push((event, changed));
    }
}

pub(crate) fn check_runtime(seconds: Option<i64>) -> Result<(), Error> {
    match seconds {
        Some(seconds) if seconds < 1 => {
            Err(Error::invalid("/max_runtime_seconds", "must be at least 1"))
        }
        _ => Ok(()),
    }
}

fn check_retries(retries: Option<i64>) -> Result<(), Error> {
    match retries {
        Some(retries) if !(0..=100).contains(&retries) => {
            Err(Error::invalid("/max_retries", "must be from 0 to 100"))
        }
        _ => Ok(()),
    }
}
