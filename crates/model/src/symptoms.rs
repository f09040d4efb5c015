//! Symptoms: what can be seen of a task, and the rules that read off it what is wrong. Rules, not opinions.

use crate::{
    Diagnostic, DiagnosticKind, DiagnosticSeverity, Outcome, Remedy, Run, Task, TaskId, TaskState,
    Timestamp,
};

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

impl Sightings {
    /// So many, of which no more is known than since when the task stands where it stands.
    #[must_use]
    pub const fn counted(count: i64, since: Timestamp) -> Self {
        Self {
            count,
            first: since,
            last: since,
        }
    }

    /// So many, of which these times are known.
    #[must_use]
    pub fn at(count: i64, times: impl Iterator<Item = Timestamp>, since: Timestamp) -> Self {
        times.fold(None, Self::add).map_or_else(
            || Self::counted(count, since),
            |seen: Self| Self { count, ..seen },
        )
    }

    fn add(seen: Option<Self>, at: Timestamp) -> Option<Self> {
        let seen = seen.unwrap_or_else(|| Self::counted(0, at));
        Some(Self {
            count: seen.count + 1,
            first: seen.first.min(at),
            last: seen.last.max(at),
        })
    }
}

/// What is kept around a task that tells when something was seen.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'e> {
    /// Its last runs, newest first.
    pub runs: &'e [Run],
    /// When agents last blocked it, newest first.
    pub blocks: &'e [Timestamp],
    /// Tasks that are named and not there, and when they were named.
    pub unknown: &'e [(TaskId, Timestamp)],
    /// Whether a person stopped handing out its project's work.
    pub is_held: bool,
}

/// What the rules look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Symptoms {
    /// Where the task stands.
    pub status: TaskState,
    /// Since when.
    pub since: Timestamp,
    /// Not handed out before.
    pub not_before: Option<Timestamp>,
    /// Whether a person stopped handing out its project's work.
    pub is_held: bool,
    /// Failures since the last success or retry.
    pub failures: Sightings,
    /// Those of them that were crashes.
    pub crashes: Sightings,
    /// Blocks of the same kind in a row.
    pub blocks: Sightings,
    /// Runs in a row that ended without a word.
    pub silences: Sightings,
    /// Attempts in a row that could not begin.
    pub false_starts: Sightings,
    /// Attempts in a row that the model's provider refused.
    pub refusals: Sightings,
    /// Tasks that are named and not there.
    pub unknown: Sightings,
    /// The same by their ids, where these are known.
    pub unknown_ids: Vec<TaskId>,
}

const HOUR: i64 = 3600;
/// For so long a task may be blocked, in seconds.
const BLOCKED_SECONDS: i64 = 24 * HOUR;
/// For so long a task may be ready, in seconds.
const READY_SECONDS: i64 = HOUR / 2;
/// So many failures, crashes, silences or blocks are too many.
const MANY: i64 = 2;
/// So many attempts that were nobody's failure are too many: two workers may each have had a bad moment.
const SEVERAL: i64 = 3;

impl Symptoms {
    /// Of a task with what is kept around it.
    #[must_use]
    pub fn of(task: &Task, evidence: Evidence<'_>) -> Self {
        let since = task.status_since;
        let own = || {
            let runs = evidence.runs.iter();
            runs.filter(|run| run.parent_run_id.is_none())
        };
        let ends = |runs: &mut dyn Iterator<Item = &Run>, count: i64| {
            let last = runs.filter_map(|run| run.ended_at);
            Sightings::at(count, last.take(amount(count)), since)
        };
        let ended = |outcome: Outcome, count: i64| {
            let mut runs = own().filter(|run| run.outcome == Some(outcome));
            ends(&mut runs, count)
        };
        let mut ids: Vec<_> = evidence.unknown.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        let named = evidence.unknown.iter().map(|(_, at)| *at);
        Self {
            status: task.status,
            since,
            not_before: task.not_before,
            is_held: evidence.is_held,
            failures: ends(
                &mut own().filter(|run| run.has_failed()),
                task.failure_count,
            ),
            crashes: ended(Outcome::Crashed, task.crash_count),
            blocks: Sightings::at(
                task.block_recurrences,
                evidence
                    .blocks
                    .iter()
                    .copied()
                    .take(amount(task.block_recurrences)),
                since,
            ),
            silences: ends(&mut own().filter(|run| run.is_silent()), task.silent_runs),
            false_starts: ended(Outcome::SpawnFailed, task.false_starts),
            refusals: ended(Outcome::RateLimited, task.refusals),
            unknown: Sightings::at(i64::try_from(ids.len()).unwrap_or(i64::MAX), named, since),
            unknown_ids: ids,
        }
    }

