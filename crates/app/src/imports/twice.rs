//! What an import holds twice although there can be one of it, by name.

use std::collections::HashSet;
use std::fmt::Display;
use std::hash::Hash;

use model::{Attachment, Task, TaskState, Ticket};

use super::refused;
use crate::Error;

/// Refuses what is there twice, and says what it is.
pub(super) fn check(tickets: &[Ticket], tasks: &[Task], files: &[Attachment]) -> Result<(), Error> {
    once("ticket", tickets.iter().map(|ticket| ticket.id))?;
    once("task", tasks.iter().map(|task| task.id))?;
    let external = tickets
        .iter()
        .filter_map(|ticket| ticket.external_id.as_ref());
    once("a ticket with the external id", external)?;
    // What was put away holds no key any more.
    let shown = tasks
        .iter()
        .filter(|task| task.status != TaskState::Archived);
    let keys = shown.filter_map(|task| task.idempotency_key.as_ref());
    once("a task with the idempotency key", keys)?;
    let mut known = HashSet::new();
    for file in files {
        if !known.insert((file.task_id, &file.sha256, &file.name)) {
            let (name, task) = (&file.name, file.task_id);
            return Err(refused(format!(
                "it holds the file “{name}” of task {task} twice"
            )));
        }
    }
    Ok(())
}

fn once<T: Display + Eq + Hash + Clone>(
    what: &str,
    all: impl Iterator<Item = T>,
) -> Result<(), Error> {
    let mut known = HashSet::new();
    for one in all {
        if !known.insert(one.clone()) {
            return Err(refused(format!("it holds {what} {one} twice")));
        }
    }
    Ok(())
}
