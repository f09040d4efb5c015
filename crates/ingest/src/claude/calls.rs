//! Calls as they are sent.

use model::{CallStatus, Exactness, Name, NewLlmCall, Text, Tokens};

use super::Claude;
use super::ledger::{Row, Settled};
use crate::fact::Fact;
use crate::json::MOST;

impl Claude {
    /// A call as it was printed.
    pub(super) fn printed_call(&self, row: Row) -> Fact {
        self.row_call(row, Exactness::Provisional)
    }

    /// A call that a result settles.
    pub(super) fn settled_call(&self, settled: Settled) -> Fact {
        match settled {
            Settled::Lowered(row) => self.row_call(row, Exactness::Settling),
            Settled::Rest {
                part,
                model,
                tokens,
                cost,
            } => {
                let process = self.process.as_deref().unwrap_or_default();
                let key = self.key(&format!("settling/{part}/{process}/{model}"));
                Fact::Call {
                    call: Box::new(NewLlmCall {
                        exactness: Some(Exactness::Settling),
                        tokens: possible(tokens),
                        reported_cost_usd: cost,
                        ..self.call(key, model)
                    }),
                    step: None,
                }
            }
        }
    }

    /// A call that was not answered, though it was tried several times.
    pub(super) fn failed_call(&mut self, id: &str, request_id: Option<&str>, error: &str) -> Fact {
        let model = self.model.clone().unwrap_or_else(|| Name::lossy("claude"));
        Fact::Call {
            call: Box::new(NewLlmCall {
                exactness: Some(Exactness::Provisional),
                status: Some(CallStatus::Error),
                error: Some(Text::lossy(error)),
                attempt: Some(self.attempt()),
                provider_request_id: request_id.map(Name::lossy),
                ..self.call(self.key(request_id.unwrap_or(id)), model)
            }),
            step: None,
        }
    }

    /// Which try this answer was; the next one starts anew.
    pub(super) fn attempt(&mut self) -> i64 {
        std::mem::take(&mut self.retries).saturating_add(1)
    }

    fn row_call(&self, row: Row, exactness: Exactness) -> Fact {
        let key = self.key(row.key());
        Fact::Call {
            call: Box::new(NewLlmCall {
                exactness: Some(exactness),
                attempt: Some(row.attempt),
                tokens: possible(row.tokens),
                provider_request_id: row.request_id,
                ..self.call(key, row.model)
            }),
            step: row.step,
        }
    }

    fn call(&self, key: Name, model: Name) -> NewLlmCall {
        let is_claude = model.as_str().contains("claude");
        NewLlmCall {
            call_key: Some(key),
            exactness: None,
            run_id: None,
            step_id: None,
            project: None,
            ticket_id: None,
            task_id: None,
            provider_session_id: self.session.clone(),
            role: None,
            runner: Some(Name::lossy("claude")),
            provider: is_claude.then(|| Name::lossy("anthropic")),
            model,
            stage: None,
            channel: None,
            attempt: None,
            tokens: Tokens::default(),
            reported_cost_usd: None,
            status: Some(CallStatus::Success),
            error: None,
            duration_ms: None,
            provider_request_id: None,
            started_at: None,
        }
    }

    fn key(&self, of: &str) -> Name {
        let scope = self.scope.as_deref().unwrap_or_default();
        Name::lossy(&format!("{scope}/{of}"))
    }
}

/// No more than a server takes: sums of nonsense may be greater.
fn possible(tokens: Tokens) -> Tokens {
    Tokens {
        input: tokens.input.min(MOST),
        cache_read: tokens.cache_read.min(MOST),
        cache_write_5m: tokens.cache_write_5m.min(MOST),
        cache_write_1h: tokens.cache_write_1h.min(MOST),
        output: tokens.output.min(MOST),
        reasoning: tokens.reasoning.min(tokens.output).min(MOST),
    }
}
