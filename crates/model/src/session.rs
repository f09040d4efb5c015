//! Sessions: one conversation of one agent.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{Name, ProjectId, SessionId, Text, Timestamp, Totals};

words! {
    /// Where a conversation stands.
    SessionState ("session state") {
        /// The agent works.
        Running = "running",
        /// The agent waits for the next message.
        WaitingForInput = "waiting_for_input",
        /// The agent waits to be allowed something.
        WaitingForPermission = "waiting_for_permission",
        /// Nothing happens.
        Idle = "idle",
        /// It is over.
        Ended = "ended",
    }
}

/// One conversation of one agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The project that it belongs to.
    pub project_id: ProjectId,
    /// Which agent.
    pub agent: Name,
    /// The agent's own name for it, unique for the agent within the project.
    pub provider_session_id: Name,
    /// The directory that it works in.
    pub cwd: Option<Text>,
    /// The model that it used last.
    pub model: Option<Name>,
    /// Where it stands.
    pub state: SessionState,
    /// Messages of people that it has handled.
    pub messages: i64,
    /// What was spent on it.
    #[serde(flatten)]
    pub totals: Totals,
    /// When it began.
    pub started_at: Timestamp,
    /// When it last showed life.
    pub updated_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// What an agent says about its conversation; it is made when it is not known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionReport {
    /// Which agent.
    pub agent: Name,
    /// The agent's own name for it.
    pub provider_session_id: Name,
    /// The directory that it works in.
    pub cwd: Option<Text>,
    /// The model that it uses.
    pub model: Option<Name>,
    /// Where it stands.
    pub state: Option<SessionState>,
    /// Messages of people that it has handled since the last report.
    #[serde(default)]
    pub messages: i64,
}
