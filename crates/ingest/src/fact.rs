//! Facts: what was learned from what an agent printed, ready to be sent.

use model::{
    LogStream, Name, NewEvent, NewLlmCall, NewStep, Outcome, RunPatch, StepPatch, Text, Usd,
};

/// One thing learned from a line. Steps are named as the agent names them (`external_id`); who sends the
/// facts gives them ids, and puts the id where a `step` or `parent` is named here.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Something about the run: its agent, its model, its session.
    Run(Box<RunPatch>),
    /// A step began.
    StepBegan {
        /// The step.
        step: Box<NewStep>,
        /// The step that it is a part of: the sub-agent's.
        parent: Option<Name>,
    },
    /// A step ended.
    StepEnded {
        /// Which.
        external_id: Name,
        /// How.
        patch: Box<StepPatch>,
    },
    /// A call to a model. The same `call_key` again reports the same call, better.
    Call {
        /// The call.
        call: Box<NewLlmCall>,
        /// The step that made it: the sub-agent's.
        step: Option<Name>,
    },
    /// Something happened.
    Event(Box<NewEvent>),
    /// How the line that was just read stands in the log. At most one per line.
    Log(LogAs),
    /// How the run ended, as far as its agent can tell.
    Ended(Box<Ended>),
}

/// How a line stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogAs {
    /// Where it belongs.
    pub stream: LogStream,
    /// The step that it belongs to, by the agent's name for it.
    pub step: Option<Name>,
    /// What people read.
    pub shown: Shown,
}

/// What people read of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// The line itself.
    AsIs,
    /// This, of one line or more.
    Text(String),
    /// Nothing: other lines say the same again, whole.
    Nothing,
}

/// How a run ended, as far as its agent can tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// How it ended, the command's exit code considered.
    pub outcome: Outcome,
    /// What came of it.
    pub summary: Option<Text>,
    /// What went wrong.
    pub error: Option<Text>,
    /// What the agent itself said that it cost.
    pub reported_cost_usd: Option<Usd>,
}

/// How a command ended that printed no other end. The code is 128 and the signal's number after a signal.
pub(crate) fn outcome_of_exit(exit_code: Option<i64>) -> Outcome {
    match exit_code {
        None | Some(0) => Outcome::Completed,
        Some(1..=127) => Outcome::Failed,
        Some(_) => Outcome::Crashed,
    }
}
