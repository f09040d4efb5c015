//! Money: USD, kept as integer pico-dollars, because one cached token costs less than a micro-dollar.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Pico-dollars in one dollar.
pub const PICO: i64 = 1_000_000_000_000;

/// An amount in USD. Kept exactly (10⁻¹² dollars), written as a JSON number of dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, utoipa::ToSchema)]
#[schema(value_type = f64, minimum = -9_223_372, maximum = 9_223_372, examples(0.19968))]
pub struct Usd(i64);

/// The greatest amount in either direction, in whole dollars: what is kept in 64 bits.
const MOST: f64 = 9_223_372.0;

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From pico-dollars.
    #[must_use]
    pub const fn from_pico(pico: i64) -> Self {
        Self(pico)
    }

    /// In pico-dollars.
    #[must_use]
    pub const fn pico(self) -> i64 {
        self.0
    }

    /// From dollars as a number, rounded to the nearest pico-dollar. `None` for what is not an amount.
    #[must_use]
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        let pico = (dollars * PICO as f64).round();
        (dollars.abs() <= MOST).then_some(Self(pico as i64))
    }

    /// In dollars, as near as a double comes.
    #[must_use]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / PICO as f64
    }

    /// The sum; at the end of the range it stays there.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference; at the end of the range it stays there.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::iter::Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

impl std::fmt::Display for Usd {
    /// `$1.23`, and `$0.0012` below a cent.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = if self.0 != 0 && self.0.abs() < PICO / 10 {
            4
        } else {
            2
        };
        write!(formatter, "${:.digits$}", self.dollars())
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.dollars())
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let dollars = f64::deserialize(deserializer)?;
        Self::from_dollars(dollars)
            .ok_or_else(|| serde::de::Error::custom("not an amount of dollars"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_keep_twelve_places() {
        assert_eq!(Usd::from_dollars(0.000_000_5).map(Usd::pico), Some(500_000));
        assert_eq!(
            serde_json::to_string(&Usd::from_pico(199_680_000_000)).unwrap(),
            "0.19968"
        );
        assert_eq!(
            serde_json::from_str::<Usd>("0.19968").unwrap().pico(),
            199_680_000_000
        );
    }

    #[test]
    fn sums_are_exact_where_doubles_are_not() {
        let dime = Usd::from_dollars(0.1).unwrap();
        let sum: Usd = [dime; 3].into_iter().sum();
        assert_eq!(sum.pico(), 300_000_000_000);
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        assert_eq!(Usd::from_dollars(f64::NAN), None);
        assert_eq!(Usd::from_dollars(1e300), None);
    }

    #[test]
    fn small_amounts_show_more_digits() {
        assert_eq!(Usd::from_dollars(1.234).unwrap().to_string(), "$1.23");
        assert_eq!(Usd::from_dollars(0.0012).unwrap().to_string(), "$0.0012");
    }
}
