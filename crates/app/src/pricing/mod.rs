//! Prices: what a call to a model costs, by a versioned book.
//!
//! The shipped book is a reduction of a public table (see `SOURCE.md`); prices that an operator configures stand before it.
//! A model that neither knows is *unpriced*: `None`, never nothing. All arithmetic is in whole atto-dollars per token.

mod names;
mod overrides;
mod prices;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use model::{Name, Timestamp, Tokens, Usd};
use sha2::{Digest, Sha256};

pub use overrides::{BadOverride, Override, Overrides};
use prices::Prices;

static TABLE: &str = include_str!("prices.json");

static SHIPPED: LazyLock<PriceBook> = LazyLock::new(|| {
    let table: Table = serde_json::from_str(TABLE).expect("the shipped price table can be read");
    PriceBook {
        version: Name::lossy(&format!("{}+{}", table.known_from, fingerprint(TABLE))),
        shipped: Arc::new(table.models),
        overrides: Arc::default(),
    }
});

#[derive(serde::Deserialize)]
struct Table {
    known_from: String,
    models: HashMap<String, Prices>,
}

/// Prices from a day on, latest first.
type Periods = Vec<(Timestamp, Prices)>;

/// What calls to models cost.
#[derive(Debug, Clone)]
pub struct PriceBook {
    version: Name,
    shipped: Arc<HashMap<String, Prices>>,
    overrides: Arc<BTreeMap<String, Periods>>,
}

impl PriceBook {
    /// The book that this version of the product ships.
    #[must_use]
    pub fn shipped() -> Self {
        SHIPPED.clone()
    }

    /// The same book with an operator's prices before it.
    pub fn with_overrides(self, overrides: &Overrides) -> Result<Self, BadOverride> {
        if overrides.is_empty() {
            return Ok(self);
        }
        let text = serde_json::to_string(overrides).unwrap_or_default();
        Ok(Self {
            version: Name::lossy(&format!("{}+{}", self.version, fingerprint(&text))),
            overrides: Arc::new(overrides::read(overrides)?),
            ..self
        })
    }

    /// Which prices these are: the day from which they are known, and a fingerprint of them.
    #[must_use]
    pub fn version(&self) -> &Name {
        &self.version
    }

    /// What one call cost. `None` when the model has no known price.
    #[must_use]
    pub fn price(
        &self,
        model: &str,
        provider: Option<&str>,
        tokens: Tokens,
        at: Timestamp,
    ) -> Option<Usd> {
        let prices = self.find(model, provider, at)?;
        Some(prices.cost_of_request(tokens))
    }

    /// What several calls cost of which only the sum is known, such as a settling row. A sum says
    /// nothing about the length of each request, so the prices of long ones do not apply.
    #[must_use]
    pub fn price_sum(
        &self,
        model: &str,
        provider: Option<&str>,
        tokens: Tokens,
        at: Timestamp,
    ) -> Option<Usd> {
        let prices = self.find(model, provider, at)?;
        Some(prices.cost_of_sum(tokens))
    }

    fn find(&self, model: &str, provider: Option<&str>, at: Timestamp) -> Option<&Prices> {
        let names = names::candidates(model, provider);
        let by_operator = names.iter().find_map(|name| {
            let periods = self.overrides.get(name)?;
            let (_, prices) = periods.iter().find(|(from, _)| *from <= at)?;
            Some(prices)
        });
        by_operator.or_else(|| names.iter().find_map(|name| self.shipped.get(name)))
    }
}

fn fingerprint(text: &str) -> String {
    let digest = Sha256::digest(text);
    digest[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
