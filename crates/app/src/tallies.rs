//! Tallies: what is counted of a task as the attempts at it end, so that cards and the inbox need not look through its runs.

use model::{Outcome, Run, Task, TaskState};

/// Counts an attempt that has ended, of a task that stood here with so many failures before that.
pub(crate) fn count(task: &mut Task, (from, failures): (TaskState, i64), run: &Run) {
    let crashed = run.outcome == Some(Outcome::Crashed) && task.failure_count > failures;
    task.crash_count += i64::from(crashed);
    task.silent_runs = silent_runs(task, from, run);
    task.false_starts = in_a_row(task.false_starts, Outcome::SpawnFailed, run);
    task.refusals = in_a_row(task.refusals, Outcome::RateLimited, run);
}

/// Forgets it all: the next attempt begins anew.
pub(crate) const fn forget(task: &mut Task) {
    task.failure_count = 0;
    task.crash_count = 0;
    forget_vain(task);
}

/// Forgets the attempts that came to nothing and were no failures.
pub(crate) const fn forget_vain(task: &mut Task) {
    task.silent_runs = 0;
    task.false_starts = 0;
    task.refusals = 0;
}

/// How many workers in a row have now gone from a task without a word.
fn silent_runs(task: &Task, from: TaskState, run: &Run) -> i64 {
    match run.outcome {
        // There was nothing to say but the question.
        _ if from == TaskState::Waiting => task.silent_runs,
        _ if run.is_silent() => task.silent_runs + 1,
        Some(Outcome::Reclaimed | Outcome::Cancelled) => task.silent_runs,
        _ => 0,
    }
}

/// How many attempts in a row have now ended in this way. Those that were cut short say nothing about it.
fn in_a_row(before: i64, outcome: Outcome, run: &Run) -> i64 {
    match run.outcome {
        Some(ended) if ended == outcome => before + 1,
        Some(Outcome::Reclaimed | Outcome::Cancelled | Outcome::Interrupted) => before,
        _ => 0,
    }
}
