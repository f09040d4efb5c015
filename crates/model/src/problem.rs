//! Problems: how every refusal looks (RFC 9457).

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// What kind of refusal it is. On the wire it ends the `type` address.
    ProblemKind ("kind of problem") {
        /// The request cannot be read.
        Malformed = "malformed",
        /// No or no valid credentials.
        Unauthenticated = "unauthenticated",
        /// The caller may not do this.
        Forbidden = "forbidden",
        /// There is no such thing, or the caller may not see it.
        NotFound = "not_found",
        /// Not with this method.
        MethodNotAllowed = "method_not_allowed",
        /// The caller's version is stale.
        StaleVersion = "stale_version",
        /// The state does not allow it.
        MoveNotAllowed = "move_not_allowed",
        /// Something of this name is there already.
        AlreadyExists = "already_exists",
        /// The lease is somebody else's now.
        LeaseLost = "lease_lost",
        /// The request is too large.
        TooLarge = "too_large",
        /// The body's type is not one that is read here.
        UnsupportedMediaType = "unsupported_media_type",
        /// The request can be read but is not right.
        Invalid = "invalid",
        /// Too many requests.
        RateLimited = "rate_limited",
        /// It took too long.
        TimedOut = "timed_out",
        /// The disk is full.
        StorageFull = "storage_full",
        /// This server cannot do it, the way it was set up.
        Unsupported = "unsupported",
        /// The database cannot be reached for now.
        Unavailable = "unavailable",
        /// Something that nobody foresaw.
        Internal = "internal",
    }
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// What kind, as an address: `/problems/` and the kind.
    pub r#type: String,
    /// What kind, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time.
    pub detail: String,
    /// The id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// What is wrong with which field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The thing as it is now, where a version was stale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<serde_json::Value>,
    /// The title again, for simple clients.
    pub error: String,
}

impl Problem {
    /// The kind that the type names, where it is one of ours.
    #[must_use]
    pub fn kind(&self) -> Option<ProblemKind> {
        self.r#type.rsplit('/').next()?.parse().ok()
    }
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Where: a JSON pointer into the body, or the name of a query parameter.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

impl FieldError {
    /// Names the field and what is wrong with it.
    #[must_use]
    pub fn new(pointer: impl Into<String>, detail: impl std::fmt::Display) -> Self {
        Self {
            pointer: pointer.into(),
            detail: detail.to_string(),
        }
    }
}
