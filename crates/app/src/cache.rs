//! A small memory of what was read. It never answers with what was forgotten while it was being read.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// No more than that is remembered: it is forgotten all at once then, and read again as it is needed.
const MOST: usize = 50_000;

/// Remembers values by their keys.
#[derive(Debug)]
pub(crate) struct Cache<K, V> {
    state: RwLock<State<K, V>>,
}

#[derive(Debug)]
struct State<K, V> {
    values: HashMap<K, V>,
    /// Counts what was forgotten.
    generation: u64,
}

/// When somebody began to read what is not remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Before(u64);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self {
            state: RwLock::new(State {
                values: HashMap::new(),
                generation: 0,
            }),
        }
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// What is remembered; or else the moment from which reading counts.
    pub(crate) fn get(&self, key: &K) -> Result<V, Before> {
        let state = self.read();
        state
            .values
            .get(key)
            .cloned()
            .ok_or(Before(state.generation))
    }

    /// Remembers what was read, unless something was forgotten since then: it may be just that.
    pub(crate) fn learn(&self, since: Before, key: K, value: V) {
        let mut state = self.write();
        if state.generation != since.0 {
            return;
        }
        if state.values.len() >= MOST {
            state.values.clear();
        }
        state.values.insert(key, value);
    }

    /// Forgets one.
    pub(crate) fn forget(&self, key: &K) {
        let mut state = self.write();
        state.generation += 1;
        state.values.remove(key);
    }

    /// Forgets those of which this is true.
    pub(crate) fn forget_where(&self, forgotten: impl Fn(&V) -> bool) {
        let mut state = self.write();
        state.generation += 1;
        state.values.retain(|_, value| !forgotten(value));
    }

    /// Forgets all.
    pub(crate) fn forget_everything(&self) {
        self.forget_where(|_| true);
    }

    fn read(&self) -> RwLockReadGuard<'_, State<K, V>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State<K, V>> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_forgotten_while_it_was_read_is_not_remembered() {
        let cache = Cache::<i64, &str>::default();
        let before = cache.get(&1).unwrap_err();
        cache.forget(&1);
        cache.learn(before, 1, "old");
        assert!(cache.get(&1).is_err());
    }

    #[test]
    fn what_was_read_is_remembered_until_it_is_forgotten() {
        let cache = Cache::default();
        let before = cache.get(&1).unwrap_err();
        cache.learn(before, 1, "one");
        assert_eq!(cache.get(&1), Ok("one"));
        cache.forget_where(|value| *value == "one");
        assert!(cache.get(&1).is_err());
    }
}
