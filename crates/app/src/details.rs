//! Details: what the reasons of a task say more, from what is kept elsewhere than in its row.

use model::{
    EventFilter, EventType, Hold, HoldReason, Outcome, Principal, Run, RunState, Task, TaskState,
};
use serde_json::Value;
use store::{Read, events, runs};

use crate::Error;

/// So many changes of a run are looked through for the one that set it aside.
const LAST_CHANGES: i64 = 100;
/// No more of an error than that is repeated.
const MOST_CHARS: usize = 300;

/// Says of a run that is set aside, or is to stop, that it is, of a task that was given up after what, and of one that waits
/// for its next try how the last one ended.
pub(crate) async fn add(read: &mut Read, task: &Task, holds: &mut [Hold]) -> Result<(), Error> {
    let own = |hold: &&mut Hold| {
        let of_runs = [HoldReason::Running, HoldReason::Ended, HoldReason::Backoff];
        of_runs.contains(&hold.reason)
    };
    let Some(hold) = holds.iter_mut().find(own) else {
        return Ok(());
    };
    match task.status {
        TaskState::Running => {
            if let Some(more) = of_running(read, task).await? {
                hold.detail = more;
            }
        }
        TaskState::Failed => hold.detail = of_given_up(read, task).await?,
        TaskState::Ready => hold.detail += &last_attempt(read, task).await?,
        _ => {}
    }
    Ok(())
}

async fn of_running(read: &mut Read, task: &Task) -> Result<Option<String>, Error> {
    let Some(id) = task.current_run_id else {
        return Ok(None);
    };
    let Some(run) = runs::get(read, id).await? else {
        return Ok(None);
    };
    let (what, then) = match run.state {
        _ if run.cancel_requested_at.is_some() => ("cancelled", "its worker has not stopped yet"),
        RunState::Parked => ("paused", "its worker keeps it and does nothing"),
        _ => return Ok(None),
    };
    let by = match run.cancel_requested_at {
        Some(_) => who(read, &run, EventType::RunCancelRequested, |_| true).await?,
        None => who(read, &run, EventType::RunUpdated, parks).await?,
    };
    let by = by.map(|who| format!(" by {who}")).unwrap_or_default();
    Ok(Some(format!(
        "its run {} is {what}{by}: {then}",
        run.number
    )))
}

/// Whether a change set a run aside.
fn parks(details: &Value) -> bool {
    let parked = RunState::Parked.as_str();
    details["to"] == parked && details["from"] != parked
}

/// Who last did this to a run, as long as the event that tells of it is kept.
async fn who(
    read: &mut Read,
    run: &Run,
    what: EventType,
    is_it: fn(&Value) -> bool,
) -> Result<Option<Principal>, Error> {
    let filter = EventFilter {
        run: Some(run.id),
        event_type: vec![what.as_str().to_owned()],
        ..EventFilter::default()
    };
    let window = events::Window {
        limit: LAST_CHANGES,
        ..events::Window::default()
    };
    let told = events::page(read, &filter, &window).await?;
    let change = told
        .into_iter()
        .find(|event| is_it(event.details.as_ref().unwrap_or(&Value::Null)));
    Ok(change.map(|event| event.actor))
}

async fn of_given_up(read: &mut Read, task: &Task) -> Result<String, Error> {
    let after = match task.failure_count {
        0 => String::new(),
        1 => " after 1 failure".to_owned(),
        failures => format!(" after {failures} failures"),
    };
    let last = last_attempt(read, task).await?;
    Ok(format!("it was given up{after}{last}"))
}

async fn last_attempt(read: &mut Read, task: &Task) -> Result<String, Error> {
    let last = runs::last_attempt(read, task.id).await?;
    Ok(last.map(|run| of_last(&run)).unwrap_or_default())
}

/// How an attempt ended that was the last.
fn of_last(run: &Run) -> String {
    let number = run.number;
    let end = match run.outcome {
        // It says the same of the task.
        Some(Outcome::GaveUp) | None => format!("; the last was run {number}"),
        Some(outcome) => format!("; run {number} ended as {outcome}"),
    };
    let code = run.exit_code.map(|code| format!(", exit code {code}"));
    let said = run.error.as_ref().map(|error| {
        let line = error.as_str().trim().lines().next().unwrap_or_default();
        format!(": {}", line.chars().take(MOST_CHARS).collect::<String>())
    });
    end + &code.unwrap_or_default() + &said.unwrap_or_default()
}
