//! What a move changes on a task besides its state.

use model::{Task, TaskMove, Timestamp};

/// Carries out what belongs to a move.
pub(crate) fn apply(task: &mut Task, made: TaskMove, at: Timestamp) {
    match made {
        TaskMove::Complete | TaskMove::Approve => {
            task.finished_at = Some(at);
            task.failure_count = 0;
            task.ignores_parents = false;
            forget_block(task);
            forget_recurrences(task);
        }
        TaskMove::Archive => drop(task.finished_at.get_or_insert(at)),
        TaskMove::Restore | TaskMove::Reopen => {
            task.finished_at = None;
            task.not_before = None;
            task.stale = false;
            forget_block(task);
        }
        TaskMove::Retry => {
            task.failure_count = 0;
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
