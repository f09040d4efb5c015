//! Users: people who log in with a password.

use serde::{Deserialize, Serialize};

use crate::{LoginId, Name, Principal, ProjectId, Scope, Slug, Text, Timestamp, UserId};

/// A person who may log in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The name to log in with, unique in any case.
    pub name: Name,
    /// What this person may do.
    pub scopes: Vec<Scope>,
    /// Whether the person may not log in for now.
    pub disabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Counts the edits; an edit names the version that it saw.
    pub version: i64,
}

/// A password on its way to being checked; it is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 8, max_length = 1024, format = Password)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(****)")
    }
}

/// Asks for a new user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name to log in with.
    pub name: Name,
    /// The password, 8 to 1,024 characters.
    pub password: Password,
    /// What this person may do; `read` and `operate` when absent.
    #[schema(min_items = 1)]
    pub scopes: Option<Vec<Scope>>,
}

/// What of a user changes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UserPatch {
    /// A new password; it ends the person's logins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// What this person may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1)]
    pub scopes: Option<Vec<Scope>>,
    /// Whether the person may not log in; `true` ends the person's logins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// The version that the caller saw; `If-Match` says the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// One browser of one person that is logged in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Login {
    /// Its id.
    pub id: LoginId,
    /// Who is logged in; none for a login by token or first-run link.
    pub user_id: Option<UserId>,
    /// In whose name it acts.
    pub principal: Principal,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Logs in: with name and password, with a token, or with the one-time code of a login link.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LoginRequest {
    /// The user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Text>,
    /// The user's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Password>,
    /// A token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Password>,
    /// The code of a login link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<Password>,
}

/// Who the caller is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Me {
    /// In whose name the caller acts.
    pub principal: Principal,
    /// What the caller may do.
    pub scopes: Vec<Scope>,
    /// The only project that the caller may see, where it is restricted to one.
    pub project_id: Option<ProjectId>,
    /// The slug of the caller's current project.
    pub current_project: Option<Slug>,
    /// When the caller's token or login ends.
    pub expires_at: Option<Timestamp>,
    /// Sent back as `X-CSRF-Token` with every change that is authenticated by the login cookie.
    pub csrf_token: Option<String>,
}

/// A ticket for one stream.
#[derive(Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StreamTicket {
    /// Put it into the stream's address as `?ticket=`; it works once.
    pub ticket: String,
    /// When it ends, 30 seconds after it was made.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for StreamTicket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StreamTicket")
            .finish_non_exhaustive()
    }
}
