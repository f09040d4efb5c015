//! Trouble: tasks that could not begin here, one after the other. They slow a worker down, so that others get them first;
//! and a worker whose command cannot be started goes.

use std::time::Duration;

use runner::Backoff;

use super::word::Word;

/// So often in a row a command may fail to start.
const MOST: u32 = 3;

/// What did not begin since something last did.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    backoff: Backoff,
    not_started: u32,
    pause: Duration,
}

impl Trouble {
    /// Hears how far a task came. Says why the worker should go, when it should.
    pub(super) fn hear(&mut self, word: Word) -> Option<String> {
        match word {
            Word::Began => {
                *self = Self::default();
                return None;
            }
            Word::NotPrepared => {}
            Word::NotStarted => self.not_started += 1,
        }
        self.pause = self.backoff.next(rand::random());
        // A directory that is missing is one task's matter; without its command it can do nothing at all.
        (self.not_started >= MOST)
            .then(|| format!("its command could not be started {MOST} times in a row"))
    }

    /// How long to wait before asking for the next task. It is waited once.
    pub(super) fn pause(&mut self) -> Duration {
        std::mem::take(&mut self.pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_cannot_be_started_sends_its_worker_away() {
        let mut trouble = Trouble::default();
        for word in [Word::NotStarted, Word::NotPrepared, Word::NotStarted] {
            assert_eq!(trouble.hear(word), None);
            assert!(!trouble.pause().is_zero());
            assert!(trouble.pause().is_zero());
        }
        assert!(trouble.hear(Word::NotStarted).is_some());
    }

    #[test]
    fn a_missing_directory_slows_a_worker_down_and_what_begins_ends_that() {
        let mut trouble = Trouble::default();
        for _ in 0..100 {
            assert_eq!(trouble.hear(Word::NotPrepared), None);
        }
        assert!(trouble.pause() >= Duration::from_secs(5));
        trouble.hear(Word::NotStarted);
        trouble.hear(Word::NotStarted);
        trouble.hear(Word::Began);
        assert!(trouble.pause().is_zero());
        assert_eq!(trouble.hear(Word::NotStarted), None);
    }
}
