//! Streams: the control frames that every stream speaks beside its events or log lines.

use serde::{Deserialize, Serialize};

/// A frame that is about the stream itself. It has the outer form of an event, so that one reader does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "event_type", rename_all = "snake_case")]
pub enum Control {
    /// The first frame.
    StreamHello {
        /// The database's life; a cursor from another one is worth nothing.
        epoch: String,
        /// The last number there is.
        head: i64,
    },
    /// A sign of life, at least every 15 seconds.
    StreamHeartbeat {
        /// The last number there is.
        head: i64,
    },
    /// History that was asked for is gone.
    StreamGap {
        /// The first number that is missing.
        from: i64,
        /// The last number that is missing.
        to: i64,
        /// `epoch_changed` or `expired`.
        reason: String,
    },
    /// The last frame.
    StreamBye {
        /// Why: `shutdown`, `ended`, `too_slow`, `token_revoked`.
        reason: String,
        /// Whether to come back with the last number.
        resume: bool,
    },
}

/// How often a stream shows life, in seconds.
pub const HEARTBEAT_SECONDS: u64 = 15;

/// WebSocket close codes.
pub mod close {
    /// The server stops; come back.
    pub const GOING_AWAY: u16 = 1001;
    /// The server starts again; come back.
    pub const RESTART: u16 = 1012;
    /// Too slow; come back.
    pub const TRY_AGAIN: u16 = 1013;
    /// Not authenticated, or no longer.
    pub const NOT_AUTHENTICATED: u16 = 4401;
    /// Not allowed.
    pub const NOT_ALLOWED: u16 = 4403;
    /// The database's life changed; load anew.
    pub const EPOCH_CHANGED: u16 = 4409;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_frames_look_like_events() {
        let hello = Control::StreamHello {
            epoch: "e".into(),
            head: 7,
        };
        assert_eq!(
            serde_json::to_string(&hello).unwrap(),
            r#"{"event_type":"stream_hello","epoch":"e","head":7}"#
        );
    }
}
