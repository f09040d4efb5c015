//! Things that work once and not for long: codes of login links, tickets for streams.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use model::Timestamp;

use crate::{Secret, SecretHash};

/// No more than that wait at once; the one that ends first gives way to a new one.
const MOST: usize = 10_000;

/// Secrets that each stand for something, once, until they end.
#[derive(Debug)]
pub struct Once<T> {
    waiting: Mutex<HashMap<SecretHash, Waiting<T>>>,
}

#[derive(Debug)]
struct Waiting<T> {
    what: T,
    expires_at: Timestamp,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
        }
    }
}

impl<T> Once<T> {
    /// A new secret that stands for `what` until `expires_at`.
    pub fn issue(&self, what: T, now: Timestamp, expires_at: Timestamp) -> Secret {
        let secret = Secret::new("");
        let mut waiting = self.lock();
        if waiting.len() >= MOST {
            make_room(&mut waiting, now);
        }
        waiting.insert(secret.hash(), Waiting { what, expires_at });
        secret
    }

    /// What the secret stands for, if it still does; it does not from now on.
    pub fn redeem(&self, presented: &str, now: Timestamp) -> Option<T> {
        let found = self.lock().remove(&SecretHash::of(presented))?;
        (now < found.expires_at).then_some(found.what)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<SecretHash, Waiting<T>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room<T>(waiting: &mut HashMap<SecretHash, Waiting<T>>, now: Timestamp) {
    waiting.retain(|_, one| now < one.expires_at);
    if waiting.len() < MOST {
        return;
    }
    let first_to_end = waiting.iter().min_by_key(|(_, one)| one.expires_at);
    if let Some(hash) = first_to_end.map(|(hash, _)| *hash) {
        waiting.remove(&hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn it_works_once() {
        let once = Once::default();
        let secret = once.issue("ada", at(0), at(30));
        assert_eq!(once.redeem(secret.reveal(), at(29)), Some("ada"));
        assert_eq!(once.redeem(secret.reveal(), at(29)), None);
    }

    #[test]
    fn it_ends_by_itself() {
        let once = Once::default();
        let secret = once.issue("ada", at(0), at(30));
        assert_eq!(once.redeem(secret.reveal(), at(30)), None);
    }

    #[test]
    fn a_guess_finds_nothing() {
        let once = Once::default();
        once.issue("ada", at(0), at(30));
        assert_eq!(once.redeem("guess", at(1)), None);
    }

    #[test]
    fn the_first_to_end_gives_way_when_there_are_too_many() {
        let once = Once::default();
        let first = once.issue(0, at(0), at(30));
        let last = (1..=MOST).map(|n| once.issue(n, at(0), at(31))).last();
        assert_eq!(once.redeem(first.reveal(), at(1)), None);
        assert_eq!(once.redeem(last.unwrap().reveal(), at(1)), Some(MOST));
        assert!(once.lock().len() <= MOST);
    }
}
