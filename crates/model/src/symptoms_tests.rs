//! What is wrong with tasks, rule by rule.

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn seen(count: i64, first: i64, last: i64) -> Sightings {
    Sightings {
        count,
        first: at(first),
        last: at(last),
    }
}

fn well(status: TaskState) -> Symptoms {
    let none = seen(0, 0, 0);
    Symptoms {
        status,
        since: at(0),
        not_before: None,
        is_held: false,
        failures: none,
        crashes: none,
        blocks: none,
        silences: none,
        false_starts: none,
        refusals: none,
        unknown: none,
        unknown_ids: Vec::new(),
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
fn nothing_is_stranded_that_a_person_holds_back() {
    let held = Symptoms {
        is_held: true,
        ..well(TaskState::Ready)
    };
    assert_eq!(found(&held, 4 * HOUR), []);
}

#[test]
fn the_worst_comes_first() {
    let ill = Symptoms {
        failures: seen(3, 1, 3),
        crashes: seen(2, 1, 2),
        blocks: seen(2, 1, 2),
        silences: seen(1, 1, 1),
        unknown: seen(1, 1, 1),
        unknown_ids: vec![TaskId::new()],
        ..well(TaskState::Failed)
    };
    let kinds: Vec<_> = found(&ill, 60).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds[0], DiagnosticKind::RepeatedFailures);
    assert_eq!(kinds[1], DiagnosticKind::RepeatedCrashes);
    assert_eq!(kinds.len(), 5);
}

#[test]
fn a_crash_is_told_of_once() {
    let crashed = Symptoms {
        failures: seen(2, 1, 2),
        crashes: seen(2, 1, 2),
        ..well(TaskState::Ready)
    };
    let expected = (DiagnosticKind::RepeatedCrashes, DiagnosticSeverity::Error);
    assert_eq!(found(&crashed, 60), [expected]);
}

#[test]
fn workers_that_vanish_again_and_again_are_an_error() {
    use DiagnosticSeverity::{Error, Warning};
    for (count, severity) in [(1, Warning), (2, Error), (7, Error)] {
        let deserted = Symptoms {
            silences: seen(count, 1, 9),
            ..well(TaskState::Ready)
        };
        let [told] = deserted
            .diagnose(at(60))
            .try_into()
            .expect("one thing is wrong");
        assert_eq!((told.severity, told.count), (severity, count));
        assert_eq!((told.first_seen, told.last_seen), (at(1), at(9)));
    }
}

#[test]
fn attempts_that_are_nobodys_failure_are_told_of_from_the_third_on() {
    use DiagnosticKind::{CannotBegin, ProviderRefuses};
    for (count, expected) in [(2, false), (3, true), (9, true)] {
        let vain = Symptoms {
            false_starts: seen(count, 1, 9),
            refusals: seen(count, 1, 9),
            ..well(TaskState::Ready)
        };
        let both = [CannotBegin, ProviderRefuses].map(|kind| (kind, DiagnosticSeverity::Error));
        let both = both.into_iter().filter(|_| expected).collect::<Vec<_>>();
        assert_eq!(found(&vain, 60), both, "{count}");
    }
}

#[test]
fn what_came_to_something_is_past_all_but_its_references() {
    for status in [TaskState::Review, TaskState::Done] {
        let past = Symptoms {
            failures: seen(3, 1, 3),
            silences: seen(3, 1, 3),
            unknown: seen(1, 1, 1),
            ..well(status)
        };
        let expected = (
            DiagnosticKind::UnknownReferences,
            DiagnosticSeverity::Warning,
        );
        assert_eq!(found(&past, 60), [expected], "{status}");
    }
}

#[test]
fn what_helps_may_be_done() {
    for status in TaskState::ALL {
        let ill = Symptoms {
            failures: seen(3, 1, 3),
            crashes: seen(2, 1, 2),
            blocks: seen(2, 1, 2),
            silences: seen(2, 1, 2),
            false_starts: seen(3, 1, 2),
            refusals: seen(3, 1, 2),
            unknown: seen(1, 1, 1),
            ..well(*status)
        };
        for told in ill.diagnose(at(25 * HOUR)) {
            assert!(!told.actions.is_empty(), "{status}: {told:?}");
            let retries = told.actions.contains(&Remedy::Retry);
            let may_retry = matches!(status, TaskState::Failed | TaskState::Blocked);
            assert!(!retries || may_retry, "{status}: {told:?}");
            let reassigns = told.actions.contains(&Remedy::Reassign);
            assert!(!reassigns || !status.has_worker(), "{status}: {told:?}");
        }
    }
}
