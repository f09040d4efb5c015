//! What can go wrong between a caller and a server.

use model::{Problem, ProblemKind};

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server refused.
    #[error("{}", describe(.0))]
    Problem(Box<Problem>),
    /// Something between here and there answered, but not our server.
    #[error("the server answered {status} with something that is not ours: {excerpt}")]
    Foreign {
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        excerpt: String,
    },
    /// The server cannot be reached, or the connection broke before the answer was there.
    #[error("reach the server")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is not of the expected shape.
    #[error("read the server's answer")]
    Unreadable(#[source] serde_json::Error),
    /// What was to be sent cannot be sent.
    #[error("prepare the request: {0}")]
    BadRequest(String),
    /// The server closed a stream for good.
    #[error("the server closed the stream: {reason}")]
    Closed {
        /// Why.
        reason: String,
    },
}

impl Error {
    /// The kind of the server's refusal, where it is one.
    #[must_use]
    pub fn kind(&self) -> Option<ProblemKind> {
        match self {
            Self::Problem(problem) => problem.kind(),
            _ => None,
        }
    }

    /// Whether the same call may succeed later without any change to it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Problem(problem) => matches!(problem.status, 408 | 429 | 500 | 502..=599),
            Self::Foreign { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::Unreadable(_) | Self::BadRequest(_) | Self::Closed { .. } => false,
        }
    }
}

impl Error {
    /// Whether the server was there, and its certificate is not one that this machine trusts.
    #[must_use]
    pub fn is_untrusted(&self) -> bool {
        let Self::Unreachable(cause) = self else {
            return false;
        };
        let mut next: Option<&(dyn std::error::Error + 'static)> = Some(&**cause);
        while let Some(cause) = next {
            if is_bad_certificate(cause) {
                return true;
            }
            next = cause.source();
        }
        false
    }
}

fn is_bad_certificate(cause: &(dyn std::error::Error + 'static)) -> bool {
    // An I/O error does not name what it wraps as its source, and may wrap another one.
    match cause.downcast_ref::<std::io::Error>() {
        Some(wrapped) => wrapped
            .get_ref()
            .is_some_and(|inside| is_bad_certificate(inside)),
        None => matches!(
            cause.downcast_ref(),
            Some(rustls::Error::InvalidCertificate(_))
        ),
    }
}

/// Title, detail and fields in one line.
fn describe(problem: &Problem) -> String {
    let mut text = problem.title.clone();
    if !problem.detail.is_empty() && problem.detail != problem.title {
        text = format!("{text}: {}", problem.detail);
    }
    // With one field that is wrong, the detail has said it already.
    let unsaid = |field: &&model::FieldError| !problem.detail.contains(&field.detail);
    for field in problem.errors.iter().filter(unsaid) {
        text = format!("{text}; {} {}", field.pointer, field.detail);
    }
    text
}
