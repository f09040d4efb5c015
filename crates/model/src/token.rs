//! Tokens: what machines call with. The secret is shown once and kept as a hash.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{Name, Principal, PrincipalKind, ProjectId, ProjectRef, RunId, Timestamp, TokenId};

words! {
    /// What a caller may do.
    Scope ("scope") {
        /// See everything.
        Read = "read",
        /// Report runs, logs, calls, events; work on tasks.
        Report = "report",
        /// Create and change tickets, tasks, projects; pause, answer, approve, cancel.
        Operate = "operate",
        /// Manage tokens and users; back up. It includes all others.
        Admin = "admin",
    }
}

/// What a machine calls with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Its name for people, and in whose name it acts.
    pub name: Name,
    /// What kind of caller holds it.
    pub kind: PrincipalKind,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The first characters of the secret, to tell tokens apart.
    pub prefix: String,
    /// The only project that it may see and change.
    pub project_id: Option<ProjectId>,
    /// The only run that it may write to; such tokens belong to runs and are not listed.
    pub run_id: Option<RunId>,
    /// Who made it.
    pub created_by: Principal,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to within a minute.
    pub last_used_at: Option<Timestamp>,
}

/// Asks for a new token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Its name for people, and in whose name it acts.
    pub name: Name,
    /// What kind of caller holds it; `service` when absent.
    pub kind: Option<PrincipalKind>,
    /// What it may do; at least one.
    #[schema(min_items = 1)]
    pub scopes: Vec<Scope>,
    /// The only project that it may see and change, by slug or id.
    #[schema(value_type = Option<ProjectRef>)]
    pub project: Option<String>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A new token with its secret, which is shown this once.
#[derive(Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenCreated {
    /// The token.
    pub token: Token,
    /// What to send as `Authorization: Bearer`.
    pub secret: String,
}

impl std::fmt::Debug for TokenCreated {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TokenCreated")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}
