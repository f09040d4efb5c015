//! Server-sent events: the same frames as text, with `id:` on those that have a number.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName};
use model::{Control, ProblemKind};
use tokio_util::sync::CancellationToken;

use super::{Source, Word, bye, control_json};
use crate::extract::header_text;
use crate::failure::Failure;

/// Browsers come back after so many milliseconds.
const RETRY: &[u8] = b"retry: 1000\n";

/// Answers with a stream.
///
/// The body is made as it is read: a viewer that stops reading holds its place and nothing else, and the
/// transport under it gives up the connection.
pub(super) fn answer(source: impl Source + 'static, stop: CancellationToken) -> Response {
    let writer = Writer {
        source,
        stop,
        is_first: true,
    };
    let chunks = stream::unfold(Some(writer), |writer| async {
        let mut writer = writer?;
        let (chunk, is_last) = writer.chunk().await?;
        Some((
            Ok::<_, std::convert::Infallible>(chunk),
            (!is_last).then_some(writer),
        ))
    });
    let headers = [
        (CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (CACHE_CONTROL, "no-cache, no-store"),
        // Proxies that collect answers would hold events back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, Body::from_stream(chunks)).into_response()
}

struct Writer<S> {
    source: S,
    stop: CancellationToken,
    is_first: bool,
}

impl<S: Source> Writer<S> {
    /// What the stream says next, and whether it is the last word.
    async fn chunk(&mut self) -> Option<(Bytes, bool)> {
        let word = tokio::select! {
            word = self.source.next() => word?,
            () = self.stop.cancelled() => Word::Control(bye("shutdown")),
        };
        let mut chunk = BytesMut::new();
        if std::mem::take(&mut self.is_first) {
            chunk.put_slice(RETRY);
        }
        let is_last = matches!(word, Word::Control(Control::StreamBye { .. }));
        write(&mut chunk, &word);
        Some((chunk.freeze(), is_last))
    }
}

/// Control frames carry no `id:`, so that a browser resumes after the last event.
fn write(chunk: &mut BytesMut, word: &Word) {
    match word {
        Word::Control(control) => write_data(chunk, &control_json(control)),
        Word::Frames(frames) => {
            chunk.reserve(frames.iter().map(|frame| frame.json.len() + 32).sum());
            for frame in frames {
                chunk.put_slice(format!("id: {}\n", frame.number).as_bytes());
                write_data(chunk, &frame.json);
            }
        }
    }
}

fn write_data(chunk: &mut BytesMut, json: &str) {
    chunk.put_slice(b"data: ");
    chunk.put_slice(json.as_bytes());
    chunk.put_slice(b"\n\n");
}

/// Where to go on: a browser that comes back says it in a header, and its address is the old one.
pub(super) fn resume(headers: &HeaderMap, since: Option<i64>) -> Result<Option<i64>, Failure> {
    const LAST: HeaderName = HeaderName::from_static("last-event-id");
    match header_text(headers, &LAST) {
        None | Some("") => Ok(since),
        Some(text) => match text.trim().parse() {
            Ok(last) if last >= 0 => Ok(Some(last)),
            _ => Err(Failure::field(
                ProblemKind::Malformed,
                "Last-Event-ID",
                "must be a number that an event had",
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_frames_with_a_number_have_an_id() {
        let mut chunk = BytesMut::new();
        let frame = super::super::Frame {
            number: 7,
            json: "{\"seq\":7}".into(),
        };
        write(&mut chunk, &Word::Frames(vec![frame]));
        write(
            &mut chunk,
            &Word::Control(Control::StreamHeartbeat { head: 7 }),
        );
        let expected = "id: 7\ndata: {\"seq\":7}\n\ndata: {\"event_type\":\"stream_heartbeat\",\"head\":7}\n\n";
        assert_eq!(chunk, expected.as_bytes());
    }

    #[test]
    fn the_header_of_a_browser_that_comes_back_wins() {
        let mut headers = HeaderMap::new();
        assert_eq!(resume(&headers, Some(3)).ok(), Some(Some(3)));
        headers.insert("last-event-id", "9".parse().unwrap());
        assert_eq!(resume(&headers, Some(3)).ok(), Some(Some(9)));
        headers.insert("last-event-id", "x".parse().unwrap());
        assert!(resume(&headers, Some(3)).is_err());
    }
}
