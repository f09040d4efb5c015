//! Gates: what only a person may do to a task.

use model::{Principal, PrincipalKind, Task, TaskOrder, TaskState};

use crate::Error;
use crate::deed::Deed;

/// Refuses to let a program through a gate: a block that a person set, or a verdict that a person wants to give.
pub(crate) fn check(deed: &Deed, task: &Task, order: &TaskOrder) -> Result<(), Error> {
    if is_human(&deed.caller.principal) {
        return Ok(());
    }
    if task.status == TaskState::Blocked && task.blocked_by.as_ref().is_some_and(is_human) {
        return refuse("a person blocked it: only a person releases it");
    }
    let judges = task.status == TaskState::Review
        || matches!(order, TaskOrder::Complete(_) | TaskOrder::Approve { .. });
    if task.human_gate && judges {
        return refuse("only a person judges its result");
    }
    Ok(())
}

/// Whether somebody is a person.
pub(crate) fn is_human(who: &Principal) -> bool {
    who.kind == PrincipalKind::Human
}

fn refuse(why: &str) -> Result<(), Error> {
    Err(Error::Forbidden(why.to_owned()))
}
