//! How long to wait before trying again: twice as long each time, up to 15 s, with jitter.

use std::time::Duration;

const FIRST_MS: u64 = 100;
const MOST_MS: u64 = 15_000;

#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    pub(crate) fn fail(&mut self) {
        self.failures += 1;
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failures > 0
    }

    pub(crate) async fn wait(&self) {
        let doublings = self.failures.saturating_sub(1).min(10);
        let longest = (FIRST_MS << doublings).min(MOST_MS);
        // Many clients lose the same server at once; jitter keeps them from coming back at once.
        let jittered = rand::random_range(longest / 2..=longest);
        tokio::time::sleep(Duration::from_millis(jittered)).await;
    }
}
