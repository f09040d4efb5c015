//! Records: what a run tells its server, in order, each under a number within its run.

use model::{
    FinishRun, LogStream, NewLlmCall, NewLogLine, NewRun, NewStep, RunPatch, StepId, StepPatch,
    Timestamp,
};
use serde::{Deserialize, Serialize};

/// One thing to tell the server. Telling it twice changes nothing: every kind carries its own key
/// (the run's id, the first line's number, the step's id, the call's key).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// The run begins; only when the server was away at the start.
    Start(Box<NewRun>),
    /// The command printed something; every line has its number.
    Lines(Vec<NewLogLine>),
    /// Something about the run became known.
    Patch(Box<RunPatch>),
    /// A step begins.
    Step(Box<NewStep>),
    /// A step goes on or ends.
    StepPatch {
        /// Which step.
        step: StepId,
        /// What changes.
        patch: StepPatch,
    },
    /// A model was called.
    Call(Box<NewLlmCall>),
    /// The run ended.
    Finish(Box<FinishRun>),
}

impl Record {
    /// What it is, for a message to a person.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Start(_) => "the start of the run".to_owned(),
            Self::Lines(lines) => format!("{} log lines", lines.len()),
            Self::Patch(_) => "a change of the run".to_owned(),
            Self::Step(step) => format!("the step {}", step.name),
            Self::StepPatch { .. } => "a change of a step".to_owned(),
            Self::Call(call) => format!("a call to {}", call.model),
            Self::Finish(_) => "the end of the run".to_owned(),
        }
    }
}

/// A whole line of the command's output, as an [`Observer`] sees it.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The number of its first piece.
    pub first: i64,
    /// The number of its last piece; the same as `first` unless it was too long for one.
    pub last: i64,
    /// Where it comes from.
    pub stream: LogStream,
    /// When it ended.
    pub at: Timestamp,
    /// Its bytes, without the line's end.
    pub bytes: &'a [u8],
}

/// What an [`Observer`] has to say when the command has ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conclusion {
    /// The last records.
    pub records: Vec<Record>,
    /// What came of the run.
    pub summary: Option<model::Text>,
    /// What went wrong, in the agent's words.
    pub error: Option<model::Text>,
    /// What the agent itself said that it cost.
    pub reported_cost_usd: Option<model::Usd>,
    /// How the run went, where the agent knows better than its exit code.
    pub outcome: Option<model::Outcome>,
}

/// Reads the command's output for facts: steps, calls to models, the session.
pub trait Observer: Send {
    /// Sees one line; answers what it says beyond its text.
    fn line(&mut self, line: Line<'_>) -> Vec<Record>;

    /// Sees the end of the output.
    fn finish(&mut self) -> Conclusion;
}

/// Sees nothing: for commands whose output means nothing to us.
#[derive(Debug, Clone, Copy, Default)]
pub struct Blind;

impl Observer for Blind {
    fn line(&mut self, _: Line<'_>) -> Vec<Record> {
        Vec::new()
    }

    fn finish(&mut self) -> Conclusion {
        Conclusion::default()
    }
}
