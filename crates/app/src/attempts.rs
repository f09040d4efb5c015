//! What becomes of a task when the attempt at it ends.

use model::{
    BlockKind, EventType, Hindrance, NotAllowed, Outcome, Principal, Run, Task, TaskMove,
    TaskState, Text, Timestamp,
};

use crate::{blocks, gates, move_effects};

/// The first wait before a failed task is handed out again, in seconds; it doubles with every failure.
const FIRST_WAIT: i64 = 30;
/// The longest wait.
const LONGEST_WAIT: i64 = 3600;
/// How long a task rests whose model's provider refused, in seconds.
const COOL_DOWN: i64 = 300;

/// Lets a worker in: the task is this run's from now on.
pub(crate) fn begin(task: &mut Task, run: &Run, at: Timestamp) -> Result<(), NotAllowed> {
    if task.status == TaskState::Scheduled && task.not_before.is_some_and(|due| due <= at) {
        move_effects::make(task, TaskMove::Due, false, at)?;
    }
    task.status = task.status.after(TaskMove::Claim, false)?;
    task.current_run_id = Some(run.id);
    task.not_before = None;
    task.stale = false;
    task.implementation_attempts += 1;
    task.started_at.get_or_insert(at);
    Ok(())
}

/// How an attempt came to its end.
#[derive(Debug)]
pub(crate) struct Ending {
    /// Who said so.
    pub(crate) by: Principal,
    pub(crate) at: Timestamp,
    /// So many attempts in a row, this one included, ended because nobody renewed their lease.
    pub(crate) leases_lost: i64,
    /// Who asked for its end before it was time.
    pub(crate) stopped_by: Option<Principal>,
}

/// Moves the task on from a run that has just ended. Answers what happened to the task.
pub(crate) fn end(task: &mut Task, run: &Run, ending: Ending) -> Result<EventType, NotAllowed> {
    let at = ending.at;
    task.current_run_id = None;
    let outcome = run.outcome.unwrap_or(Outcome::Interrupted);
    // What its worker calls it is another matter: a command that is told to stop fails, or is gone.
    let stopped_by = ending
        .stopped_by
        .filter(|_| is_cut_short(outcome, &ending.by));
    let is_over = outcome == Outcome::Completed || stopped_by.is_some();
    let has_failed = is_failure(outcome);
    let is_last_try = has_failed && task.failure_count >= task.max_retries;
    let is_over = is_over || is_last_try || outcome == Outcome::GaveUp;
    // Its worker went away without the answer: who comes next gets it.
    if task.status == TaskState::Waiting && !is_over {
        task.failure_count += i64::from(has_failed);
        return Ok(match has_failed {
            true => EventType::TaskFailed,
            false => EventType::TaskWaiting,
        });
    }
    // A worker that says that it is done waits for no answer any more, nor does one that was stopped, or will not come again.
    if task.status == TaskState::Waiting {
        move_effects::make(task, TaskMove::AnswerLive, false, at)?;
    }
    if let Some(who) = stopped_by {
        return stop(task, run, who, at);
    }
    match outcome {
        Outcome::Completed if task.human_gate => submit(task, run, at),
        Outcome::Completed => complete(task, run, at),
        Outcome::Failed | Outcome::Crashed | Outcome::TimedOut => fail(task, at),
        Outcome::GaveUp => give_up(task, at),
        Outcome::Blocked => block(task, run, &ending.by, at),
        Outcome::RateLimited => {
            // The model's provider refused: the task is not at fault.
            back_to_ready(task, TaskMove::FailAndRetry, COOL_DOWN, at)?;
            Ok(EventType::RateLimited)
        }
        // It did not begin: that is its worker's matter, and another may take it at once.
        Outcome::SpawnFailed | Outcome::Cancelled | Outcome::Interrupted => {
            back_to_ready(task, TaskMove::Reclaim, 0, at)?;
            Ok(EventType::TaskStatusChanged)
        }
        Outcome::Reclaimed => {
            // What ends its workers without a word must not do so again and again at once.
            let rest = match ending.leases_lost {
                ..=0 => 0,
                lost => wait_after(lost),
            };
            back_to_ready(task, TaskMove::Reclaim, rest, at)?;
            Ok(EventType::TaskReclaimed)
        }
    }
}