    /// What is wrong at a moment, the worst first.
    #[must_use]
    pub fn diagnose(&self, now: Timestamp) -> Vec<Diagnostic> {
        // An attempt came to something: what went wrong before is past.
        let is_past = matches!(
            self.status,
            TaskState::Review | TaskState::Done | TaskState::Archived
        );
        if is_past {
            return self.unknown_references().into_iter().collect();
        }
        let found = [
            self.repeated_failures(),
            self.repeated_crashes(),
            self.silent_exit(),
            self.cannot_begin(),
            self.provider_refuses(),
            self.block_cycling(),
            self.stuck_in_blocked(now),
            self.stranded_in_ready(now),
            self.unknown_references(),
        ];
        let mut found: Vec<_> = found.into_iter().flatten().collect();
        for one in &mut found {
            one.actions.retain(|remedy| remedy.is_possible(self.status));
        }
        found.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
        found
    }

    fn repeated_failures(&self) -> Option<Diagnostic> {
        let gave_up = self.status == TaskState::Failed;
        let count = self.failures.count;
        // Where all of them were crashes, that says more.
        let is_plain = count >= MANY && self.crashes.count < count;
        let (severity, message) = match gave_up {
            true => (
                DiagnosticSeverity::Critical,
                format!("given up after {}", times(count, "failure")),
            ),
            false => (
                DiagnosticSeverity::Error,
                format!("failed {count} times in a row"),
            ),
        };
        (gave_up || is_plain).then(|| Diagnostic {
            severity,
            ..found(
                DiagnosticKind::RepeatedFailures,
                message,
                self.failures,
                &[
                    Remedy::OpenLog,
                    Remedy::Retry,
                    Remedy::Reassign,
                    Remedy::Reclaim,
                ],
            )
        })
    }

    fn repeated_crashes(&self) -> Option<Diagnostic> {
        let count = self.crashes.count;
        (count >= MANY).then(|| Diagnostic {
            severity: DiagnosticSeverity::Error,
            ..found(
                DiagnosticKind::RepeatedCrashes,
                format!("crashed {count} times"),
                self.crashes,
                &[Remedy::OpenLog, Remedy::Reassign, Remedy::Reclaim],
            )
        })
    }

    fn silent_exit(&self) -> Option<Diagnostic> {
        let count = self.silences.count;
        let (severity, message) = match count {
            ..=0 => return None,
            1 => (
                DiagnosticSeverity::Warning,
                "its last worker went without a word".to_owned(),
            ),
            more => (
                DiagnosticSeverity::Error,
                format!("{more} workers in a row went without a word"),
            ),
        };
        Some(Diagnostic {
            severity,
            ..found(
                DiagnosticKind::SilentExit,
                message,
                self.silences,
                &[Remedy::OpenLog, Remedy::Reassign, Remedy::Reclaim],
            )
        })
    }

    fn cannot_begin(&self) -> Option<Diagnostic> {
        let count = self.false_starts.count;
        (count >= SEVERAL).then(|| Diagnostic {
            severity: DiagnosticSeverity::Error,
            ..found(
                DiagnosticKind::CannotBegin,
                format!("{count} attempts in a row could not begin"),
                self.false_starts,
                &[Remedy::Edit, Remedy::StartWorker, Remedy::Reassign],
            )
        })
    }

