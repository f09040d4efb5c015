//! Totals: what was spent on something, rolled up in the transaction that spent it.

use serde::{Deserialize, Serialize};

use crate::Usd;
use crate::llm_call::Tokens;

/// Cost and tokens of everything below a project, ticket, task or run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Totals {
    /// What the priced calls cost together.
    pub cost_usd: Usd,
    /// Calls to models that have no known price: they are missing in `cost_usd`.
    pub unpriced_calls: i64,
    /// All input tokens: uncached, read from a cache and written to one.
    pub tokens_input: i64,
    /// All output tokens, reasoning included.
    pub tokens_output: i64,
    /// The part of `tokens_input` that was read from a cache.
    pub tokens_cache_read: i64,
    /// The part of `tokens_input` that was written to a cache.
    pub tokens_cache_write: i64,
    /// Calls to a model.
    pub total_llm_calls: i64,
}

impl Totals {
    /// What one call adds.
    #[must_use]
    pub fn of_call(tokens: Tokens, cost: Option<Usd>) -> Self {
        Self {
            cost_usd: cost.unwrap_or_default(),
            unpriced_calls: i64::from(cost.is_none()),
            tokens_input: tokens.all_input(),
            tokens_output: tokens.output,
            tokens_cache_read: tokens.cache_read,
            tokens_cache_write: tokens.cache_write_5m.saturating_add(tokens.cache_write_1h),
            total_llm_calls: 1,
        }
    }

    /// Whether anything is known of what was used.
    #[must_use]
    pub fn is_tracked(&self) -> bool {
        *self != Self::default()
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            cost_usd: self.cost_usd.plus(other.cost_usd),
            unpriced_calls: self.unpriced_calls + other.unpriced_calls,
            tokens_input: self.tokens_input.saturating_add(other.tokens_input),
            tokens_output: self.tokens_output.saturating_add(other.tokens_output),
            tokens_cache_read: self
                .tokens_cache_read
                .saturating_add(other.tokens_cache_read),
            tokens_cache_write: self
                .tokens_cache_write
                .saturating_add(other.tokens_cache_write),
            total_llm_calls: self.total_llm_calls + other.total_llm_calls,
        }
    }

    /// What remains when `other` is taken away: how a better report of the same call is settled.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            cost_usd: self.cost_usd.minus(other.cost_usd),
            unpriced_calls: self.unpriced_calls - other.unpriced_calls,
            tokens_input: self.tokens_input.saturating_sub(other.tokens_input),
            tokens_output: self.tokens_output.saturating_sub(other.tokens_output),
            tokens_cache_read: self
                .tokens_cache_read
                .saturating_sub(other.tokens_cache_read),
            tokens_cache_write: self
                .tokens_cache_write
                .saturating_sub(other.tokens_cache_write),
            total_llm_calls: self.total_llm_calls - other.total_llm_calls,
        }
    }
}
