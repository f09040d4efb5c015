//! Four viewers that follow all events from the first one on and come back after each kill: the typed client over both
//! transports, and both transports by hand, which see what a client would hide: a row that comes twice.

use std::time::Duration;

use client::{EventQuery, Item, StreamKind};
use futures_util::StreamExt;
use model::Event;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Message, http::HeaderValue};

use crate::server::Server;

/// The ids of all events that a viewer saw, the first event's first.
pub(crate) type Seen = Vec<String>;

/// The viewers at work.
pub(crate) struct Viewers {
    tasks: JoinSet<(&'static str, Seen)>,
    /// The last number there will be, once that is known.
    end: watch::Sender<Option<i64>>,
}

/// What one viewer needs.
#[derive(Clone)]
struct Viewer {
    server: String,
    address: String,
    token: String,
    end: watch::Receiver<Option<i64>>,
}

impl Viewers {
    pub(crate) fn start(server: &Server) -> Self {
        let (end, receiver) = watch::channel(None);
        let viewer = Viewer {
            server: server.url(),
            address: server.address().to_owned(),
            token: server.token().to_owned(),
            end: receiver,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(
            viewer
                .clone()
                .typed("client over WebSocket", StreamKind::WebSocket),
        );
        tasks.spawn(viewer.clone().typed("client over SSE", StreamKind::Sse));
        tasks.spawn(viewer.clone().websocket());
        tasks.spawn(viewer.sse());
        Self { tasks, end }
    }

    /// What each viewer saw, once it has seen the event with the last number.
    pub(crate) async fn until(mut self, end: i64) -> Vec<(&'static str, Seen)> {
        self.end.send_replace(Some(end));
        let mut all = Vec::new();
        while let Some(seen) = self.tasks.join_next().await {
            all.push(seen.expect("a viewer found nothing wrong"));
        }
        all
    }
}

impl Viewer {
    async fn typed(self, name: &'static str, kind: StreamKind) -> (&'static str, Seen) {
        let client = client::Client::http(&self.server, Some(&self.token)).expect("a client");
        let mut stream = client.stream_events(kind, &EventQuery::default(), Some(0));
        let mut seen = Seen::new();
        let mut end = self.end.clone();
        while !self.has_all(&seen) {
            let item = tokio::select! {
                item = stream.next() => item,
                _ = end.changed() => continue,
            };
            match item
                .expect("the stream goes on")
                .expect("the stream has no end")
            {
                Item::Row(event) => note(name, &mut seen, &event),
                Item::Gap { from, to, reason } => {
                    panic!("{name}: {from} to {to} are gone: {reason}")
                }
                Item::Connected { .. } | Item::Disconnected { .. } => {}
            }
        }
        (name, seen)
    }

    async fn websocket(self) -> (&'static str, Seen) {
        let name = "WebSocket by hand";
        let mut seen = Seen::new();
        while !self.has_all(&seen) {
            if self.websocket_until_lost(name, &mut seen).await.is_none() {
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        }
        (name, seen)
    }

    /// One connection; `None` where there was none, or when it broke.
    async fn websocket_until_lost(&self, name: &str, seen: &mut Seen) -> Option<()> {
        let url = format!("ws://{}/ws/events?since={}", self.address, seen.len());
        let mut request = url.into_client_request().expect("the address is one");
        let token = HeaderValue::from_str(&format!("Bearer {}", self.token))
            .expect("the token can be sent");
        request.headers_mut().insert("authorization", token);
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.ok()?;
        let mut end = self.end.clone();
        while !self.has_all(seen) {
            let message = tokio::select! {
                message = socket.next() => message?.ok()?,
                _ = end.changed() => continue,
            };
            if let Message::Text(frame) = message {
                take(name, seen, &frame);
            }
        }
        Some(())
    }

    async fn sse(self) -> (&'static str, Seen) {
        let name = "SSE by hand";
        let mut seen = Seen::new();
        while !self.has_all(&seen) {
            if self.sse_until_lost(name, &mut seen).await.is_none() {
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        }
        (name, seen)
    }

    /// One connection of HTTP/1.0, which is not sent in chunks; `None` where there was none, or when it broke.
    async fn sse_until_lost(&self, name: &str, seen: &mut Seen) -> Option<()> {
        let mut socket = TcpStream::connect(&self.address).await.ok()?;
        let request = format!(
            "GET /api/events/stream HTTP/1.0\r\nHost: {}\r\nAuthorization: Bearer {}\r\nLast-Event-ID: {}\r\n\r\n",
            self.address,
            self.token,
            seen.len()
        );
        socket.write_all(request.as_bytes()).await.ok()?;
        let mut lines = BufReader::new(socket).lines();
        let status = lines.next_line().await.ok()??;
        assert!(
            status.contains(" 200 ") || status.contains(" 503 "),
            "{name}: {status}"
        );
        let mut end = self.end.clone();
        // A frame that was cut off by a kill has no empty line behind it and does not count.
        let mut data = None;
        while !self.has_all(seen) {
            let line = tokio::select! {
                line = lines.next_line() => line.ok()??,
                _ = end.changed() => continue,
            };
            match line.strip_prefix("data:") {
                Some(frame) => data = Some(frame.trim_start().to_owned()),
                None if line.is_empty() => {
                    if let Some(frame) = data.take() {
                        take(name, seen, &frame);
                    }
                }
                None => {}
            }
        }
        Some(())
    }

    fn has_all(&self, seen: &Seen) -> bool {
        self.end
            .borrow()
            .is_some_and(|end| seen.len() as i64 >= end)
    }
}

fn take(name: &str, seen: &mut Seen, frame: &str) {
    let value: Value =
        serde_json::from_str(frame).unwrap_or_else(|error| panic!("{name}: {error}: {frame}"));
    match value["event_type"].as_str() {
        Some("stream_gap") => panic!("{name}: {frame}"),
        Some(word) if word.starts_with("stream_") => {}
        _ => note(
            name,
            seen,
            &serde_json::from_value(value).expect("the frame is an event"),
        ),
    }
}

/// The next event is the next number: none is missed, none comes twice.
fn note(name: &str, seen: &mut Seen, event: &Event) {
    assert_eq!(
        event.seq,
        seen.len() as i64 + 1,
        "{name}: the next event is the next number"
    );
    seen.push(event.id.to_string());
}
