//! Updates of tasks: fields, and a state that somebody drags a task to.

use auth::Caller;
use model::{
    EventType, FieldError, Handoff, Hindrance, NotAllowed, Scope, Task, TaskId, TaskOrder,
    TaskPatch, TaskState, Text, Timestamp,
};
use serde_json::json;
use store::Tx;

use crate::deed::{Deed, Rights};
use crate::facts::{About, TicketWords};
use crate::task_edits::{edit, moves_workspace};
use crate::{
    App, Error, detach, fence, gates, task_orders, task_tickets, worker_orders, worker_words,
};

impl App {
    /// Edits a task, and moves it where `status` says. A worker says where the work on its own task lies.
    pub async fn update_task(
        &self,
        caller: &Caller,
        id: TaskId,
        patch: TaskPatch,
    ) -> Result<Task, Error> {
        let is_own = worker_orders::is_own(caller, id);
        caller.holds(match is_own {
            true => Scope::Report,
            false => Scope::Operate,
        })?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                if is_own {
                    return worker_words::take(tx, &deed, id, patch).await;
                }
                let task = fence::to_change(tx, &deed, id).await?;
                update(tx, &deed, task, patch).await
            })
        })
        .await
    }
}

/// Carries an update out: first the worker is sent away where that is asked for, then fields, then the state, then its time.
pub(crate) async fn update(
    tx: &mut Tx,
    deed: &Deed,
    mut task: Task,
    mut patch: TaskPatch,
) -> Result<Task, Error> {
    task_orders::check_version(&task, patch.version)?;
    let target = patch.status.take();
    check_target(target)?;
    let orders = Words::of(&mut patch, task.status, target)?;
    if patch.block_reason.is_some() && task.status != TaskState::Blocked {
        return Err(Error::invalid(
            "/block_reason",
            "belongs to a task that is blocked",
        ));
    }
    if let Some(verb) = needs_no_worker(&task, &patch, target) {
        task = detach::reclaimed(tx, deed, task, verb, patch.reclaim_first).await?;
    }
    if leaves_its_worker(target) {
        task = detach::freed(tx, deed, task).await?;
    }
    gates::check_edit(deed, &task, &patch)?;
    if patch.block_reason.is_some() && gates::is_human(&deed.caller.principal) {
        // Who says why it is blocked is who lets it go on.
        task.blocked_by = Some(deed.by());
    }
    if task.ticket_id.is_some() && changes_ticket(&task, &patch) {
        // To the ticket that it leaves, it is as good as put away.
        gates::check(tx, deed, &task, &TaskOrder::Archive).await?;
    }
    let time = patch.not_before.take();
    save_fields(tx, deed, &mut task, patch).await?;
    if let Some(target) = target {
        task = drag(tx, deed, task, target, orders).await?;
    }
    match time {
        Some(time) => set_time(tx, deed, task, time).await,
        None => Ok(task),
    }
}

/// Lets a task wait whose time lies ahead, and lets one go whose time does not.
async fn set_time(
    tx: &mut Tx,
    deed: &Deed,
    mut task: Task,
    time: Option<Timestamp>,
) -> Result<Task, Error> {
    let patch = TaskPatch {
        not_before: Some(time),
        ..TaskPatch::default()
    };
    save_fields(tx, deed, &mut task, patch).await?;
    let order = match task.status {
        TaskState::Ready | TaskState::Todo if task.is_early(deed.at) => TaskOrder::Schedule {
            not_before: task.not_before,
        },
        TaskState::Scheduled if !task.is_early(deed.at) => TaskOrder::Unblock,
        _ => return Ok(task),
    };
    task_orders::give(tx, deed, task, order, false).await
}

/// For what a task must first be taken back from its worker.
fn needs_no_worker(
    task: &Task,
    patch: &TaskPatch,
    target: Option<TaskState>,
) -> Option<&'static str> {
    if !task.status.has_worker() {
        return None;
    }
    if patch.assignee.is_some() {
        return Some("reassign");
    }
    if moves_workspace(task, patch) {
        return Some("change the workspace of");
    }
    if changes_ticket(task, patch) {
        return Some("change the ticket of");
    }
    leaves_its_worker(target).then_some("move")
}

