//! The limit of requests per credential.

use std::num::NonZeroU32;

use auth::{Caller, Credential};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::failure::Failure;

/// Many credentials come and go (each run has one); beyond this the idle ones are forgotten.
const MOST: usize = 10_000;

/// Counts requests per credential.
pub(crate) struct Rates {
    limiter: DefaultKeyedRateLimiter<Credential>,
    clock: DefaultClock,
}

impl Rates {
    pub(crate) fn new(per_second: u32) -> Self {
        let per_second = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        Self {
            limiter: DefaultKeyedRateLimiter::keyed(Quota::per_second(per_second)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts one request, or refuses it.
    pub(crate) fn count(&self, caller: &Caller) -> Result<(), Failure> {
        if caller.credential == Credential::Host {
            return Ok(());
        }
        let Err(not_until) = self.limiter.check_key(&caller.credential) else {
            return Ok(());
        };
        if self.limiter.len() > MOST {
            self.limiter.retain_recent();
        }
        let wait = not_until.wait_time_from(self.clock.now());
        let seconds = wait.as_secs() + 1;
        Err(Failure::rate_limited(
            "this token sends too many requests",
            seconds,
        ))
    }
}

#[cfg(test)]
mod tests {
    use auth::Scopes;
    use model::{Principal, TokenId};

    use super::*;

    fn caller() -> Caller {
        let credential = Credential::Token(TokenId::new());
        Caller {
            credential,
            scopes: Scopes::all(),
            ..Caller::host(Principal::server())
        }
    }

    #[test]
    fn each_credential_has_its_own_limit() {
        let rates = Rates::new(2);
        let (ada, bob) = (caller(), caller());
        let counted = (0..3).filter(|_| rates.count(&ada).is_ok()).count();
        assert_eq!(counted, 2);
        assert!(rates.count(&bob).is_ok());
    }

    #[test]
    fn the_embedding_program_is_not_limited() {
        let rates = Rates::new(1);
        let host = Caller::host(Principal::server());
        assert!((0..10).all(|_| rates.count(&host).is_ok()));
    }
}
