//! Orders: what people and workers want to become of a task, each carried out as the moves that it takes.

use auth::Caller;
use model::{
    EventType, Handoff, NotAllowed, Scope, Task, TaskId, TaskMove, TaskOrder, TaskState, Terms,
    Text, Timestamp,
};
use serde_json::{Value, json};
use store::{Tx, links, tasks as kept};

use crate::deed::{Deed, Rights};
use crate::{
    App, Error, blocks, comments, detach, fence, gates, hand_runs, task_moves, worker_orders,
};

/// Parents that a refusal names.
const NAMED: i64 = 10;

impl App {
    /// Carries out an order. Those who operate may give any; a worker says what became of its own task.
    pub async fn move_task(
        &self,
        caller: &Caller,
        id: TaskId,
        order: TaskOrder,
        terms: Terms,
    ) -> Result<Task, Error> {
        caller.holds(match order.is_for_workers() {
            true => Scope::Report,
            false => Scope::Operate,
        })?;
        self.write(caller, move |tx, deed| {
            Box::pin(async move {
                if order.is_for_workers() && worker_orders::is_own(&deed.caller, id) {
                    return worker_orders::carry_out(tx, &deed, id, order).await;
                }
                let task = fence::to_change(tx, &deed, id).await?;
                check_version(&task, terms.version)?;
                give(tx, &deed, task, order, terms.reclaim_first).await
            })
        })
        .await
    }
}

/// Refuses a version that is not the current one.
pub(crate) fn check_version(task: &Task, seen: Option<i64>) -> Result<(), Error> {
    match seen {
        Some(version) if version != task.version => Err(Error::stale(task)),
        _ => Ok(()),
    }
}

/// Carries out an order of somebody who operates, detaching the task from its worker where that is asked for.
pub(crate) async fn give(
    tx: &mut Tx,
    deed: &Deed,
    task: Task,
    order: TaskOrder,
    reclaim_first: bool,
) -> Result<Task, Error> {
    gates::check(tx, deed, &task, &order).await?;
    refuse_while_resting(&task, &order, deed.at)?;
    let mut task = detach::for_order(tx, deed, task, &order, reclaim_first).await?;
    carry_out(tx, deed, &mut task, order).await?;
    Ok(task)
}

/// Refuses to set free what is free and only rests before its next try, and says what ends that.
fn refuse_while_resting(task: &Task, order: &TaskOrder, at: Timestamp) -> Result<(), NotAllowed> {
    let sets_free = matches!(
        order,
        TaskOrder::Retry | TaskOrder::Promote { .. } | TaskOrder::Unblock
    );
    if !sets_free || task.status != TaskState::Ready || !task.is_early(at) {
        return Ok(());
    }
    let refused = NotAllowed::new(order.verb(), "task", "resting before its next try");
    Err(refused.with_hint("without its `not_before` it goes on at once"))
}

async fn carry_out(
    tx: &mut Tx,
    deed: &Deed,
    task: &mut Task,
    order: TaskOrder,
) -> Result<(), Error> {
    let (made, event) = match order {
        TaskOrder::Complete(handoff) => {
            take_over(tx, deed, task, handoff).await?;
            (TaskMove::Complete, EventType::TaskCompleted)
        }
        TaskOrder::Review(handoff) => {
            take_over(tx, deed, task, handoff).await?;
            (TaskMove::SubmitForReview, EventType::TaskReviewRequested)
        }
        TaskOrder::Block(hindrance) => {
            let (made, event) = blocks::note(task, &deed.by(), hindrance);
            let why = json!({ "kind": task.block_kind, "reason": task.block_reason });
            return task_moves::make_with(tx, deed, task, made, event, why).await;
        }
        TaskOrder::Approve { comment } => {
            return judge(tx, deed, task, comment, TaskMove::Approve).await;
        }
        TaskOrder::RequestChanges { comment } => {
            return judge(tx, deed, task, comment, TaskMove::RequestChanges).await;
        }
        TaskOrder::Promote { force } => return promote(tx, deed, task, force).await,
        TaskOrder::Schedule { not_before } => {
            task.not_before = not_before;
            let when = json!({ "not_before": not_before });
            let (made, event) = (TaskMove::Schedule, EventType::TaskScheduled);
            return task_moves::make_with(tx, deed, task, made, event, when).await;
        }
        // Releasing is the same word for both.
        TaskOrder::Unblock if task.status == TaskState::Scheduled => {
            (TaskMove::Due, EventType::TaskPromoted)
        }
        TaskOrder::Unblock => (TaskMove::Unblock, EventType::TaskUnblocked),
        TaskOrder::Hold => (TaskMove::Hold, EventType::TaskStatusChanged),
        TaskOrder::Archive => (TaskMove::Archive, EventType::TaskArchived),
        TaskOrder::Restore if task.status == TaskState::Archived => {
            refuse_taken_key(tx, task).await?;
            (TaskMove::Restore, EventType::TaskRestored)
        }
        TaskOrder::Restore => (TaskMove::Restore, EventType::TaskRestored),
        TaskOrder::Retry => (TaskMove::Retry, EventType::TaskRetried),
        TaskOrder::Accept => (TaskMove::Accept, EventType::TaskStatusChanged),
        TaskOrder::Demote => (TaskMove::Demote, EventType::TaskStatusChanged),
        TaskOrder::Reopen => (TaskMove::Reopen, EventType::TaskReopened),
    };
    task_moves::make(tx, deed, task, made, event).await
}

