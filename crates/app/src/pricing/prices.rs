//! The prices of one model, and what tokens cost by them.

use std::collections::BTreeMap;

use model::{Tokens, Usd};
use serde::Deserialize;

/// Atto-dollars in a pico-dollar.
const ATTO_PER_PICO: i128 = 1_000_000;

/// The prices of one model, in atto-dollars per token.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    pub(super) input: i64,
    pub(super) output: i64,
    pub(super) reasoning: Option<i64>,
    pub(super) cache_read: Option<i64>,
    pub(super) cache_write_5m: Option<i64>,
    pub(super) cache_write_1h: Option<i64>,
    /// What changes for requests with more input tokens than the key.
    #[serde(default)]
    pub(super) above: BTreeMap<i64, Tier>,
}

/// The prices that are different for long requests.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tier {
    input: Option<i64>,
    output: Option<i64>,
    reasoning: Option<i64>,
    cache_read: Option<i64>,
    cache_write_5m: Option<i64>,
    cache_write_1h: Option<i64>,
}

impl Prices {
    /// What one request costs: a long one is dearer as a whole, not only beyond the threshold.
    pub(super) fn cost_of_request(&self, tokens: Tokens) -> Usd {
        let longest = self.above.range(..tokens.all_input()).next_back();
        match longest {
            Some((_, tier)) => self.with(tier).cost_of_sum(tokens),
            None => self.cost_of_sum(tokens),
        }
    }

    /// What tokens of any number of requests cost by the plain prices.
    pub(super) fn cost_of_sum(&self, tokens: Tokens) -> Usd {
        let cache_read = self.cache_read.unwrap_or(self.input);
        let cache_write_5m = self.cache_write_5m.unwrap_or(self.input);
        // Every provider that keeps a cache for an hour asks twice the price of input for it.
        let cache_write_1h = self
            .cache_write_1h
            .unwrap_or_else(|| self.input.saturating_mul(2));
        let answer = tokens.output.saturating_sub(tokens.reasoning);
        let priced = [
            (tokens.input, self.input),
            (tokens.cache_read, cache_read),
            (tokens.cache_write_5m, cache_write_5m),
            (tokens.cache_write_1h, cache_write_1h),
            (answer, self.output),
            (tokens.reasoning, self.reasoning.unwrap_or(self.output)),
        ];
        let atto: i128 = priced
            .iter()
            .map(|(count, price)| i128::from(*count) * i128::from(*price))
            .sum();
        Usd::from_pico(to_pico(atto))
    }

    fn with(&self, tier: &Tier) -> Self {
        Self {
            input: tier.input.unwrap_or(self.input),
            output: tier.output.unwrap_or(self.output),
            reasoning: tier.reasoning.or(self.reasoning),
            cache_read: tier.cache_read.or(self.cache_read),
            cache_write_5m: tier.cache_write_5m.or(self.cache_write_5m),
            cache_write_1h: tier.cache_write_1h.or(self.cache_write_1h),
            above: BTreeMap::new(),
        }
    }
}

fn to_pico(atto: i128) -> i64 {
    let half = ATTO_PER_PICO / 2;
    let pico = (atto + half).div_euclid(ATTO_PER_PICO);
    i64::try_from(pico).unwrap_or(i64::MAX)
}
