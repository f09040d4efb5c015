//! Gates: what only a person may do to a task.

use auth::{Caller, Credential};
use model::{
    EventFilter, EventType, Principal, PrincipalKind, Task, TaskOrder, TaskPatch, TaskState,
};
use store::{Tx, events, questions, runs};

use crate::Error;
use crate::deed::Deed;
use crate::task_edits::moves_workspace;

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
    // What is put away lets go what waits for the verdict.
    let evades = *order == TaskOrder::Archive && task.status != TaskState::Done;
    if task.human_gate && (judges || evades) {
        return Ok(Some("only a person judges its result"));
    }
    let approves = matches!(order, TaskOrder::Complete(_) | TaskOrder::Approve { .. });
    let approves = approves && task.status == TaskState::Review;
    if approves && has_worked_on(tx, &deed.caller.principal, task).await? {
        return Ok(Some("who worked on it does not approve it"));
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

/// Refuses to let a program take a gate away, or change what a person is asked to judge, has approved, or has said.
pub(crate) fn check_edit(deed: &Deed, task: &Task, patch: &TaskPatch) -> Result<(), Error> {
    if is_human(&deed.caller.principal) {
        return Ok(());
    }
    if task.human_gate && patch.human_gate == Some(false) {
        return refuse("only a person takes a gate away");
    }
    let is_judged = matches!(task.status, TaskState::Review | TaskState::Done);
    let rewrites = patch.result.is_some() || patch.commit_sha.is_some();
    // What is judged lies on its branch, and is held against what was asked for.
    let rewrites = rewrites || moves_workspace(task, patch);
    let rewrites = rewrites || patch.title.is_some() || patch.body.is_some();
    if task.human_gate && is_judged && rewrites {
        return refuse("only a person changes what a person judges");
    }
    let by_a_person = task.blocked_by.as_ref().is_some_and(is_human);
    if by_a_person && patch.block_reason.is_some() {
        return refuse("a person blocked it: only a person says why");
    }
    Ok(())
}

/// Refuses to let a program change the files of what a person judges, or has judged.
pub(crate) fn check_files(deed: &Deed, task: &Task) -> Result<(), Error> {
    let is_judged = matches!(task.status, TaskState::Review | TaskState::Done);
    match task.human_gate && is_judged && !is_human(&deed.caller.principal) {
        true => refuse("only a person changes the files of what a person judges"),
        false => Ok(()),
    }
}

/// Refuses to let a program have a task go without a verdict that it waits for.
pub(crate) fn check_parents(deed: &Deed, open: &[Task]) -> Result<(), Error> {
    let is_gated = |parent: &Task| parent.human_gate && !parent.status.lets_children_go();
    match open.iter().any(is_gated) && !is_human(&deed.caller.principal) {
        true => refuse("it waits for what a person judges: only a person lets it go before that"),
        false => Ok(()),
    }
}

/// Refuses to let a program make somebody who passes for a person. The server's own host is in its owner's hands.
pub(crate) fn check_maker_of_people(caller: &Caller) -> Result<(), Error> {
    match is_human(&caller.principal) || caller.credential == Credential::Host {
        true => Ok(()),
        false => refuse("only a person makes logins and tokens of people"),
    }
}

/// So many of the last attempts are looked at for those who took the task.
const LAST_ATTEMPTS: i64 = 1000;

const ASKED: &str = "it waits for the answer to a question: only a person moves it before that";

/// Whether somebody took a task, gave its result in, or is the agent or the worker of an attempt at it.
async fn has_worked_on(tx: &mut Tx, who: &Principal, task: &Task) -> Result<bool, Error> {
    if runs::is_worker_of(tx, task.id, &who.name).await? {
        return Ok(true);
    }
    let words = [EventType::TaskClaimed, EventType::TaskReviewRequested];
    let filter = EventFilter {
        task: Some(task.id),
        event_type: words.map(|word| word.as_str().to_owned()).to_vec(),
        ..EventFilter::default()
    };
    let window = events::Window {
        limit: LAST_ATTEMPTS,
        ..events::Window::default()
    };
    let told = events::page(tx, &filter, &window).await?;
    Ok(told.iter().any(|event| event.actor == *who))
}

/// Whether somebody is a person.
pub(crate) fn is_human(who: &Principal) -> bool {
    who.kind == PrincipalKind::Human
}

fn refuse(why: &str) -> Result<(), Error> {
    Err(Error::Forbidden(why.to_owned()))
}
