//! Prices that an operator configures, by model name: in dollars per million tokens, as providers print them.
//!
//! ```toml
//! [prices."my-model"]
//! input = 3.0
//! output = 15.0
//! cache_read = 0.3          # the price of input when absent
//! from = "2026-01-01"       # since ever when absent
//! ```

use std::collections::BTreeMap;

use model::Timestamp;
use serde::{Deserialize, Serialize};

use super::Periods;
use super::prices::Prices;

/// Atto-dollars per token in a dollar per million tokens.
const ATTO: f64 = 1e12;
/// More dollars per million tokens than anything costs: beyond it somebody mistook the unit.
const DEAREST: f64 = 1_000_000.0;

/// Configured prices by model name, with or without a provider before it.
pub type Overrides = BTreeMap<String, OneOrMany>;

/// The prices of a model: the same ones always, or several with the day from which each applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// The same ones always.
    One(Override),
    /// Different ones in the course of time.
    Many(Vec<Override>),
}

/// The prices of a model, in dollars per million tokens.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Input that no cache had.
    pub input: f64,
    /// Output.
    pub output: f64,
    /// Reasoning; the price of output when absent.
    pub reasoning: Option<f64>,
    /// Input read from a cache; the price of input when absent.
    pub cache_read: Option<f64>,
    /// Input written to a cache for five minutes; the price of input when absent.
    pub cache_write_5m: Option<f64>,
    /// Input written to a cache for an hour; twice the price of input when absent.
    pub cache_write_1h: Option<f64>,
    /// The UTC day from which on the prices apply, such as `2026-01-01`; since ever when absent.
    pub from: Option<String>,
}

/// A configured price that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadOverride {
    /// Not a number of dollars per million tokens.
    #[error("the price {price} of `{model}` is not an amount of dollars per million tokens")]
    Price {
        /// Whose price.
        model: String,
        /// What was given.
        price: f64,
    },
    /// Not a day.
    #[error(
        "`{from}`, from when on the prices of `{model}` apply, is not a day such as 2026-01-01"
    )]
    Day {
        /// Whose price.
        model: String,
        /// What was given.
        from: String,
    },
}

/// The configured prices, by name in lower case, the latest first.
pub(super) fn read(overrides: &Overrides) -> Result<BTreeMap<String, Periods>, BadOverride> {
    let mut read = BTreeMap::new();
    for (model, prices) in overrides {
        let mut periods = Periods::new();
        for prices in prices.all() {
            periods.push((prices.since(model)?, prices.read(model)?));
        }
        periods.sort_by_key(|(from, _)| std::cmp::Reverse(*from));
        read.insert(model.to_lowercase(), periods);
    }
    Ok(read)
}

impl OneOrMany {
    fn all(&self) -> &[Override] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Override {
    fn since(&self, model: &str) -> Result<Timestamp, BadOverride> {
        match &self.from {
            None => Ok(Timestamp::from_micros(i64::MIN)),
            Some(day) => format!("{day}T00:00:00Z")
                .parse()
                .map_err(|_| BadOverride::Day {
                    model: model.to_owned(),
                    from: day.clone(),
                }),
        }
    }

    fn read(&self, model: &str) -> Result<Prices, BadOverride> {
        let atto = |price: f64| {
            if (0.0..=DEAREST).contains(&price) {
                return Ok((price * ATTO).round() as i64);
            }
            Err(BadOverride::Price {
                model: model.to_owned(),
                price,
            })
        };
        Ok(Prices {
            input: atto(self.input)?,
            output: atto(self.output)?,
            reasoning: self.reasoning.map(atto).transpose()?,
            cache_read: self.cache_read.map(atto).transpose()?,
            cache_write_5m: self.cache_write_5m.map(atto).transpose()?,
            cache_write_1h: self.cache_write_1h.map(atto).transpose()?,
            above: BTreeMap::new(),
        })
    }
}
