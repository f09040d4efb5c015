//! Turns: what each used. The usage at a turn's end is the thread's total, and the input in it includes what was cached.

use model::{
    CallStatus, Exactness, LogStream, Name, NewLlmCall, Outcome, SessionState, Text, Tokens,
};
use serde_json::Value;

use super::{Codex, End, is_rate_limit, plain};
use crate::fact::{Fact, LogAs, Shown};
use crate::json;

impl Codex {
    pub(super) fn turn_completed(&mut self, line: &Value, facts: &mut Vec<Fact>) -> LogAs {
        let total = tokens(&line["usage"]);
        let turn = since(self.used, total);
        if turn.total() > 0 {
            self.used = total;
            // One row for all calls of the turn: the sum is right, the calls themselves are not printed.
            facts.push(self.call(total, turn, None));
        }
        self.turn_ended(End::Well, facts);
        let text = format!(
            "turn ended: {} tokens in ({} cached), {} out",
            turn.all_input(),
            turn.cache_read,
            turn.output
        );
        plain(LogStream::Status, Shown::Text(text))
    }

    pub(super) fn turn_failed(&mut self, line: &Value, facts: &mut Vec<Fact>) -> LogAs {
        let error = json::text(line, "/error/message").unwrap_or("the turn failed");
        facts.push(self.call(self.used, Tokens::default(), Some(error)));
        let outcome = if is_rate_limit(error) {
            Outcome::RateLimited
        } else {
            Outcome::Failed
        };
        let end = End::Badly {
            outcome,
            error: Text::lossy(error),
        };
        self.turn_ended(end, facts);
        plain(
            LogStream::Status,
            Shown::Text(format!("turn failed: {error}")),
        )
    }

    fn turn_ended(&mut self, end: End, facts: &mut Vec<Fact>) {
        self.end = Some(end);
        self.at_work = false;
        facts.extend(self.report(SessionState::Idle, 1));
    }

    /// The thread's total names the turn: it only grows, also when the thread is resumed.
    fn call(&self, total: Tokens, turn: Tokens, error: Option<&str>) -> Fact {
        let scope = self.scope.as_deref().unwrap_or_default();
        let thread = self.thread.as_ref().map_or("", Name::as_str);
        let kind = error.map_or("turn", |_| "failed");
        let key = format!("{scope}/{kind}/{thread}/{}", total.total());
        let model = self.model.clone();
        let (status, exactness) = match error {
            None => (CallStatus::Success, Exactness::Settling),
            Some(_) => (CallStatus::Error, Exactness::Provisional),
        };
        Fact::Call {
            call: Box::new(NewLlmCall {
                call_key: Some(Name::lossy(&key)),
                exactness: Some(exactness),
                run_id: None,
                step_id: None,
                project: None,
                ticket_id: None,
                task_id: None,
                provider_session_id: self.thread.clone(),
                role: None,
                runner: Some(Name::lossy("codex")),
                provider: Some(Name::lossy("openai")),
                model: model.unwrap_or_else(|| Name::lossy("codex")),
                stage: None,
                channel: None,
                attempt: None,
                tokens: turn,
                reported_cost_usd: None,
                status: Some(status),
                error: error.map(Text::lossy),
                duration_ms: None,
                provider_request_id: None,
                started_at: None,
            }),
            step: None,
        }
    }
}

/// Disjoint buckets of a usage whose input includes what was read from a cache and what was written to one.
fn tokens(usage: &Value) -> Tokens {
    let cache_read = json::count(usage, "/cached_input_tokens");
    let cache_write = json::count(usage, "/cache_write_input_tokens");
    let input = json::count(usage, "/input_tokens");
    let output = json::count(usage, "/output_tokens");
    Tokens {
        input: (input - cache_read - cache_write).max(0),
        cache_read,
        cache_write_5m: cache_write,
        cache_write_1h: 0,
        output,
        reasoning: json::count(usage, "/reasoning_output_tokens").min(output),
    }
}

/// What was used since a total. A total that is smaller than what is known is none: then the turn itself was reported.
fn since(known: Tokens, total: Tokens) -> Tokens {
    let grew = total.all_input() >= known.all_input() && total.output >= known.output;
    let turn = if grew { total.beyond(known) } else { total };
    Tokens {
        reasoning: turn.reasoning.min(turn.output),
        ..turn
    }
}
