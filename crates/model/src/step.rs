//! Steps: named parts of a run.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{Name, RunId, StepId, Text, Timestamp, Title, patch};

words! {
    /// What carries a step out.
    StepType ("step type") {
        /// A model.
        Agent = "agent",
        /// A tool that a model called.
        Tool = "tool",
        /// A program.
        Script = "script",
        /// Another workflow.
        Workflow = "workflow",
        /// A person.
        Human = "human",
    }
}

words! {
    /// Where a step stands.
    StepState ("step state") {
        /// At work.
        Running = "running",
        /// Went well.
        Succeeded = "succeeded",
        /// Went wrong.
        Failed = "failed",
        /// Ended with the run before it was done.
        Cancelled = "cancelled",
    }
}

/// A named part of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// The run that it is a part of.
    pub run_id: RunId,
    /// The step that it is a part of, such as the sub-agent's.
    pub parent_step_id: Option<StepId>,
    /// Its place among the run's steps, from 1.
    pub sequence: i64,
    /// What carries it out.
    pub step_type: StepType,
    /// Its name, such as the tool's.
    pub name: Name,
    /// What it does, in one line, such as the command.
    pub title: Option<Title>,
    /// Its name at the agent, such as the tool call's id; unique within the run.
    pub external_id: Option<Name>,
    /// Where it stands.
    pub state: StepState,
    /// The wire that was taken, such as `success` or `fail`.
    pub result: Option<Name>,
    /// Which try it is, from 1.
    pub attempt: i64,
    /// The run that it started.
    pub child_run_id: Option<RunId>,
    /// The first log line that is its output.
    pub first_line: Option<i64>,
    /// The last log line that is its output.
    pub last_line: Option<i64>,
    /// The end of what it gave back, at most 4,000 characters.
    pub output: Option<Text>,
    /// Input tokens of the calls that it made, caches included.
    pub tokens_input: i64,
    /// Output tokens of the calls that it made.
    pub tokens_output: i64,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i64>,
}

/// Begins a step. The same `id` or `external_id` within a run begins it once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStep {
    /// An id of the caller's making.
    pub id: Option<StepId>,
    /// The step that it is a part of.
    pub parent_step_id: Option<StepId>,
    /// What carries it out.
    pub step_type: StepType,
    /// Its name.
    pub name: Name,
    /// What it does, in one line.
    pub title: Option<Title>,
    /// Its name at the agent; unique within the run.
    pub external_id: Option<Name>,
    /// Which try it is; 1 when absent.
    #[schema(minimum = 1)]
    pub attempt: Option<i64>,
    /// The run that it started.
    pub child_run_id: Option<RunId>,
    /// The first log line that is its output.
    pub first_line: Option<i64>,
    /// When it began, for a beginning that is reported late; now when absent.
    pub started_at: Option<Timestamp>,
}

/// What of a step changes; a state other than `running` ends it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StepPatch {
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<StepState>,
    /// The wire that was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Name>,
    /// What it does, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// The run that it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child_run_id: Option<RunId>,
    /// The last log line that is its output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_line: Option<i64>,
    /// The end of what it gave back; `null` takes it away.
    #[serde(
        deserialize_with = "patch::double",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<Text>)]
    pub output: Option<Option<Text>>,
    /// When it ended, for an end that is reported late; now when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}
