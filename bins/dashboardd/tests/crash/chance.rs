//! Chance that can be repeated.

use std::time::{SystemTime, UNIX_EPOCH};

/// A row of numbers that its seed determines (splitmix64).
pub(crate) struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    /// With this seed, or one of the moment.
    pub(crate) fn seeded(seed: Option<u64>) -> Self {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("the clock is past 1970");
        let seed = seed.unwrap_or(u64::from(now.subsec_nanos()));
        Self { seed, state: seed }
    }

    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}
