//! Diagnostics: what is wrong with a task, read off the task and its runs, with what would help. Rules, not opinions.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{Outcome, Run, RunState, Task, TaskId, TaskState, Timestamp};

words! {
    /// What is wrong with a task.
    DiagnosticKind ("kind of diagnostic") {
        /// It failed again and again.
        RepeatedFailures = "repeated_failures",
        /// Its workers crashed again and again.
        RepeatedCrashes = "repeated_crashes",
        /// It was blocked in the same way again and again.
        BlockCycling = "block_cycling",
        /// It has been blocked for long.
        StuckInBlocked = "stuck_in_blocked",
        /// It may be taken, and nobody takes it.
        StrandedInReady = "stranded_in_ready",
        /// Its workers went without a word.
        SilentExit = "silent_exit",
        /// What was said about it names tasks that are not there.
        UnknownReferences = "unknown_references",
    }
}

words! {
    /// How bad something is.
    DiagnosticSeverity ("severity of a diagnostic") {
        /// Worth a look.
        Warning = "warning",
        /// Somebody should do something.
        Error = "error",
        /// Nothing goes on before somebody does.
        Critical = "critical",
    }
}

words! {
    /// What may help.
    Remedy ("remedy") {
        /// Try it again.
        Retry = "retry",
        /// Give it to another agent profile.
        Reassign = "reassign",
        /// Say that nothing stands in the way.
        Unblock = "unblock",
        /// Say something about it.
        Comment = "comment",
        /// Read what its last run printed.
        OpenLog = "open_log",
        /// Change what is asked for.
        Edit = "edit",
        /// Start a worker that may take it.
        StartWorker = "start_worker",
        /// Answer what was asked.
        Answer = "answer",
        /// Say that the result is good.
        Approve = "approve",
        /// Say what is to be changed.
        RequestChanges = "request_changes",
        /// Take it back from its worker.
        Reclaim = "reclaim",
    }
}

/// Something that is wrong with a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Diagnostic {
    /// What is wrong.
    pub kind: DiagnosticKind,
    /// How bad it is.
    pub severity: DiagnosticSeverity,
    /// What is wrong, for people.
    pub message: String,
    /// How often it was seen.
    pub count: i64,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// What may help, the best first.
    pub actions: Vec<Remedy>,
}

/// What is wrong with a task, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DiagnosticSummary {
    /// How bad the worst of it is.
    pub severity: DiagnosticSeverity,
    /// How much there is.
    pub count: i64,
}

impl DiagnosticSummary {
    /// Of all that is wrong; `None` where nothing is.
    #[must_use]
    pub fn of(found: &[Diagnostic]) -> Option<Self> {
        let severity = found.iter().map(|one| one.severity).max()?;
        Some(Self {
            severity,
            count: i64::try_from(found.len()).unwrap_or(i64::MAX),
        })
    }
}

/// How often something was seen, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sightings {
    /// How often.
    pub count: i64,
    /// When first.
    pub first: Timestamp,
    /// When last.
    pub last: Timestamp,
}

/// What the rules look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Symptoms {
    /// Where the task stands.
    pub status: TaskState,
    /// Since when, at most.
    pub since: Timestamp,
    /// Not handed out before.
    pub not_before: Option<Timestamp>,
    /// Failures since the last success or retry.
    pub failures: i64,
    /// Blocks of the same kind in a row.
    pub blocks: i64,
    /// Runs that crashed, among the last ones.
    pub crashes: Sightings,
    /// Runs that ended without a word, among the last ones.
    pub silences: Sightings,
    /// Tasks that are named and not there.
    pub unknown: Vec<TaskId>,
}

const HOUR: i64 = 3600;
/// For so long a task may be blocked, in seconds.
const BLOCKED_SECONDS: i64 = 24 * HOUR;
/// For so long a task may be ready, in seconds.
const READY_SECONDS: i64 = HOUR / 2;
/// So many failures, crashes or blocks are too many.
const MANY: i64 = 2;