/// Whether an edit takes a task into another ticket, or out of one.
fn changes_ticket(task: &Task, patch: &TaskPatch) -> bool {
    patch
        .ticket_id
        .is_some_and(|ticket| ticket != task.ticket_id)
}

/// Whether a task is moved away from its worker. When it is put away, its run is cancelled instead.
fn leaves_its_worker(target: Option<TaskState>) -> bool {
    target.is_some_and(|state| state != TaskState::Archived)
}

async fn save_fields(
    tx: &mut Tx,
    deed: &Deed,
    task: &mut Task,
    mut patch: TaskPatch,
) -> Result<(), Error> {
    let left = match patch.ticket_id.take() {
        Some(ticket) => task_tickets::put(tx, deed, task, ticket).await?,
        None => None,
    };
    let directory = match moves_workspace(task, &patch) {
        true => directory(tx, task).await?,
        false => None,
    };
    let mut changes = edit(task, patch, directory.as_ref())?;
    if left.is_some() {
        changes.push((EventType::TaskEdited, vec!["ticket_id"]));
    }
    if changes.is_empty() {
        return Ok(());
    }
    task.updated_at = deed.at;
    store::tasks::update(tx, task).await?;
    let words = TicketWords::of(tx, task.ticket_id).await?;
    for (event, fields) in changes {
        let message = format!("task “{}” was edited", task.title);
        let fact = deed.fact(event, message).on_task(task, &words);
        tx.append(fact.with(json!({ "fields": fields })));
    }
    match left {
        Some(left) => task_tickets::settle(tx, deed, &left, task).await,
        None => Ok(()),
    }
}

/// The directory of a task's project.
async fn directory(tx: &mut Tx, task: &Task) -> Result<Option<Text>, Error> {
    let project = store::projects::get(tx, task.project_id).await?;
    Ok(project.and_then(|project| project.repo_path))
}

fn check_target(target: Option<TaskState>) -> Result<(), Error> {
    match target {
        Some(TaskState::Running | TaskState::Waiting | TaskState::Failed) => {
            let detail = "only a run brings a task there: claim the task, or finish its run";
            Err(Error::Malformed(vec![FieldError::new("/status", detail)]))
        }
        _ => Ok(()),
    }
}

/// What an update says about the state that it asks for.
struct Words {
    handoff: Handoff,
    hindrance: Hindrance,
    not_before: Option<Timestamp>,
}

impl Words {
    /// Takes out of a patch what belongs to the move.
    fn of(
        patch: &mut TaskPatch,
        from: TaskState,
        target: Option<TaskState>,
    ) -> Result<Self, Error> {
        let is = |wanted: &[TaskState]| target.is_some_and(|state| wanted.contains(&state));
        let ends = is(&[TaskState::Done, TaskState::Review]);
        let said = |pointer: &str, state: &str| {
            let detail = format!("belongs to a `status` of {state}");
            Err(Error::invalid(pointer, detail))
        };
        if patch.summary.is_some() && !ends {
            return said("/summary", "`done` or `review`");
        }
        if patch.metadata.is_some() && !ends {
            return said("/metadata", "`done` or `review`");
        }
        if patch.block_kind.is_some() && !is(&[TaskState::Blocked]) {
            return said("/block_kind", "`blocked`");
        }
        let mut words = Self {
            handoff: Handoff {
                result: None,
                summary: patch.summary.take(),
                metadata: patch.metadata.take(),
            },
            hindrance: Hindrance::default(),
            not_before: None,
        };
        if ends {
            words.handoff.result = patch.result.take();
        }
        if is(&[TaskState::Blocked]) {
            words.hindrance.kind = patch.block_kind.take();
            words.hindrance.reason = patch.block_reason.take();
        }
        // What is scheduled already only gets another time.
        if is(&[TaskState::Scheduled]) && from != TaskState::Scheduled {
            words.not_before = patch.not_before.take().flatten();
        }
        Ok(words)
    }
}

