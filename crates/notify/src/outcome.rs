//! How sending went.

use std::time::Duration;

/// The other side took the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The status that it answered with, of HTTP or SMTP.
    pub status: Option<u16>,
    /// What it said.
    pub answer: String,
}

/// The other side did not take the message, or could not be reached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{answer}")]
pub struct Failure {
    /// The status that it answered with, of HTTP or SMTP.
    pub status: Option<u16>,
    /// What it said, or what went wrong.
    pub answer: String,
    /// Whether it is worth trying again.
    pub hope: Hope,
    /// Who has it all the same, where it was for several.
    pub reached: Vec<String>,
}

/// Whether something that failed is worth trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hope {
    /// It may go better later.
    Later,
    /// The other side asks to wait so long.
    After(Duration),
    /// It will not, until a person changes something.
    None,
}

impl Failure {
    /// Nobody was reached.
    pub(crate) fn unreached(answer: impl Into<String>, hope: Hope) -> Self {
        Self {
            status: None,
            answer: answer.into(),
            hope,
            reached: Vec::new(),
        }
    }
}
