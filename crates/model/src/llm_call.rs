//! Calls to models: one row per call, whatever reported it. Token buckets are disjoint.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{
    LlmCallId, Name, ProjectId, ProjectRef, RunId, SessionId, StepId, TaskId, Text, TicketId,
    Timestamp, Usd,
};

/// The tokens of one call, in disjoint buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tokens {
    /// Input that no cache had.
    #[schema(minimum = 0)]
    pub input: i64,
    /// Input read from a cache.
    #[schema(minimum = 0)]
    pub cache_read: i64,
    /// Input written to a cache that lives five minutes.
    #[schema(minimum = 0)]
    pub cache_write_5m: i64,
    /// Input written to a cache that lives an hour; it costs more.
    #[schema(minimum = 0)]
    pub cache_write_1h: i64,
    /// Output, reasoning included.
    #[schema(minimum = 0)]
    pub output: i64,
    /// The part of `output` that was reasoning.
    #[schema(minimum = 0)]
    pub reasoning: i64,
}

impl Tokens {
    /// Everything that went in: uncached, from a cache, into a cache.
    #[must_use]
    pub const fn all_input(self) -> i64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
    }

    /// Everything that went in and out.
    #[must_use]
    pub const fn total(self) -> i64 {
        self.all_input().saturating_add(self.output)
    }

    /// Whether every bucket holds a number of tokens that can be, and reasoning is a part of output.
    #[must_use]
    pub fn are_possible(self) -> bool {
        const MOST: i64 = 1_000_000_000_000;
        let all = [
            self.input,
            self.cache_read,
            self.cache_write_5m,
            self.cache_write_1h,
            self.output,
        ];
        all.iter().all(|n| (0..=MOST).contains(n)) && (0..=self.output).contains(&self.reasoning)
    }

    /// Bucket by bucket, what these have more than those; never below 0.
    #[must_use]
    pub fn beyond(self, those: Self) -> Self {
        Self {
            input: (self.input - those.input).max(0),
            cache_read: (self.cache_read - those.cache_read).max(0),
            cache_write_5m: (self.cache_write_5m - those.cache_write_5m).max(0),
            cache_write_1h: (self.cache_write_1h - those.cache_write_1h).max(0),
            output: (self.output - those.output).max(0),
            reasoning: (self.reasoning - those.reasoning).max(0),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write_5m: self.cache_write_5m.saturating_add(other.cache_write_5m),
            cache_write_1h: self.cache_write_1h.saturating_add(other.cache_write_1h),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
        }
    }
}

words! {
    /// Where a call stands.
    CallStatus ("call status") {
        /// Under way.
        Active = "active",
        /// Answered.
        Success = "success",
        /// Not answered.
        Error = "error",
        /// Given up by the caller.
        Cancelled = "cancelled",
    }
}

words! {
    /// How exact a report of a call is; of two reports of the same call the later word here wins.
    Exactness ("exactness") {
        /// Printed while the call went on; the output is a guess.
        Provisional = "provisional",
        /// Brings a run's sum to what its agent said at the end.
        Settling = "settling",
        /// Measured by the agent's telemetry.
        Telemetry = "telemetry",
        /// Written down by the agent, or reported by who made the call.
        Exact = "exact",
    }
}

/// One call to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LlmCall {
    /// Its id.
    pub id: LlmCallId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// The ticket that it was made for.
    pub ticket_id: Option<TicketId>,
    /// The task that it was made for.
    pub task_id: Option<TaskId>,
    /// The run that made it.
    pub run_id: Option<RunId>,
    /// The step that made it.
    pub step_id: Option<StepId>,
    /// The conversation that it is a part of.
    pub session_id: Option<SessionId>,
    /// The same call reported twice has the same key within its project: the provider's request id, or message id.
    pub call_key: Name,
    /// How exact this report is.
    pub exactness: Exactness,
    /// In which role the model was called, such as `implementer`.
    pub role: Option<Name>,
    /// What made the call, such as `claude`.
    pub runner: Option<Name>,
    /// Who answered, such as `anthropic`.
    pub provider: Option<Name>,
    /// Which model.
    pub model: Name,
    /// In which stage of the work.
    pub stage: Option<Name>,
    /// Through which channel the request came.
    pub channel: Option<Name>,
    /// Which try it is, from 1.
    pub attempt: i64,
    /// The tokens, in disjoint buckets.
    pub tokens: Tokens,
    /// All input tokens: uncached, read from a cache and written to one.
    pub tokens_input: i64,
    /// All output tokens, reasoning included.
    pub tokens_output: i64,
    /// What it cost by the price book; `null` when the model has no known price.
    pub cost_usd: Option<Usd>,
    /// What the agent itself said that it cost.
    pub reported_cost_usd: Option<Usd>,
    /// The version of the price book that it was priced by.
    pub price_version: Option<Name>,
    /// Where it stands.
    pub status: CallStatus,
    /// Why it was not answered.
    pub error: Option<Text>,
    /// How long it took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// The provider's name for it.
    pub provider_request_id: Option<Name>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was first reported.
    pub created_at: Timestamp,
}