/// Makes the moves that lead from where a task stands to where somebody wants it.
async fn drag(
    tx: &mut Tx,
    deed: &Deed,
    mut task: Task,
    target: TaskState,
    words: Words,
) -> Result<Task, Error> {
    if target == TaskState::Ready && task.status != target {
        task_orders::refuse_while_parents_are_open(tx, &task).await?;
    }
    for order in orders(task.status, target, words)? {
        let goes_back = matches!(order, TaskOrder::Hold | TaskOrder::Demote);
        // The one before it led to where it waits for its time. That is not what it waits for now.
        if goes_back && task.status == TaskState::Scheduled {
            task = task_orders::give(tx, deed, task, TaskOrder::Unblock, false).await?;
        }
        // What the one before it led to may be there already.
        if order == TaskOrder::Hold && task.status == TaskState::Todo {
            continue;
        }
        task = task_orders::give(tx, deed, task, order, false).await?;
    }
    Ok(task)
}

fn orders(from: TaskState, to: TaskState, words: Words) -> Result<Vec<TaskOrder>, NotAllowed> {
    if from == to {
        return Ok(Vec::new());
    }
    let last = match to {
        TaskState::Done if from == TaskState::Review => TaskOrder::Approve { comment: None },
        TaskState::Done => TaskOrder::Complete(words.handoff),
        TaskState::Blocked => TaskOrder::Block(words.hindrance),
        TaskState::Review => TaskOrder::Review(words.handoff),
        TaskState::Archived => TaskOrder::Archive,
        TaskState::Scheduled => TaskOrder::Schedule {
            not_before: words.not_before,
        },
        TaskState::Ready => return Ok(freed(from).into_iter().collect()),
        TaskState::Todo => TaskOrder::Hold,
        TaskState::Triage => TaskOrder::Demote,
        TaskState::Running | TaskState::Waiting | TaskState::Failed => {
            return Err(NotAllowed::new("move", "task", from.as_str()));
        }
    };
    let goes_back = matches!(to, TaskState::Todo | TaskState::Triage) && from != TaskState::Todo;
    let first = if goes_back { freed(from) } else { None };
    Ok(first.into_iter().chain([last]).collect())
}

/// What makes a task one that may be taken.
const fn freed(from: TaskState) -> Option<TaskOrder> {
    Some(match from {
        TaskState::Triage => TaskOrder::Accept,
        TaskState::Todo => TaskOrder::Promote { force: false },
        TaskState::Review => TaskOrder::RequestChanges { comment: None },
        TaskState::Blocked | TaskState::Scheduled => TaskOrder::Unblock,
        TaskState::Done => TaskOrder::Reopen,
        TaskState::Failed => TaskOrder::Retry,
        TaskState::Archived => TaskOrder::Restore,
        TaskState::Ready | TaskState::Running | TaskState::Waiting => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(from: TaskState, to: TaskState) -> String {
        let words = Words {
            handoff: Handoff::default(),
            hindrance: Hindrance::default(),
            not_before: None,
        };
        let orders = orders(from, to, words).unwrap();
        let verbs: Vec<_> = orders.iter().map(TaskOrder::verb).collect();
        verbs.join(", ")
    }

    #[test]
    fn a_drag_is_the_moves_that_lead_there() {
        use TaskState::{Archived, Blocked, Done, Failed, Ready, Review, Scheduled, Todo, Triage};
        for (from, to, expected) in [
            (Ready, Ready, ""),
            (Ready, Done, "complete"),
            (Review, Done, "approve"),
            (Blocked, Ready, "unblock"),
            (Scheduled, Ready, "unblock"),
            (Ready, Todo, "hold back"),
            (Triage, Todo, "accept, hold back"),
            (Failed, Triage, "retry, send back to triage"),
            (Todo, Triage, "send back to triage"),
            (Done, Archived, "archive"),
            (Archived, Todo, "restore, hold back"),
        ] {
            assert_eq!(way(from, to), expected, "{from} to {to}");
        }
    }
}
