//! What the end of a command means for its run.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use model::Outcome;
use nix::sys::signal::Signal;

use crate::process::{Reason, exit_code};

/// How the run went. The agent's own word counts only where the command ended by itself.
pub(crate) fn outcome(
    status: ExitStatus,
    reason: Option<Reason>,
    agent: Option<Outcome>,
) -> Outcome {
    match reason {
        Some(Reason::Cancelled) => Outcome::Cancelled,
        Some(Reason::Abandoned) => Outcome::Reclaimed,
        Some(Reason::TimedOut) => Outcome::TimedOut,
        Some(Reason::Signalled(signal)) if !status.success() => by_person_or_machine(signal),
        // The run has ended as the command said; this one is not told to anybody.
        Some(Reason::Over | Reason::Signalled(_)) | None => by_itself(status, agent),
    }
}

/// Why it did not go well, in one line; `None` when it did.
pub(crate) fn explain(status: ExitStatus, reason: Option<Reason>) -> Option<String> {
    match reason {
        Some(Reason::Cancelled) => Some("cancelled".to_owned()),
        Some(Reason::Abandoned) => Some("the run was given to another worker".to_owned()),
        Some(Reason::TimedOut) => Some("it took longer than allowed".to_owned()),
        Some(Reason::Signalled(signal)) if is_killed(status) => {
            Some(format!("it did not heed {signal}: ended by SIGKILL"))
        }
        Some(Reason::Signalled(signal)) if !status.success() => Some(format!("ended by {signal}")),
        Some(Reason::Over) => Some("it went on for too long after the end of its run".to_owned()),
        Some(Reason::Signalled(_)) | None => describe(status),
    }
}

fn is_killed(status: ExitStatus) -> bool {
    status.signal() == Some(Signal::SIGKILL as i32)
}

fn describe(status: ExitStatus) -> Option<String> {
    if status.success() {
        return None;
    }
    match status.signal().map(Signal::try_from) {
        Some(Ok(signal)) => Some(format!("ended by {signal}")),
        _ => Some(format!("exit code {}", exit_code(status))),
    }
}

fn by_itself(status: ExitStatus, agent: Option<Outcome>) -> Outcome {
    match status.signal() {
        // Ctrl-C, while the command had the terminal to itself.
        Some(signal) if signal == Signal::SIGINT as i32 => Outcome::Cancelled,
        Some(_) => Outcome::Crashed,
        None if status.success() => agent.unwrap_or(Outcome::Completed),
        None => agent.unwrap_or(Outcome::Failed),
    }
}

fn by_person_or_machine(signal: Signal) -> Outcome {
    match signal {
        Signal::SIGINT | Signal::SIGQUIT => Outcome::Cancelled,
        _ => Outcome::Interrupted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: i32, reason: Option<Reason>, expected: Outcome, why: Option<&str>) {
        let status = ExitStatus::from_raw(raw);
        assert_eq!(outcome(status, reason, None), expected);
        assert_eq!(explain(status, reason).as_deref(), why);
    }

    #[test]
    fn the_end_says_how_it_went() {
        check(0, None, Outcome::Completed, None);
        check(3 << 8, None, Outcome::Failed, Some("exit code 3"));
        check(11, None, Outcome::Crashed, Some("ended by SIGSEGV"));
        check(2, None, Outcome::Cancelled, Some("ended by SIGINT"));
        check(
            15,
            Some(Reason::Cancelled),
            Outcome::Cancelled,
            Some("cancelled"),
        );
        let timed_out = Some("it took longer than allowed");
        check(9, Some(Reason::TimedOut), Outcome::TimedOut, timed_out);
    }

    #[test]
    fn a_signal_to_us_counts_unless_the_command_took_it_well() {
        let reason = |signal| Some(Reason::Signalled(signal));
        check(
            130 << 8,
            reason(Signal::SIGINT),
            Outcome::Cancelled,
            Some("ended by SIGINT"),
        );
        check(
            15,
            reason(Signal::SIGTERM),
            Outcome::Interrupted,
            Some("ended by SIGTERM"),
        );
        check(0, reason(Signal::SIGTERM), Outcome::Completed, None);
        let stubborn = Some("it did not heed SIGTERM: ended by SIGKILL");
        let outcome = Outcome::Interrupted;
        check(9, reason(Signal::SIGTERM), outcome, stubborn);
    }

    #[test]
    fn the_agents_word_counts_when_it_ended_by_itself() {
        let agent = Some(Outcome::RateLimited);
        assert_eq!(
            outcome(ExitStatus::from_raw(1 << 8), None, agent),
            Outcome::RateLimited
        );
        let cancelled = Some(Reason::Cancelled);
        assert_eq!(
            outcome(ExitStatus::from_raw(15), cancelled, agent),
            Outcome::Cancelled
        );
    }
}