/// Reports a call: begun, ended, or both at once. The same `call_key` again reports the same call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLlmCall {
    /// The same call reported twice has the same key; made by the server when absent.
    pub call_key: Option<Name>,
    /// How exact this report is; `exact` when absent.
    pub exactness: Option<Exactness>,
    /// The run that made it.
    pub run_id: Option<RunId>,
    /// The step that made it.
    pub step_id: Option<StepId>,
    /// The project, by slug or id, where there is no run, task or ticket; the caller's current one when absent.
    #[schema(value_type = Option<ProjectRef>)]
    pub project: Option<String>,
    /// The ticket that it was made for; the run's when absent.
    pub ticket_id: Option<TicketId>,
    /// The task that it was made for; the run's when absent.
    pub task_id: Option<TaskId>,
    /// The agent's name for the conversation.
    pub provider_session_id: Option<Name>,
    /// In which role the model was called.
    pub role: Option<Name>,
    /// What made the call; the run's agent when absent.
    pub runner: Option<Name>,
    /// Who answered.
    pub provider: Option<Name>,
    /// Which model.
    pub model: Name,
    /// In which stage of the work.
    pub stage: Option<Name>,
    /// Through which channel the request came.
    pub channel: Option<Name>,
    /// Which try it is; 1 when absent.
    #[schema(minimum = 1)]
    pub attempt: Option<i64>,
    /// The tokens, in disjoint buckets.
    #[serde(default)]
    pub tokens: Tokens,
    /// What the agent itself said that it cost.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 9_223_372)]
    pub reported_cost_usd: Option<Usd>,
    /// Where it stands; `success` when absent.
    pub status: Option<CallStatus>,
    /// Why it was not answered.
    pub error: Option<Text>,
    /// How long it took, in milliseconds.
    #[schema(minimum = 0)]
    pub duration_ms: Option<i64>,
    /// The provider's name for it.
    pub provider_request_id: Option<Name>,
    /// When it began; now when absent.
    pub started_at: Option<Timestamp>,
}

/// One call or many, at most 1,000.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum NewLlmCalls {
    /// Many.
    Many(Vec<NewLlmCall>),
    /// One.
    One(Box<NewLlmCall>),
}

/// What to look for among calls.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LlmCallFilter {
    /// Only this project's.
    pub project: Option<ProjectId>,
    /// Only this ticket's.
    pub ticket: Option<TicketId>,
    /// Only this task's.
    pub task: Option<TaskId>,
    /// Only this run's.
    pub run: Option<RunId>,
    /// Only in this state.
    pub status: Option<CallStatus>,
    /// Only of this model.
    pub model: Option<Name>,
}

/// A call that is under way, as `GET /api/requests/active` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ActiveRequest {
    /// The call's id.
    pub id: LlmCallId,
    /// The conversation that it is a part of.
    pub session: Option<SessionId>,
    /// The run that made it.
    pub run_id: Option<RunId>,
    /// Through which channel the request came.
    pub channel: Option<Name>,
    /// Who is asked.
    pub provider: Option<Name>,
    /// Which model.
    pub model: Name,
    /// Since when, in milliseconds.
    pub duration_ms: i64,
    /// When it began.
    pub started_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_add_up() {
        let tokens = Tokens {
            input: 11,
            cache_read: 2000,
            cache_write_5m: 600,
            cache_write_1h: 400,
            output: 101,
            reasoning: 40,
        };
        assert_eq!(tokens.all_input(), 3011);
        assert_eq!(tokens.total(), 3112);
        assert!(tokens.are_possible());
        assert!(
            !Tokens {
                reasoning: 102,
                ..tokens
            }
            .are_possible()
        );
        assert!(
            !Tokens {
                input: -1,
                ..tokens
            }
            .are_possible()
        );
    }

    #[test]
    fn a_more_exact_report_sorts_later() {
        assert!(Exactness::Exact > Exactness::Telemetry);
        assert!(Exactness::Settling > Exactness::Provisional);
    }
}
