//! The word of a process that does a task to the worker that started it: its exit code. All else it tells the server itself.

use std::process::{ExitCode, ExitStatus};

/// How far a process came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// The command ran, or was not to run.
    Began,
    /// The workspace or the command could not be made here.
    NotPrepared,
    /// The command could not be started here.
    NotStarted,
}

/// Codes that nothing else ends with.
const NOT_PREPARED: u8 = 40;
const NOT_STARTED: u8 = 41;

impl Word {
    /// The word that an exit means; none where the process ended in another way.
    pub(super) fn of(status: ExitStatus) -> Option<Self> {
        match status.code().map(u8::try_from) {
            Some(Ok(0)) => Some(Self::Began),
            Some(Ok(NOT_PREPARED)) => Some(Self::NotPrepared),
            Some(Ok(NOT_STARTED)) => Some(Self::NotStarted),
            _ => None,
        }
    }
}

impl From<Word> for ExitCode {
    fn from(word: Word) -> Self {
        Self::from(match word {
            Word::Began => 0,
            Word::NotPrepared => NOT_PREPARED,
            Word::NotStarted => NOT_STARTED,
        })
    }
}
