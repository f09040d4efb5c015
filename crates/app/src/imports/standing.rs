//! Where tasks stand after an import, without the workers that they had.

use std::collections::HashSet;

use model::{BlockKind, NewLink, Question, Task, TaskId, TaskState, Timestamp};

/// Where tasks stand without the workers that they had.
pub(super) struct Standing {
    /// What waits for something that is not done.
    held: HashSet<TaskId>,
    /// What somebody is asked about.
    asked: HashSet<TaskId>,
}

impl Standing {
    pub(super) fn of(tasks: &[Task], links: &[NewLink], questions: &[Question]) -> Self {
        let open: HashSet<_> = tasks
            .iter()
            .filter(|task| !task.status.lets_children_go())
            .map(|task| task.id)
            .collect();
        let held = links.iter().filter(|link| open.contains(&link.parent_id));
        let asked = questions
            .iter()
            .filter(|question| question.over().is_none());
        Self {
            held: held.map(|link| link.child_id).collect(),
            asked: asked.filter_map(|question| question.task_id).collect(),
        }
    }

    pub(super) fn put(&self, mut task: Task, at: Timestamp) -> Task {
        let from = task.status;
        let is_held = self.held.contains(&task.id) && !task.ignores_parents;
        let next = if is_held {
            TaskState::Todo
        } else {
            TaskState::Ready
        };
        match task.status {
            TaskState::Waiting if self.asked.contains(&task.id) => {
                task.status = TaskState::Blocked;
                task.block_kind = Some(BlockKind::NeedsInput);
            }
            // What waits for nothing and stands in todo is held back by hand.
            TaskState::Running | TaskState::Waiting | TaskState::Ready => {
                task.status = next;
            }
            _ => {}
        }
        if task.status != from || task.status == TaskState::Ready {
            task.status_since = at;
        }
        task
    }
}
