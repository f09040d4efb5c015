//! Other programs' formats turned into model types: what a coding agent prints becomes facts that can be sent.
//!
//! Pure parsing: bytes in, facts out; no files, no network, no clock. Any bytes may come in. A line that cannot be read
//! is no fact and hides nothing of its neighbours. Start with [`Decoder`].
//!
//! Two formats are known: Claude Code's `--output-format stream-json --verbose` and Codex' `exec --json`. What to know about
//! them, because neither means what it seems to say:
//!
//! * Claude: `subtype: "success"` says nothing about success, `is_error` does.
//! * Claude: the output tokens of a message are a placeholder, and the calls of sub-agents are not all printed. Calls are
//!   therefore *provisional* until a `result` comes; then one *settling* call per model brings the sum to `modelUsage`.
//! * Claude: one answer is printed as several lines, each with the same usage; it counts once.
//! * A call's key is its scope and the provider's request id (else the message's id), so that telemetry and transcripts of the
//!   same run or session can name the same call.
//! * Codex: the usage at a turn's end is the thread's total since its beginning, earlier runs included; a turn is the difference.
//! * Codex: its input includes what was cached; Claude's does not. The buckets here are always disjoint.
//! * Codex: the stream names no model; see [`Decoder::with_command`].

mod agent;
mod claude;
mod codex;
mod decoder;
mod fact;
mod json;
mod steps;

pub use agent::Agent;
pub use decoder::Decoder;
pub use fact::{Ended, Fact, LogAs, Shown};
