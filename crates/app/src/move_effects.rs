//! What a move makes of a task: where it stands then, and what else changes with that. Every move but the claim is made
//! here, whoever makes it: a person, a worker, or the end of a run.

use model::{NotAllowed, Task, TaskMove, TaskState, Timestamp};

use crate::tallies;

/// Makes a move, if the table allows it.
pub(crate) fn make(
    task: &mut Task,
    made: TaskMove,
    parents_open: bool,
    at: Timestamp,
) -> Result<(), NotAllowed> {
    let from = task.status;
    task.status = from.after(made, parents_open)?;
    apply(task, made, at);
    if from == TaskState::Ready && stops(made) {
        // It may have waited for its next try. That is not what it waits for now.
        task.not_before = None;
    }
    if task.status == TaskState::Ready && waits_for_its_time(made) && task.is_early(at) {
        task.status = task.status.after(TaskMove::Schedule, parents_open)?;
    }
    Ok(())
}

const fn stops(made: TaskMove) -> bool {
    matches!(
        made,
        TaskMove::Block | TaskMove::BlockAgain | TaskMove::Hold | TaskMove::Demote
    )
}

/// Whether a task that is set free by this move waits for a time that lies ahead. While somebody works on it, it has none but
/// what it was given meanwhile; the rest before its next try comes after the move.
const fn waits_for_its_time(made: TaskMove) -> bool {
    matches!(
        made,
        TaskMove::Promote
            | TaskMove::Accept
            | TaskMove::Unblock
            | TaskMove::AnswerLater
            | TaskMove::RequestChanges
            | TaskMove::FailAndRetry
            | TaskMove::Reclaim
    )
}

fn apply(task: &mut Task, made: TaskMove, at: Timestamp) {
    match made {
        TaskMove::Complete | TaskMove::Approve => {
            task.finished_at = Some(at);
            tallies::forget(task);
            task.ignores_parents = false;
            task.stale = false;
            forget_block(task);
            forget_recurrences(task);
        }
        TaskMove::GiveUp => task.finished_at = Some(at),
        TaskMove::Archive => drop(task.finished_at.get_or_insert(at)),
        TaskMove::Restore | TaskMove::Reopen => {
            task.finished_at = None;
            task.not_before = None;
            task.stale = false;
            tallies::forget_vain(task);
            forget_block(task);
        }
        TaskMove::Retry => {
            tallies::forget(task);
            task.finished_at = None;
            task.not_before = None;
            forget_block(task);
        }
        TaskMove::Unblock | TaskMove::Schedule => forget_block(task),
        TaskMove::Accept => {
            forget_block(task);
            forget_recurrences(task);
        }
        TaskMove::Due => task.not_before = None,
        // What was built on the old ground is given up with the attempt.
        TaskMove::FailAndRetry | TaskMove::Reclaim | TaskMove::AnswerLater => task.stale = false,
        TaskMove::Hold | TaskMove::Demote => task.ignores_parents = false,
        _ => {}
    }
}

fn forget_block(task: &mut Task) {
    task.block_kind = None;
    task.block_reason = None;
    task.blocked_by = None;
}

fn forget_recurrences(task: &mut Task) {
    task.last_block_kind = None;
    task.block_recurrences = 0;
}
