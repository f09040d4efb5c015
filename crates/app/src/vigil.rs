//! The vigil: since when this server can have heard of workers. It begins when the server starts, and anew when its clock was set
//! back or when it did not look at it for long: nobody is called silent for a time in which nobody could be heard.

use std::sync::atomic::{AtomicI64, Ordering};

use model::Timestamp;

/// Since when workers can be heard, and when somebody last looked at the clock.
#[derive(Debug)]
pub(crate) struct Vigil {
    since: AtomicI64,
    looked_at: AtomicI64,
}

impl Vigil {
    pub(crate) fn begin(now: Timestamp) -> Self {
        Self {
            since: AtomicI64::new(now.micros()),
            looked_at: AtomicI64::new(now.micros()),
        }
    }

    /// Begins anew.
    pub(crate) fn begin_anew(&self, now: Timestamp) {
        self.since.store(now.micros(), Ordering::SeqCst);
        self.looked_at.store(now.micros(), Ordering::SeqCst);
    }

    /// Looks at the clock. Answers whether it was set back since the last look.
    pub(crate) fn finds_the_clock_set_back(&self, now: Timestamp) -> bool {
        now.micros() < self.looked_at.swap(now.micros(), Ordering::SeqCst)
    }

    /// Seconds since the last look.
    pub(crate) fn seconds_unwatched(&self, now: Timestamp) -> i64 {
        (now.micros() - self.looked_at.load(Ordering::SeqCst)) / 1_000_000
    }

    /// Seconds since it began.
    pub(crate) fn seconds(&self, now: Timestamp) -> i64 {
        (now.micros() - self.since.load(Ordering::SeqCst)) / 1_000_000
    }
}
