//! Gates: what only a person may do to a task.

use model::{Principal, PrincipalKind, Task, TaskOrder, TaskState};
use store::{Tx, questions};

use crate::Error;
use crate::deed::Deed;

/// Refuses to let a program through a gate: a block that a person set, a question that waits for its answer, or a verdict
/// that a person wants to give.
pub(crate) async fn check(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    order: &TaskOrder,
) -> Result<(), Error> {
    match closed(tx, deed, task, order).await? {
        Some(why) => refuse(why),
        None => Ok(()),
    }
}

/// Why a gate is closed to who gives an order; `None` when it is open.
pub(crate) async fn closed(
    tx: &mut Tx,
    deed: &Deed,
    task: &Task,
    order: &TaskOrder,
) -> Result<Option<&'static str>, Error> {
    if is_human(&deed.caller.principal) {
        return Ok(None);
    }
    if task.status == TaskState::Blocked && task.blocked_by.as_ref().is_some_and(is_human) {
        return Ok(Some("a person blocked it: only a person releases it"));
    }
    let judges = task.status == TaskState::Review
        || matches!(order, TaskOrder::Complete(_) | TaskOrder::Approve { .. });
    if task.human_gate && judges {
        return Ok(Some("only a person judges its result"));
    }
    let is_asked =
        task.status.may_be_asked_about() && questions::is_open_on_task(tx, task.id).await?;
    Ok(is_asked.then_some(ASKED))
}

/// Refuses to let a program move a task past a question.
pub(crate) async fn check_questions(tx: &mut Tx, deed: &Deed, task: &Task) -> Result<(), Error> {
    match !is_human(&deed.caller.principal) && questions::is_open_on_task(tx, task.id).await? {
        true => refuse(ASKED),
        false => Ok(()),
    }
}

const ASKED: &str = "it waits for the answer to a question: only a person moves it before that";

/// Whether somebody is a person.
pub(crate) fn is_human(who: &Principal) -> bool {
    who.kind == PrincipalKind::Human
}

fn refuse(why: &str) -> Result<(), Error> {
    Err(Error::Forbidden(why.to_owned()))
}