    fn provider_refuses(&self) -> Option<Diagnostic> {
        let count = self.refusals.count;
        (count >= SEVERAL).then(|| Diagnostic {
            severity: DiagnosticSeverity::Error,
            ..found(
                DiagnosticKind::ProviderRefuses,
                format!("its model's provider refused {count} attempts in a row"),
                self.refusals,
                &[Remedy::OpenLog, Remedy::Reassign],
            )
        })
    }

    fn block_cycling(&self) -> Option<Diagnostic> {
        let count = self.blocks.count;
        (count >= MANY).then(|| Diagnostic {
            severity: match self.status {
                TaskState::Triage => DiagnosticSeverity::Error,
                _ => DiagnosticSeverity::Warning,
            },
            ..found(
                DiagnosticKind::BlockCycling,
                format!("blocked {count} times in a row for the same"),
                self.blocks,
                &[Remedy::Edit, Remedy::Comment, Remedy::Reassign],
            )
        })
    }

    fn stuck_in_blocked(&self, now: Timestamp) -> Option<Diagnostic> {
        let seconds = now.millis_since(self.since) / 1000;
        let is_stuck = self.status == TaskState::Blocked && seconds >= BLOCKED_SECONDS;
        is_stuck.then(|| {
            found(
                DiagnosticKind::StuckInBlocked,
                format!("blocked for {} hours", seconds / HOUR),
                lasting(self.since, now),
                &[Remedy::Unblock, Remedy::Comment],
            )
        })
    }

    fn stranded_in_ready(&self, now: Timestamp) -> Option<Diagnostic> {
        let since = self.takeable_since();
        let seconds = now.millis_since(since) / 1000;
        let severity = match seconds / READY_SECONDS {
            ..=0 => return None,
            1 => DiagnosticSeverity::Warning,
            2..=5 => DiagnosticSeverity::Error,
            _ => DiagnosticSeverity::Critical,
        };
        // Who stopped handing it out knows why nobody takes it.
        let is_stranded = self.status == TaskState::Ready && !self.is_held;
        is_stranded.then(|| Diagnostic {
            severity,
            ..found(
                DiagnosticKind::StrandedInReady,
                format!("ready for {} minutes, and nobody took it", seconds / 60),
                lasting(since, now),
                &[Remedy::StartWorker, Remedy::Reassign],
            )
        })
    }

    /// Since when it might have been taken, where it is ready.
    #[must_use]
    pub fn takeable_since(&self) -> Timestamp {
        self.not_before
            .map_or(self.since, |due| due.max(self.since))
    }

    fn unknown_references(&self) -> Option<Diagnostic> {
        let named: Vec<_> = self.unknown_ids.iter().map(ToString::to_string).collect();
        let which = match named.as_slice() {
            [] => String::new(),
            named => format!(": {}", named.join(", ")),
        };
        let count = self.unknown.count;
        (count > 0).then(|| {
            found(
                DiagnosticKind::UnknownReferences,
                format!("names {} not there{which}", tasks_that_are(count)),
                self.unknown,
                &[Remedy::Comment, Remedy::Edit],
            )
        })
    }
}

fn found(kind: DiagnosticKind, message: String, seen: Sightings, actions: &[Remedy]) -> Diagnostic {
    Diagnostic {
        kind,
        severity: DiagnosticSeverity::Warning,
        message,
        count: seen.count,
        first_seen: seen.first,
        last_seen: seen.last,
        actions: actions.to_vec(),
    }
}

fn lasting(since: Timestamp, now: Timestamp) -> Sightings {
    Sightings {
        count: 1,
        first: since,
        last: now,
    }
}

fn times(count: i64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        more => format!("{more} {what}s"),
    }
}

fn tasks_that_are(count: i64) -> String {
    match count {
        1 => "a task that is".to_owned(),
        more => format!("{more} tasks that are"),
    }
}

fn amount(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}

#[cfg(test)]
#[path = "symptoms_tests.rs"]
mod tests;
