//! Times: UTC, RFC 3339 with `Z`, microseconds (PostgreSQL keeps no more).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment, in microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime, examples("2026-03-05T10:00:00.000000Z"))]
pub struct Timestamp(i64);

/// A text that is not a moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an RFC 3339 time such as 2026-03-05T10:00:00Z")]
pub struct NotATime(String);

/// 9999-12-31T23:59:59Z, the last moment that RFC 3339 can write.
const LAST_SECOND: i64 = 253_402_300_799;
/// 0000-01-01T00:00:00Z, the first one.
const FIRST_SECOND: i64 = -62_167_219_200;

impl Timestamp {
    /// The machine's clock, truncated to microseconds.
    #[must_use]
    pub fn now() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
    }

    /// From microseconds since 1970; moments outside the years 0 to 9999 become the nearest inside.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(FIRST_SECOND * 1_000_000, LAST_SECOND * 1_000_000))
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0
    }

    /// This moment moved by so many seconds, forward or back.
    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Milliseconds from `earlier` to this moment; 0 when `earlier` is later.
    #[must_use]
    pub fn millis_since(self, earlier: Self) -> i64 {
        ((self.0 - earlier.0) / 1000).max(0)
    }

    /// The UTC day, as `2026-03-05`.
    #[must_use]
    pub fn day(self) -> String {
        self.to_string()[..10].to_owned()
    }

    /// The start of the UTC hour that holds this moment.
    #[must_use]
    pub fn hour(self) -> Self {
        Self(self.0.div_euclid(3_600_000_000) * 3_600_000_000)
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let moment = jiff::Timestamp::from_microsecond(self.0).map_err(|_| std::fmt::Error)?;
        write!(formatter, "{moment:.6}")
    }
}

impl std::fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, formatter)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let moment: jiff::Timestamp = text
            .parse()
            .map_err(|_| NotATime(text.chars().take(80).collect()))?;
        Ok(Self::from_micros(moment.as_microsecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where the time comes from: the machine, or a hand that moves it in tests.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's own clock.
    #[default]
    System,
    /// A clock that stands still until a test moves it.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.micros())))
    }

    /// What this clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Manual(micros) => Timestamp::from_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward; the machine's clock moves by itself.
    pub fn advance_seconds(&self, seconds: i64) {
        if let Self::Manual(micros) = self {
            micros.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_utc_with_microseconds() {
        let written = Timestamp::from_micros(1_772_704_800_000_001).to_string();
        assert_eq!(written, "2026-03-05T10:00:00.000001Z");
        assert_eq!(
            written.parse(),
            Ok(Timestamp::from_micros(1_772_704_800_000_001))
        );
    }

    #[test]
    fn any_offset_is_read_and_kept_as_utc() {
        let read: Timestamp = "2026-03-05T12:00:00+02:00".parse().unwrap();
        assert_eq!(read.to_string(), "2026-03-05T10:00:00.000000Z");
        assert_eq!(read.day(), "2026-03-05");
    }

    #[test]
    fn nonsense_is_not_a_time() {
        assert!("yesterday".parse::<Timestamp>().is_err());
        assert!("2026-03-05".parse::<Timestamp>().is_err());
    }

    #[test]
    fn an_hour_starts_at_its_zero_minute() {
        let time: Timestamp = "2026-03-05T10:59:59.999999Z".parse().unwrap();
        assert_eq!(time.hour().to_string(), "2026-03-05T10:00:00.000000Z");
    }

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = Clock::manual(Timestamp::from_micros(0));
        clock.advance_seconds(90);
        assert_eq!(clock.now(), Timestamp::from_micros(90_000_000));
    }
}