/// Refuses to bring a task back whose idempotency key is another's by now, and says whose.
async fn refuse_taken_key(tx: &mut Tx, task: &Task) -> Result<(), Error> {
    let Some(key) = &task.idempotency_key else {
        return Ok(());
    };
    match kept::by_idempotency_key(tx, task.project_id, key).await? {
        Some(other) => Err(Error::AlreadyExists(format!(
            "its idempotency key `{key}` is that of “{}” ({}) now: archive that one first",
            other.title, other.id
        ))),
        None => Ok(()),
    }
}

/// Keeps what came of work that no worker reported.
async fn take_over(
    tx: &mut Tx,
    deed: &Deed,
    task: &mut Task,
    handoff: Handoff,
) -> Result<(), Error> {
    if handoff.summary.is_some() || handoff.metadata.is_some() {
        hand_runs::record(tx, deed, task, &handoff).await?;
    }
    if let Some(result) = handoff.result.or(handoff.summary) {
        task.result = Some(result);
    }
    Ok(())
}

async fn judge(
    tx: &mut Tx,
    deed: &Deed,
    task: &mut Task,
    comment: Option<Text>,
    made: TaskMove,
) -> Result<(), Error> {
    let event = match made {
        TaskMove::Approve => EventType::TaskApproved,
        _ => EventType::TaskChangesRequested,
    };
    let said = json!({ "comment": comment });
    task_moves::make_with(tx, deed, task, made, event, said).await?;
    if let Some(comment) = comment.filter(|comment| !comment.as_str().trim().is_empty()) {
        comments::say(tx, deed, task, comment).await?;
    }
    Ok(())
}

async fn promote(tx: &mut Tx, deed: &Deed, task: &mut Task, force: bool) -> Result<(), Error> {
    task.status.after(TaskMove::Promote, false)?;
    let open = links::open_parents(tx, task.id, NAMED).await?;
    if !force {
        refuse_open(&open)?;
    }
    gates::check_parents(deed, &open)?;
    task.ignores_parents = !open.is_empty();
    let ids: Vec<_> = open.iter().map(|parent| parent.id).collect();
    let how = match ids.is_empty() {
        true => Value::Null,
        false => json!({ "force": true, "open_parents": ids }),
    };
    let (made, event) = (TaskMove::Promote, EventType::TaskPromoted);
    task_moves::make_with(tx, deed, task, made, event, how).await
}

/// Refuses to let a task be taken while others must be done first, and names them.
pub(crate) async fn refuse_while_parents_are_open(tx: &mut Tx, task: &Task) -> Result<(), Error> {
    if task.ignores_parents {
        return Ok(());
    }
    refuse_open(&links::open_parents(tx, task.id, NAMED).await?)
}

fn refuse_open(open: &[Task]) -> Result<(), Error> {
    if open.is_empty() {
        return Ok(());
    }
    let named: Vec<_> = open
        .iter()
        .map(|parent| format!("“{}” ({}, {})", parent.title, parent.id, parent.status))
        .collect();
    Err(Error::ParentsOpen(format!(
        "it waits for tasks that are open: {}",
        named.join(", ")
    )))
}
