//! Records: what a run tells its server, in order, each under a number within its run.

use model::{
    FinishRun, LogStream, NewEvent, NewLlmCall, NewLogLine, NewRun, NewStep, Outcome, RunPatch,
    StepId, StepPatch, TaskId, TaskPatch, Text, Usd,
};
use serde::{Deserialize, Serialize};

/// One thing to tell the server. Telling it twice changes nothing: every kind carries its own key
/// (the run's id, the line's number, the step's id, the call's key), and events are sent under one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// The run begins; only when the server was away at the start.
    Start(Box<NewRun>),
    /// The command printed something; every line has its number.
    Lines(Vec<NewLogLine>),
    /// Something about the run became known.
    Patch(Box<RunPatch>),
    /// Something about the task that the run works on became known.
    Task {
        /// Which task.
        task: TaskId,
        /// What changes.
        patch: Box<TaskPatch>,
    },
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
    /// Something happened.
    Event(Box<NewEvent>),
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
            Self::Task { .. } => "a change of the task".to_owned(),
            Self::Step(step) => format!("the step {}", step.name),
            Self::StepPatch { .. } => "a change of a step".to_owned(),
            Self::Call(call) => format!("a call to {}", call.model),
            Self::Event(event) => format!("the event {}", event.event_type),
            Self::Finish(_) => "the end of the run".to_owned(),
        }
    }
}

/// A whole line of the command's output, as an [`Observer`] sees it.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Where it comes from.
    pub stream: LogStream,
    /// Its bytes, without the line's end.
    pub bytes: &'a [u8],
}

/// What an [`Observer`] makes of a line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    /// What it says beyond its text; told before the line is.
    pub records: Vec<Record>,
    /// How it stands in the log; as it is when absent.
    pub log: Option<LogAs>,
}

/// How a line stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct LogAs {
    /// Where it belongs.
    pub stream: LogStream,
    /// The step that it belongs to.
    pub step: Option<StepId>,
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
    /// Nothing.
    Nothing,
}

/// What an [`Observer`] has to say when the command has ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conclusion {
    /// The last records.
    pub records: Vec<Record>,
    /// What came of the run.
    pub summary: Option<Text>,
    /// Its last line, which stands for what came of a run that nobody sums up.
    pub last_line: Option<Text>,
    /// What went wrong, in the agent's words.
    pub error: Option<Text>,
    /// What the agent itself said that it cost.
    pub reported_cost_usd: Option<Usd>,
    /// How the run went, where the agent knows better than its exit code.
    pub outcome: Option<Outcome>,
}

/// Reads the command's output for facts: steps, calls to models, the session.
pub trait Observer: Send {
    /// Whether it must see a line whole before anything of it is recorded, however long it is.
    /// Otherwise a line that is too long for one piece is recorded as it comes, and not shown to it.
    fn wants_whole_lines(&self) -> bool;

    /// Sees one line.
    fn line(&mut self, line: Line<'_>) -> Seen;

    /// Sees the end of the output, and the command's exit code.
    fn finish(&mut self, exit_code: i32) -> Conclusion;
}

/// Sees nothing: for commands whose output means nothing to us.
#[derive(Debug, Clone, Copy, Default)]
pub struct Blind;

impl Observer for Blind {
    fn wants_whole_lines(&self) -> bool {
        false
    }

    fn line(&mut self, _: Line<'_>) -> Seen {
        Seen::default()
    }

    fn finish(&mut self, _: i32) -> Conclusion {
        Conclusion::default()
    }
}
