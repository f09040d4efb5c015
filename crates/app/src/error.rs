//! Why a use case was refused or could not be carried out. One `match` in `api` turns these into problems.

use model::{FieldError, Hold, NotAllowed, ProblemKind, TaskId};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or the caller may not see it.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// There is no such task, or the caller may not see it, where several are named.
    #[error("there is no task {0}")]
    NoTask(TaskId),
    /// A file's row is there and its content is not.
    #[error("the content of this file is lost: it is not among the server's files any more")]
    ContentLost,
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// No or no valid credentials.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The caller's version is stale.
    #[error("it was changed since you read it")]
    StaleVersion {
        /// The thing as it is now.
        current: serde_json::Value,
    },
    /// The state does not allow it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// It waits for other tasks, which are named.
    #[error("{0}")]
    ParentsOpen(String),
    /// Tasks would wait for each other.
    #[error("{0}")]
    Circle(String),
    /// Something keeps the task from being taken.
    #[error("cannot claim this task: {}", .0.detail)]
    Held(Hold),
    /// Something of this name is there already.
    #[error("{0}")]
    AlreadyExists(String),
    /// The lease is somebody else's now, or nobody's.
    #[error("the lease of this run is over")]
    LeaseLost,
    /// The request asks for what no request may ask for.
    #[error("the request cannot be read")]
    Malformed(Vec<FieldError>),
    /// The request can be read but is not right.
    #[error("the request is not right")]
    Invalid(Vec<FieldError>),
    /// Too many requests.
    #[error("too many attempts")]
    RateLimited {
        /// Seconds to wait before the next one.
        retry_after: u64,
    },
    /// The disk is full; nothing was kept.
    #[error("the disk of the server is full")]
    StorageFull,
    /// The database cannot be reached for now.
    #[error("the database cannot be reached for now")]
    Unavailable(#[source] Option<store::Error>),
    /// This server cannot do it, the way it was set up.
    #[error("{0}")]
    Unsupported(String),
    /// Something that nobody foresaw.
    #[error("something went wrong in the server")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// One field that is not right.
    #[must_use]
    pub fn invalid(pointer: impl Into<String>, detail: impl std::fmt::Display) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, detail)])
    }

    /// The same about one of several.
    pub(crate) fn below(self, index: usize) -> Self {
        let Self::Invalid(mut errors) = self else {
            return self;
        };
        for error in &mut errors {
            error.pointer = format!("/{index}{}", error.pointer);
        }
        Self::Invalid(errors)
    }

    /// A version that is not the current one.
    pub(crate) fn stale(current: &impl serde::Serialize) -> Self {
        match serde_json::to_value(current) {
            Ok(current) => Self::StaleVersion { current },
            Err(error) => Self::internal(error),
        }
    }

    /// A file of the server that could not be written.
    #[must_use]
    pub fn unwritten(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::StorageFull
            }
            _ => Self::internal(error),
        }
    }

    /// Something that nobody foresaw.
    pub(crate) fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }

    /// What kind of problem it is.
    #[must_use]
    pub const fn kind(&self) -> ProblemKind {
        match self {
            Self::NotFound(_) | Self::NoTask(_) | Self::ContentLost => ProblemKind::NotFound,
            Self::Forbidden(_) => ProblemKind::Forbidden,
            Self::Unsupported(_) => ProblemKind::Unsupported,
            Self::Unauthenticated(_) => ProblemKind::Unauthenticated,
            Self::StaleVersion { .. } => ProblemKind::StaleVersion,
            Self::NotAllowed(_) | Self::ParentsOpen(_) | Self::Circle(_) | Self::Held(_) => {
                ProblemKind::MoveNotAllowed
            }
            Self::AlreadyExists(_) => ProblemKind::AlreadyExists,
            Self::LeaseLost => ProblemKind::LeaseLost,
            Self::Malformed(_) => ProblemKind::Malformed,
            Self::Invalid(_) => ProblemKind::Invalid,
            Self::RateLimited { .. } => ProblemKind::RateLimited,
            Self::StorageFull => ProblemKind::StorageFull,
            Self::Unavailable(_) => ProblemKind::Unavailable,
            Self::Internal(_) => ProblemKind::Internal,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        use store::Kind;
        match error.kind {
            Kind::Conflict => Self::AlreadyExists("it is there already".to_owned()),
            Kind::Stale => Self::StaleVersion {
                current: serde_json::Value::Null,
            },
            Kind::BadCursor => Self::invalid("cursor", model::BadCursor),
            Kind::Full => Self::StorageFull,
            Kind::Busy | Kind::Unavailable => Self::Unavailable(Some(error)),
            Kind::Unsupported => Self::Unsupported(error.to_string()),
            Kind::Missing | Kind::InUse | Kind::Unfit | Kind::Corrupt | Kind::Internal => {
                Self::internal(error)
            }
        }
    }
}
