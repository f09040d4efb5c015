//! What a worker says became of its task. Its run ends with that; whoever lost the lease is told so and changes nothing.

use auth::Caller;
use model::{
    EventType, FinishRun, Handoff, Hindrance, NotAllowed, Outcome, Run, Task, TaskId, TaskMove,
    TaskOrder, TaskState,
};
use serde_json::json;
use store::Tx;

use crate::deed::{Deed, Rights};
use crate::{Error, blocks, fence, run_ends, runs, task_moves};

/// Whether the caller is the worker of a run of this task.
pub(crate) fn is_own(caller: &Caller, task: TaskId) -> bool {
    caller.run.is_some_and(|own| own.task == Some(task))
}

/// Carries out the order of a task's own worker.
pub(crate) async fn carry_out(
    tx: &mut Tx,
    deed: &Deed,
    id: TaskId,
    order: TaskOrder,
) -> Result<Task, Error> {
    let mut task = fence::own(tx, deed, id).await?;
    let run = own_run(tx, deed, &task, order.verb()).await?;
    // A worker that says how it went waits for no answer any more.
    if task.status == TaskState::Waiting {
        let (made, event) = (TaskMove::AnswerLive, EventType::TaskStatusChanged);
        task_moves::make(tx, deed, &mut task, made, event).await?;
    }
    task.current_run_id = None;
    let end = match order {
        TaskOrder::Complete(handoff) if !task.human_gate => {
            let (made, event) = (TaskMove::Complete, EventType::TaskCompleted);
            hand_over(tx, deed, &mut task, handoff, made, event).await?
        }
        TaskOrder::Complete(handoff) | TaskOrder::Review(handoff) => {
            let (made, event) = (TaskMove::SubmitForReview, EventType::TaskReviewRequested);
            hand_over(tx, deed, &mut task, handoff, made, event).await?
        }
        TaskOrder::Block(hindrance) => block(tx, deed, &mut task, hindrance).await?,
        _ => return Err(NotAllowed::new(order.verb(), "task", task.status.as_str()).into()),
    };
    run_ends::end_run(tx, deed, run, end).await?;
    Ok(task)
}

/// The caller's own task, if its run is the one that works on it now.
pub(crate) async fn own_task(
    tx: &mut Tx,
    deed: &Deed,
    id: TaskId,
    verb: &'static str,
) -> Result<Task, Error> {
    let task = fence::own(tx, deed, id).await?;
    own_run(tx, deed, &task, verb).await?;
    Ok(task)
}

/// The caller's run, if it is the one that works on the task now.
async fn own_run(tx: &mut Tx, deed: &Deed, task: &Task, verb: &'static str) -> Result<Run, Error> {
    let own = deed.caller.run.ok_or(Error::LeaseLost)?;
    let run = runs::there(tx, own.run).await?;
    deed.caller.report_run(run.project_id, run.id)?;
    if task.current_run_id != Some(run.id) {
        return Err(Error::LeaseLost);
    }
    runs::refuse_ended(&run, verb)?;
    Ok(run)
}

async fn hand_over(
    tx: &mut Tx,
    deed: &Deed,
    task: &mut Task,
    handoff: Handoff,
    made: TaskMove,
    event: EventType,
) -> Result<FinishRun, Error> {
    let summary = handoff.summary.or_else(|| handoff.result.clone());
    task.result = handoff.result.or_else(|| summary.clone());
    task_moves::make(tx, deed, task, made, event).await?;
    Ok(FinishRun {
        summary,
        metadata: handoff.metadata,
        ..FinishRun::new(Outcome::Completed)
    })
}

async fn block(
    tx: &mut Tx,
    deed: &Deed,
    task: &mut Task,
    hindrance: Hindrance,
) -> Result<FinishRun, Error> {
    let reason = hindrance.reason.clone();
    let (made, event) = blocks::note(task, &deed.by(), hindrance);
    let why = json!({ "kind": task.block_kind, "reason": reason });
    task_moves::make_with(tx, deed, task, made, event, why).await?;
    Ok(FinishRun {
        error: reason,
        ..FinishRun::new(Outcome::Blocked)
    })
}