/// Whether an attempt uses up one of the tries that a task has.
const fn is_failure(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Failed | Outcome::Crashed | Outcome::TimedOut
    )
}

/// Whether an attempt came to an end without an end of the work. A person who takes a task back wants it to be done by another.
fn is_cut_short(outcome: Outcome, by: &Principal) -> bool {
    match outcome {
        Outcome::Completed | Outcome::GaveUp => false,
        Outcome::Reclaimed => !gates::is_human(by),
        _ => true,
    }
}

fn submit(task: &mut Task, run: &Run, at: Timestamp) -> Result<EventType, NotAllowed> {
    move_effects::make(task, TaskMove::SubmitForReview, false, at)?;
    task.result.clone_from(&run.summary);
    Ok(EventType::TaskReviewRequested)
}

fn complete(task: &mut Task, run: &Run, at: Timestamp) -> Result<EventType, NotAllowed> {
    move_effects::make(task, TaskMove::Complete, false, at)?;
    task.result.clone_from(&run.summary);
    Ok(EventType::TaskCompleted)
}

fn fail(task: &mut Task, at: Timestamp) -> Result<EventType, NotAllowed> {
    if task.failure_count >= task.max_retries {
        return give_up(task, at);
    }
    task.failure_count += 1;
    let rest = wait_after(task.failure_count);
    back_to_ready(task, TaskMove::FailAndRetry, rest, at)?;
    Ok(EventType::TaskFailed)
}

fn give_up(task: &mut Task, at: Timestamp) -> Result<EventType, NotAllowed> {
    move_effects::make(task, TaskMove::GiveUp, false, at)?;
    task.failure_count += 1;
    Ok(EventType::TaskGaveUp)
}

fn block(
    task: &mut Task,
    run: &Run,
    by: &Principal,
    at: Timestamp,
) -> Result<EventType, NotAllowed> {
    let hindrance = Hindrance {
        kind: None,
        reason: run.error.clone().or_else(|| run.summary.clone()),
    };
    let (made, event) = blocks::note(task, by, hindrance);
    move_effects::make(task, made, false, at)?;
    Ok(event)
}

/// Somebody stopped it: it is not handed out again until somebody says so.
fn stop(task: &mut Task, run: &Run, by: Principal, at: Timestamp) -> Result<EventType, NotAllowed> {
    move_effects::make(task, TaskMove::Block, false, at)?;
    task.block_kind = Some(BlockKind::NeedsInput);
    task.block_reason = Some(Text::lossy(&format!(
        "its run {} was cancelled",
        run.number
    )));
    task.blocked_by = Some(by);
    Ok(EventType::TaskBlocked)
}

/// Hands a task back that is to rest for so many seconds; longer where somebody gave it a time meanwhile.
fn back_to_ready(
    task: &mut Task,
    made: TaskMove,
    rest: i64,
    at: Timestamp,
) -> Result<(), NotAllowed> {
    move_effects::make(task, made, false, at)?;
    let given = task
        .not_before
        .filter(|_| task.status == TaskState::Scheduled);
    let rested = (rest > 0).then(|| at.plus_seconds(rest));
    task.not_before = given.max(rested);
    Ok(())
}

/// The wait after so many failures in a row, in seconds.
pub(crate) fn wait_after(failures: i64) -> i64 {
    let doublings = u32::try_from(failures - 1).unwrap_or(0).min(16);
    (FIRST_WAIT << doublings).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        assert_eq!([1, 2, 3, 20].map(wait_after), [30, 60, 120, 3600]);
    }
}
