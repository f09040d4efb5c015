//! Streams: events and log lines as they happen, over WebSocket and SSE, under one contract.
//!
//! What is sent, in which order, what is missed and when a stream ends is decided by `app`. Here the frames
//! only find their way to the wire.

mod bell;
mod by;
mod events;
mod logs;
mod socket;
mod sse;

use app::{EventStream, Next, RunLogStream};
use axum::extract::ws::Utf8Bytes;
use model::Control;
use utoipa_axum::router::OpenApiRouter;

use crate::state::Api;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    events::routes().merge(logs::routes())
}

/// As many frames go to the wire at once: flushing each one costs seven times as much.
const AT_ONCE: usize = 64;

/// What a stream says next.
enum Word {
    /// Events or lines, at least one.
    Frames(Vec<Frame>),
    /// A word about the stream itself.
    Control(Control),
}

/// An event or a line. All viewers share its text.
struct Frame {
    number: i64,
    json: Utf8Bytes,
}

/// Where frames come from.
trait Source: Send {
    /// Waits for what comes next; after `None` the stream is over. It may be cancelled without losing anything.
    fn next(&mut self) -> impl Future<Output = Option<Word>> + Send;
}

macro_rules! sources {
    ($($stream:ty),*) => {$(
        impl Source for $stream {
            async fn next(&mut self) -> Option<Word> {
                Some(match Self::next(self).await? {
                    Next::Control(control) => Word::Control(control),
                    Next::Frames(frames) => Word::Frames(
                        frames.iter().map(|frame| Frame { number: frame.number(), json: frame.json() }).collect(),
                    ),
                })
            }
        }
    )*};
}

sources!(EventStream, RunLogStream);

/// A control frame as JSON.
fn control_json(control: &Control) -> Utf8Bytes {
    // A control frame is made of texts and numbers: writing it cannot fail.
    serde_json::to_string(control).unwrap_or_default().into()
}

/// What is said last where it is not `app` that ends the stream; the viewer may come back.
fn bye(reason: &str) -> Control {
    Control::StreamBye {
        reason: reason.to_owned(),
        resume: true,
    }
}
