//! Status: how the server is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// Whether the server hands out work.
    DaemonState ("daemon state") {
        /// It does.
        Running = "running",
        /// A person paused it.
        Paused = "paused",
    }
}

/// Whether the server is alive; open to everyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HealthAnswer {
    /// `ok`, or `unavailable` when the database cannot be reached.
    pub status: String,
    /// Seconds since the start.
    pub uptime: i64,
    /// The server's version.
    pub version: String,
}

/// Open streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Connections {
    /// Over WebSocket.
    pub ws: i64,
    /// Over server-sent events.
    pub sse: i64,
}

/// Whether notifications reach a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelStatus {
    /// Whether one of its channels took what it was sent last, or was sent nothing yet.
    pub connected: bool,
}

/// Whether an MCP server is healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct McpServerStatus {
    /// Whether it is.
    pub healthy: bool,
}

/// How the server is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Status {
    /// Always `running`.
    pub status: String,
    /// The server's version.
    pub version: String,
    /// Since the start, such as `3h24m12s`.
    pub uptime: String,
    /// Seconds since the start.
    pub uptime_seconds: i64,
    /// Whether work is handed out.
    pub daemon_state: DaemonState,
    /// Where notifications go, by platform.
    pub channels: BTreeMap<String, ChannelStatus>,
    /// MCP servers that were reported, by name.
    pub mcp_servers: BTreeMap<String, McpServerStatus>,
    /// Who answered the last call to a model.
    pub provider: Option<String>,
    /// The model of the last call.
    pub model: Option<String>,
    /// Open streams.
    pub connections: Connections,
    /// Tasks that may be taken.
    pub queue_depth: i64,
    /// Runs that have not ended.
    pub active_runs: i64,
    /// Runs by state, since the beginning.
    pub runs: BTreeMap<String, i64>,
    /// The database's life.
    pub epoch: String,
    /// The last event's number.
    pub head: i64,
    /// Which engine keeps the data: `sqlite` or `postgres`.
    pub database: String,
}
