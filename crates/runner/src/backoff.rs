//! Back-off: how long to wait before the next try.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const MOST: Duration = Duration::from_secs(10);

/// Doubles the wait with every failure in a row.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait, from half to all of its length as `jitter` (0 to 1) says, so that many who lost
    /// the same server do not come back at once.
    #[must_use]
    pub fn next(&mut self, jitter: f64) -> Duration {
        let whole = MOST.min(FIRST * 2_u32.saturating_pow(self.failures));
        self.failures = (self.failures + 1).min(16);
        whole.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound() {
        let mut backoff = Backoff::default();
        let waits: Vec<u128> = (0..8).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(waits, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
        assert_eq!(Backoff::default().next(0.0).as_millis(), 100);
    }
}
