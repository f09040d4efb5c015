//! Logs: what a run printed, line by line, under the line's number within its run.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{RunId, StepId, Timestamp};

words! {
    /// Where a log line comes from.
    LogStream ("log stream") {
        /// The command's standard output.
        Stdout = "stdout",
        /// The command's standard error.
        Stderr = "stderr",
        /// What the worker says about the run.
        Status = "status",
        /// A script of a workflow.
        Script = "script",
        /// What a model said.
        Llm = "llm",
        /// What a tool gave back.
        Tool = "tool",
    }
}

/// One line of a run's log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogLine {
    /// The run that printed it.
    pub run_id: RunId,
    /// Its number within the run, from 1, without gaps.
    pub line: i64,
    /// When it was printed.
    pub at: Timestamp,
    /// The step that printed it.
    pub step_id: Option<StepId>,
    /// Where it comes from.
    pub stream: LogStream,
    /// Its text, without the line's end. Bytes that are not UTF-8 are shown as U+FFFD.
    pub text: String,
    /// The bytes themselves, base64, where they were asked for and are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_base64: Option<String>,
    /// Whether the line goes on in the next one, because it was too long for one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continues: bool,
}

/// A line to keep.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLogLine {
    /// Its number as its worker counts, from 1. A number that is there already is skipped, so that
    /// a repeated batch doubles nothing; without one the server counts on.
    #[schema(minimum = 1)]
    pub line: Option<i64>,
    /// When it was printed; now when absent.
    pub at: Option<Timestamp>,
    /// The step that printed it.
    pub step_id: Option<StepId>,
    /// Where it comes from; `stdout` when absent.
    pub stream: Option<LogStream>,
    /// Its text. Either this or `bytes_base64`.
    pub text: Option<String>,
    /// Its bytes, where they are not UTF-8: base64 with its padding, and no bit set beyond the bytes.
    #[schema(
        pattern = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$"
    )]
    pub bytes_base64: Option<String>,
    /// Whether the line goes on in the next one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub continues: bool,
}

/// The answer to lines that were sent: all of them are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogAppended {
    /// Lines that are new.
    pub appended: i64,
    /// Lines that were there already.
    pub skipped: i64,
    /// The number of the last line of the run.
    pub last_line: i64,
}

/// The end of what the last attempt at a task printed, as one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskLog {
    /// The attempt; none where nobody has begun to work on the task.
    pub run_id: Option<RunId>,
    /// Where all of it can be read, on this server.
    pub path: Option<String>,
    /// Whether there is an attempt.
    pub exists: bool,
    /// How long all of it is, in bytes.
    pub size_bytes: i64,
    /// Its end, in whole lines where they are not longer than what was asked for. What is not UTF-8 becomes U+FFFD.
    pub content: String,
    /// Whether something stands before it.
    pub truncated: bool,
}

/// Which part of a log to read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogFilter {
    /// Only lines with a smaller number; the last ones when neither is given.
    pub before: Option<i64>,
    /// Only lines with a greater number.
    pub after: Option<i64>,
    /// Only this step's.
    pub step: Option<StepId>,
    /// Only from these streams; all when empty.
    pub stream: Vec<LogStream>,
    /// Only with this text, in any case.
    pub q: Option<String>,
    /// At most so many.
    pub limit: i64,
}

/// The longest line that is kept in one piece, in bytes; a longer one is split.
pub const LINE_BYTES: usize = 64 * 1024;
