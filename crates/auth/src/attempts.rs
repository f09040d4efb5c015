//! Attempts to log in: limited per address, per user, and per both, so that guessing takes for ever
//! and a guesser locks out nobody else at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use model::Timestamp;

/// How long an attempt counts, in seconds.
const WINDOW_SECONDS: i64 = 15 * 60;
/// Attempts for one user from one address.
const PER_PAIR: u32 = 5;
/// Attempts from one address.
const PER_ADDRESS: u32 = 30;
/// Attempts for one user from everywhere.
const PER_USER: u32 = 60;
/// No more than that is remembered; the oldest is forgotten first.
const MOST: usize = 20_000;

/// The attempts of the last while.
#[derive(Debug, Default)]
pub struct Attempts {
    counts: Mutex<HashMap<Key, Count>>,
}

/// There were too many attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; try again in {retry_after_seconds} seconds")]
pub struct TooMany {
    /// When to try again.
    pub retry_after_seconds: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Pair(IpAddr, String),
    Address(IpAddr),
    User(String),
}

#[derive(Debug, Clone, Copy)]
struct Count {
    attempts: u32,
    since: Timestamp,
}

impl Attempts {
    /// Counts an attempt before it is judged, so that many at once cannot slip through.
    pub fn begin(&self, address: IpAddr, user: &str, now: Timestamp) -> Result<(), TooMany> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let limits = limits(address, user);
        for (key, most) in &limits {
            refuse_beyond(*most, counts.get(key), now)?;
        }
        for (key, _) in limits {
            count(&mut counts, key, now);
        }
        Ok(())
    }

    /// Forgets the attempts of somebody who turned out to be right.
    pub fn succeeded(&self, address: IpAddr, user: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in limits(address, user) {
            match key {
                Key::Pair(..) => drop(counts.remove(&key)),
                // Else one known password would reset the guesses at all others.
                Key::Address(_) | Key::User(_) => give_back(&mut counts, &key),
            }
        }
    }
}

fn limits(address: IpAddr, user: &str) -> [(Key, u32); 3] {
    let address = network(address);
    // Names are compared in any case, and only a start of absurd ones is kept.
    let user: String = user.to_lowercase().chars().take(200).collect();
    [
        (Key::Pair(address, user.clone()), PER_PAIR),
        (Key::Address(address), PER_ADDRESS),
        (Key::User(user), PER_USER),
    ]
}

/// One IPv6 customer has 2^64 addresses: they count as one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

fn refuse_beyond(most: u32, count: Option<&Count>, now: Timestamp) -> Result<(), TooMany> {
    let Some(count) = count.filter(|count| !count.is_over(now)) else {
        return Ok(());
    };
    if count.attempts < most {
        return Ok(());
    }
    let waited = now.millis_since(count.since) / 1000;
    Err(TooMany {
        retry_after_seconds: (WINDOW_SECONDS - waited).max(1),
    })
}

fn count(counts: &mut HashMap<Key, Count>, key: Key, now: Timestamp) {
    if counts.len() >= MOST && !counts.contains_key(&key) {
        make_room(counts, now);
    }
    let fresh = Count {
        attempts: 0,
        since: now,
    };
    let count = counts.entry(key).or_insert(fresh);
    if count.is_over(now) {
        *count = fresh;
    }
    count.attempts += 1;
}

fn give_back(counts: &mut HashMap<Key, Count>, key: &Key) {
    if let Some(count) = counts.get_mut(key) {
        count.attempts = count.attempts.saturating_sub(1);
    }
}

fn make_room(counts: &mut HashMap<Key, Count>, now: Timestamp) {
    counts.retain(|_, count| !count.is_over(now));
    if counts.len() < MOST {
        return;
    }
    // A tenth at once, so that a flood does not sort the map at every step.
    let mut ages: Vec<Timestamp> = counts.values().map(|count| count.since).collect();
    let (_, limit, _) = ages.select_nth_unstable(MOST / 10);
    let limit = *limit;
    let mut too_many = MOST / 10;
    counts.retain(|_, count| {
        let goes = too_many > 0 && count.since <= limit;
        too_many -= usize::from(goes);
        !goes
    });
}

impl Count {
    fn is_over(&self, now: Timestamp) -> bool {
        now >= self.since.plus_seconds(WINDOW_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn host(number: u32) -> IpAddr {
        Ipv4Addr::from_bits(number).into()
    }

    fn begin(attempts: &Attempts, times: u32, address: IpAddr, user: &str) -> u32 {
        let ok = |_: &u32| attempts.begin(address, user, at(0)).is_ok();
        u32::try_from((0..times).filter(ok).count()).unwrap()
    }

    #[test]
    fn a_user_has_few_attempts_from_one_address_in_a_while() {
        let attempts = Attempts::default();
        assert_eq!(begin(&attempts, 9, host(1), "ada"), PER_PAIR);
        let refused = attempts.begin(host(1), "ADA", at(60)).unwrap_err();
        assert_eq!(refused.retry_after_seconds, 14 * 60);
        assert_eq!(attempts.begin(host(1), "ada", at(15 * 60)), Ok(()));
    }

    #[test]
    fn a_guesser_does_not_lock_out_the_user_elsewhere() {
        let attempts = Attempts::default();
        begin(&attempts, 9, host(1), "ada");
        assert_eq!(attempts.begin(host(2), "ada", at(0)), Ok(()));
    }

    #[test]
    fn an_address_has_a_limit_over_all_names() {
        let attempts = Attempts::default();
        let ok = |n: &u32| attempts.begin(host(1), &n.to_string(), at(0)).is_ok();
        assert_eq!((0..100).filter(ok).count(), PER_ADDRESS as usize);
    }

    #[test]
    fn a_user_has_a_limit_over_all_addresses() {
        let attempts = Attempts::default();
        let ok = |n: &u32| attempts.begin(host(*n), "ada", at(0)).is_ok();
        assert_eq!((0..100).filter(ok).count(), PER_USER as usize);
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let attempts = Attempts::default();
        let near = |n: u128| IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8 << 96) + n));
        let ok = |n: &u128| attempts.begin(near(*n), "ada", at(0)).is_ok();
        assert_eq!((0..9).filter(ok).count(), PER_PAIR as usize);
    }

    #[test]
    fn being_right_starts_again() {
        let attempts = Attempts::default();
        assert_eq!(begin(&attempts, 4, host(1), "ada"), 4);
        attempts.succeeded(host(1), "ada");
        assert_eq!(begin(&attempts, 9, host(1), "ada"), PER_PAIR);
    }

    #[test]
    fn one_known_password_does_not_reset_the_guesses_at_others() {
        let attempts = Attempts::default();
        for n in 0..PER_ADDRESS {
            assert_eq!(begin(&attempts, 1, host(1), "mallory"), 1);
            attempts.succeeded(host(1), "mallory");
            assert_eq!(begin(&attempts, 1, host(1), &n.to_string()), 1);
        }
        assert_eq!(begin(&attempts, 1, host(1), "ada"), 0);
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        for n in 0..10_000 {
            let _ = attempts.begin(host(n), &n.to_string(), at(0));
        }
        assert!(attempts.counts.lock().unwrap().len() <= MOST);
    }
}