impl Symptoms {
    /// Of a task with its last runs and with what is named and not there.
    #[must_use]
    pub fn of(task: &Task, runs: &[Run], unknown: Vec<TaskId>) -> Self {
        let own = || runs.iter().filter(|run| run.parent_run_id.is_none());
        let is_silent = |run: &&Run| {
            matches!(run.state, RunState::Failed | RunState::Interrupted)
                && run.summary.is_none()
                && run.error.is_none()
        };
        let is_crash = |run: &&Run| run.outcome == Some(Outcome::Crashed);
        Self {
            status: task.status,
            since: task.updated_at,
            not_before: task.not_before,
            failures: task.failure_count,
            blocks: task.block_recurrences,
            crashes: sightings(own().filter(is_crash), task.updated_at),
            silences: sightings(own().filter(is_silent), task.updated_at),
            unknown,
        }
    }

    /// What is wrong at a moment, the worst first.
    #[must_use]
    pub fn diagnose(&self, now: Timestamp) -> Vec<Diagnostic> {
        if matches!(self.status, TaskState::Done | TaskState::Archived) {
            return self.unknown_references().into_iter().collect();
        }
        let found = [
            self.repeated_failures(),
            self.repeated_crashes(),
            self.block_cycling(),
            self.stuck_in_blocked(now),
            self.stranded_in_ready(now),
            self.silent_exit(),
            self.unknown_references(),
        ];
        let mut found: Vec<_> = found.into_iter().flatten().collect();
        found.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
        found
    }

    fn repeated_failures(&self) -> Option<Diagnostic> {
        let gave_up = self.status == TaskState::Failed;
        let (severity, message) = match gave_up {
            true => (
                DiagnosticSeverity::Critical,
                match self.failures {
                    1 => "given up after 1 failure".to_owned(),
                    more => format!("given up after {more} failures"),
                },
            ),
            false => (
                DiagnosticSeverity::Error,
                format!("failed {} times in a row", self.failures),
            ),
        };
        (gave_up || self.failures >= MANY).then(|| Diagnostic {
            kind: DiagnosticKind::RepeatedFailures,
            severity,
            message,
            count: self.failures,
            first_seen: self.since,
            last_seen: self.since,
            actions: vec![Remedy::OpenLog, Remedy::Retry, Remedy::Reassign],
        })
    }

    fn repeated_crashes(&self) -> Option<Diagnostic> {
        let Sightings { count, first, last } = self.crashes;
        (count >= MANY).then(|| Diagnostic {
            kind: DiagnosticKind::RepeatedCrashes,
            severity: DiagnosticSeverity::Error,
            message: format!("{count} of its last runs crashed"),
            count,
            first_seen: first,
            last_seen: last,
            actions: vec![Remedy::OpenLog, Remedy::Reassign],
        })
    }

    fn block_cycling(&self) -> Option<Diagnostic> {
        (self.blocks >= MANY).then(|| Diagnostic {
            kind: DiagnosticKind::BlockCycling,
            severity: match self.status {
                TaskState::Triage => DiagnosticSeverity::Error,
                _ => DiagnosticSeverity::Warning,
            },
            message: format!("blocked {} times in a row for the same", self.blocks),
            count: self.blocks,
            first_seen: self.since,
            last_seen: self.since,
            actions: vec![Remedy::Edit, Remedy::Comment, Remedy::Reassign],
        })
    }

    fn stuck_in_blocked(&self, now: Timestamp) -> Option<Diagnostic> {
        let seconds = now.millis_since(self.since) / 1000;
        let stuck = self.status == TaskState::Blocked && seconds >= BLOCKED_SECONDS;
        stuck.then(|| Diagnostic {
            kind: DiagnosticKind::StuckInBlocked,
            severity: DiagnosticSeverity::Warning,
            message: format!("blocked for {} hours", seconds / HOUR),
            count: 1,
            first_seen: self.since,
            last_seen: now,
            actions: vec![Remedy::Unblock, Remedy::Comment],
        })
    }

    fn stranded_in_ready(&self, now: Timestamp) -> Option<Diagnostic> {
        let since = self
            .not_before
            .map_or(self.since, |due| due.max(self.since));
        let seconds = now.millis_since(since) / 1000;
        let severity = match seconds / READY_SECONDS {
            ..=0 => return None,
            1 => DiagnosticSeverity::Warning,
            2..=5 => DiagnosticSeverity::Error,
            _ => DiagnosticSeverity::Critical,
        };
        (self.status == TaskState::Ready).then(|| Diagnostic {
            kind: DiagnosticKind::StrandedInReady,
            severity,
            message: format!("ready for {} minutes, and nobody took it", seconds / 60),
            count: 1,
            first_seen: since,
            last_seen: now,
            actions: vec![Remedy::StartWorker, Remedy::Reassign],
        })
    }

