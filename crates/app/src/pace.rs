//! The pace of heartbeats, leases and housekeeping.

use std::time::Duration;

/// How often workers show life, and how long the server waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Seconds between two heartbeats.
    pub heartbeat_seconds: i64,
    /// How long a lease lasts from the last heartbeat.
    pub lease_seconds: i64,
    /// So many heartbeats may be missed before a run counts as out of contact.
    pub missed_heartbeats: i64,
    /// Between two rounds of housekeeping.
    pub round: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            heartbeat_seconds: 15,
            lease_seconds: 90,
            missed_heartbeats: 3,
            round: Duration::from_secs(2),
        }
    }
}

impl Pace {
    /// After so many seconds without a word a run counts as out of contact.
    #[must_use]
    pub(crate) const fn silence_seconds(self) -> i64 {
        self.heartbeat_seconds * self.missed_heartbeats
    }
}
