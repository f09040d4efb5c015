//! Outlooks: what those have to expect who make tasks. Many are made at once, and all of them hear the same: who asks while
//! a look has not begun shares it, so that a hundred new tasks cost one look and not a hundred.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use model::{ProjectId, Surroundings};
use tokio::sync::OnceCell;

use crate::Error;
use crate::crew::Crew;

/// The looks that are about to begin.
#[derive(Debug, Default)]
pub(crate) struct Outlooks {
    /// At what is around a project's tasks; at nothing where the project is gone.
    pub(crate) around: Looks<ProjectId, Option<Surroundings>>,
    /// At the workers that are connected.
    pub(crate) crew: Looks<(), Crew>,
}

/// Looks that callers share. A look sees all that was kept before any of them asked.
#[derive(Debug)]
pub(crate) struct Looks<K, T> {
    gathering: Mutex<HashMap<K, Arc<OnceCell<Arc<T>>>>>,
    turn: tokio::sync::Mutex<()>,
}

impl<K, T> Default for Looks<K, T> {
    fn default() -> Self {
        Self {
            gathering: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }
}

impl<K: Eq + Hash + Copy, T> Looks<K, T> {
    /// What a look shows that begins after this was asked.
    pub(crate) async fn share(
        &self,
        at: K,
        look: impl AsyncFnOnce() -> Result<T, Error>,
    ) -> Result<Arc<T>, Error> {
        let shared = Arc::clone(self.lock().entry(at).or_default());
        let seen = shared.get_or_try_init(async || {
            // While one looks, the next gather.
            let _turn = self.turn.lock().await;
            self.lock().remove(&at);
            look().await.map(Arc::new)
        });
        seen.await.map(Arc::clone)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<K, Arc<OnceCell<Arc<T>>>>> {
        self.gathering
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::join_all;

    use super::*;

    #[tokio::test]
    async fn who_asks_before_a_look_begins_shares_it() {
        let (looks, count) = (Looks::default(), AtomicUsize::new(0));
        let ask = || {
            looks.share((), async || {
                // The others ask meanwhile, too late for this one.
                tokio::task::yield_now().await;
                Ok(count.fetch_add(1, Ordering::SeqCst))
            })
        };
        let seen = join_all((0..10).map(|_| ask())).await;
        let seen: Vec<usize> = seen.into_iter().map(|look| *look.unwrap()).collect();
        assert_eq!(seen, [vec![0], vec![1; 9]].concat());
        assert_eq!(*ask().await.unwrap(), 2);
    }
}