    fn silent_exit(&self) -> Option<Diagnostic> {
        let Sightings { count, first, last } = self.silences;
        (count > 0).then(|| Diagnostic {
            kind: DiagnosticKind::SilentExit,
            severity: DiagnosticSeverity::Warning,
            message: format!("{count} of its last runs ended without a word"),
            count,
            first_seen: first,
            last_seen: last,
            actions: vec![Remedy::OpenLog, Remedy::Reassign],
        })
    }

    fn unknown_references(&self) -> Option<Diagnostic> {
        let named: Vec<_> = self.unknown.iter().map(ToString::to_string).collect();
        (!named.is_empty()).then(|| Diagnostic {
            kind: DiagnosticKind::UnknownReferences,
            severity: DiagnosticSeverity::Warning,
            message: format!("names tasks that are not there: {}", named.join(", ")),
            count: i64::try_from(named.len()).unwrap_or(i64::MAX),
            first_seen: self.since,
            last_seen: self.since,
            actions: vec![Remedy::Comment, Remedy::Edit],
        })
    }
}

fn sightings<'r>(runs: impl Iterator<Item = &'r Run>, otherwise: Timestamp) -> Sightings {
    let ends: Vec<_> = runs.map(|run| run.ended_at.unwrap_or(otherwise)).collect();
    Sightings {
        count: i64::try_from(ends.len()).unwrap_or(i64::MAX),
        first: ends.iter().min().copied().unwrap_or(otherwise),
        last: ends.iter().max().copied().unwrap_or(otherwise),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn well(status: TaskState) -> Symptoms {
        let none = Sightings {
            count: 0,
            first: at(0),
            last: at(0),
        };
        Symptoms {
            status,
            since: at(0),
            not_before: None,
            failures: 0,
            blocks: 0,
            crashes: none,
            silences: none,
            unknown: Vec::new(),
        }
    }

    fn found(symptoms: &Symptoms, seconds: i64) -> Vec<(DiagnosticKind, DiagnosticSeverity)> {
        let diagnostics = symptoms.diagnose(at(seconds)).into_iter();
        diagnostics.map(|one| (one.kind, one.severity)).collect()
    }

    #[test]
    fn a_task_that_is_well_has_nothing() {
        for state in TaskState::ALL
            .iter()
            .filter(|state| **state != TaskState::Failed)
        {
            assert_eq!(found(&well(*state), 60), [], "{state}");
        }
    }

    #[test]
    fn time_makes_it_worse() {
        use DiagnosticKind::{StrandedInReady, StuckInBlocked};
        use DiagnosticSeverity::{Critical, Error, Warning};
        for (minutes, severity) in [(30, Warning), (60, Error), (180, Critical)] {
            let ready = found(&well(TaskState::Ready), minutes * 60);
            assert_eq!(ready, [(StrandedInReady, severity)]);
        }
        let later = Symptoms {
            not_before: Some(at(HOUR)),
            ..well(TaskState::Ready)
        };
        assert_eq!(found(&later, HOUR), []);
        let blocked = found(&well(TaskState::Blocked), 24 * HOUR);
        assert_eq!(blocked, [(StuckInBlocked, Warning)]);
    }

    #[test]
    fn the_worst_comes_first() {
        let seen = Sightings {
            count: 2,
            first: at(1),
            last: at(2),
        };
        let ill = Symptoms {
            failures: 3,
            blocks: 2,
            crashes: seen,
            silences: seen,
            unknown: vec![TaskId::new()],
            ..well(TaskState::Failed)
        };
        let kinds: Vec<_> = found(&ill, 60).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds[0], DiagnosticKind::RepeatedFailures);
        assert_eq!(kinds[1], DiagnosticKind::RepeatedCrashes);
        assert_eq!(kinds.len(), 5);
    }

    #[test]
    fn what_is_done_is_past_all_but_its_references() {
        let past = Symptoms {
            failures: 3,
            unknown: vec![TaskId::new()],
            ..well(TaskState::Done)
        };
        let expected = (
            DiagnosticKind::UnknownReferences,
            DiagnosticSeverity::Warning,
        );
        assert_eq!(found(&past, 60), [expected]);
    }
}
