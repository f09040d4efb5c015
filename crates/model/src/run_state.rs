//! Where a run stands, how it ended, and which moves lead there.

use crate::moves::NotAllowed;
use crate::words::words;

words! {
    /// Where a run stands.
    RunState ("run state") {
        /// Announced, not begun.
        Pending = "pending",
        /// At work.
        Running = "running",
        /// Waits for an answer.
        Waiting = "waiting",
        /// Set aside, to go on later.
        Parked = "parked",
        /// Went well.
        Succeeded = "succeeded",
        /// Went wrong.
        Failed = "failed",
        /// Stopped because somebody asked for it.
        Cancelled = "cancelled",
        /// Stopped by circumstances.
        Interrupted = "interrupted",
    }
}

words! {
    /// How a run ended.
    Outcome ("outcome") {
        /// It did what it was to do.
        Completed = "completed",
        /// It ended by itself, with a failure.
        Failed = "failed",
        /// It met something that stands in the way.
        Blocked = "blocked",
        /// It ended by a signal or without a word.
        Crashed = "crashed",
        /// It took longer than allowed.
        TimedOut = "timed_out",
        /// It could not be started.
        SpawnFailed = "spawn_failed",
        /// It failed once too often.
        GaveUp = "gave_up",
        /// The model's provider refused for now.
        RateLimited = "rate_limited",
        /// Somebody asked for its end.
        Cancelled = "cancelled",
        /// Its lease ran out, or a person took the task back.
        Reclaimed = "reclaimed",
        /// Its worker went away.
        Interrupted = "interrupted",
    }
}

impl Outcome {
    /// The state in which a run with this outcome ends.
    #[must_use]
    pub const fn state(self) -> RunState {
        match self {
            Self::Completed => RunState::Succeeded,
            Self::Failed
            | Self::Blocked
            | Self::Crashed
            | Self::TimedOut
            | Self::SpawnFailed
            | Self::GaveUp
            | Self::RateLimited => RunState::Failed,
            Self::Cancelled => RunState::Cancelled,
            Self::Reclaimed | Self::Interrupted => RunState::Interrupted,
        }
    }
}

impl RunState {
    /// Whether it is over.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Interrupted
        )
    }

    /// The state once somebody has said how it went.
    pub const fn finish(self, outcome: Outcome) -> Result<Self, NotAllowed> {
        match self {
            Self::Pending | Self::Running | Self::Waiting | Self::Parked => Ok(outcome.state()),
            // A worker that lost its lease may still report; that must not revive the run.
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Interrupted => {
                Err(NotAllowed::new("finish", "run", self.as_str()))
            }
        }
    }

    /// The state that its worker reports while it is open.
    pub const fn report(self, new: Self) -> Result<Self, NotAllowed> {
        if self.has_ended() {
            return Err(NotAllowed::new("move", "run", self.as_str()));
        }
        if new.has_ended() {
            return Err(NotAllowed::new("end", "run", self.as_str()).with_hint("finish it instead"));
        }
        Ok(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_ends_a_run() {
        for outcome in Outcome::ALL {
            assert!(outcome.state().has_ended(), "{outcome}");
            assert_eq!(RunState::Running.finish(*outcome), Ok(outcome.state()));
        }
    }

    #[test]
    fn an_ended_run_stays_ended() {
        for state in RunState::ALL.iter().filter(|state| state.has_ended()) {
            assert!(state.finish(Outcome::Completed).is_err(), "{state}");
            assert!(state.report(RunState::Running).is_err(), "{state}");
        }
    }

    #[test]
    fn an_end_is_finished_not_reported() {
        let refused = RunState::Running.report(RunState::Succeeded).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "cannot end a run that is running: finish it instead"
        );
    }
}
