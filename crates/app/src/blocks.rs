//! Blocks: something stands in a task's way. An agent that meets the same again and again runs in circles.

use model::{BlockKind, EventType, Hindrance, Principal, Task, TaskMove};

use crate::gates;

/// Blocks for the same reason, one after the other, that send a task back to triage.
const CIRCLES: i64 = 3;

/// Notes what stands in the way, and says which move follows and which event tells of it.
pub(crate) fn note(task: &mut Task, by: &Principal, hindrance: Hindrance) -> (TaskMove, EventType) {
    let kind = hindrance.kind.unwrap_or(BlockKind::NeedsInput);
    task.block_kind = Some(kind);
    task.block_reason = hindrance.reason;
    task.blocked_by = Some(by.clone());
    // A person knows what a block is for.
    if gates::is_human(by) {
        return (TaskMove::Block, EventType::TaskBlocked);
    }
    let again = task.last_block_kind.replace(kind) == Some(kind);
    task.block_recurrences = if again { task.block_recurrences + 1 } else { 1 };
    if task.block_recurrences >= CIRCLES {
        (TaskMove::BlockAgain, EventType::TaskBlockLoop)
    } else {
        (TaskMove::Block, EventType::TaskBlocked)
    }
}
