//! WebSocket: frames to one viewer, in handfuls, until one of both sides ends it.

use std::future::poll_fn;
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream::FuturesUnordered;
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use model::stream::close;
use model::{Control, ProblemKind};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::bell::Bell;
use super::{AT_ONCE, Source, Word, bye, control_json};
use crate::failure::Failure;

/// A viewer that takes nothing for so long is closed; it may come back.
const PATIENCE: Duration = Duration::from_secs(60);
/// Whether a viewer is still there is asked with each heartbeat. One that was sent more than this since cannot
/// be told from one that is slow by its missing answer; the write deadline is for that one.
const UNANSWERED_BYTES: usize = 256 * 1024;
/// Nobody who stops reading holds up the end for longer.
const FAREWELL: Duration = Duration::from_secs(2);
/// Viewers say nothing but pong; what is longer than this is not for us.
const READ_LIMIT: usize = 16 * 1024;

/// Answers an upgrade with a stream.
pub(super) fn answer(
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    selected: Option<String>,
    source: impl Source + 'static,
    stop: CancellationToken,
) -> Result<Response, Failure> {
    let mut upgrade = upgrade.map_err(|refused| {
        Failure::new(
            ProblemKind::Malformed,
            format!("this address is a WebSocket: {refused}"),
        )
    })?;
    if let Some(protocol) = selected.and_then(|selected| HeaderValue::try_from(selected).ok()) {
        upgrade.set_selected_protocol(protocol);
    }
    // Small buffers: five thousand viewers with the usual ones take 679 MB, with these 38 MB.
    let upgrade = upgrade.read_buffer_size(4096).write_buffer_size(32 * 1024);
    let upgrade = upgrade
        .max_message_size(READ_LIMIT)
        .max_frame_size(READ_LIMIT);
    Ok(upgrade.on_upgrade(|socket| Viewer::new(socket).serve(source, stop)))
}

struct Viewer {
    socket: WebSocket,
    /// Since when an answer to a ping is awaited, and what was sent since.
    unanswered: Option<(Instant, usize)>,
    /// Rings when there may be something to read.
    bell: Bell,
}

/// Why a stream ends.
enum End {
    /// The connection is gone.
    Gone,
    /// The viewer said goodbye.
    Left,
    /// The viewer takes nothing.
    TooSlow,
    /// The last frame was a goodbye with this reason.
    Bye(String),
    /// The server stops.
    Stopping,
}

impl Viewer {
    fn new(socket: WebSocket) -> Self {
        Self {
            socket,
            unanswered: None,
            bell: Bell::default(),
        }
    }

    async fn serve(mut self, mut source: impl Source, stop: CancellationToken) {
        // Like the bell: looked at when it was woken, and not with every event.
        let mut stop = FuturesUnordered::from_iter([stop.cancelled_owned()]);
        let end = loop {
            let step = tokio::select! {
                word = source.next() => self.pass_on(word).await,
                message = self.hear() => self.receive(message),
                Some(()) = stop.next() => Err(End::Stopping),
            };
            if let Err(end) = step {
                break end;
            }
        };
        self.part(end).await;
    }

    /// Sends what the stream says, a handful of frames with each flush.
    async fn pass_on(&mut self, word: Option<Word>) -> Result<(), End> {
        match word.ok_or(End::Gone)? {
            Word::Frames(frames) => {
                for handful in frames.chunks(AT_ONCE) {
                    patiently(self.send_frames(handful)).await?;
                }
                Ok(())
            }
            Word::Control(control) => patiently(self.send_control(control)).await,
        }
    }

    async fn send_frames(&mut self, frames: &[super::Frame]) -> Result<(), End> {
        for frame in frames {
            self.feed(frame.json.clone()).await?;
        }
        self.flush().await
    }

    async fn send_control(&mut self, control: Control) -> Result<(), End> {
        if matches!(control, Control::StreamHeartbeat { .. }) {
            self.ask().await?;
        }
        self.feed(control_json(&control)).await?;
        self.flush().await?;
        match control {
            Control::StreamBye { reason, .. } => Err(End::Bye(reason)),
            _ => Ok(()),
        }
    }

    async fn feed(&mut self, json: Utf8Bytes) -> Result<(), End> {
        if let Some((_, sent)) = &mut self.unanswered {
            *sent = sent.saturating_add(json.len());
        }
        self.socket
            .feed(Message::Text(json))
            .await
            .map_err(|_| End::Gone)
    }

    async fn flush(&mut self) -> Result<(), End> {
        self.socket.flush().await.map_err(|_| End::Gone)
    }

    /// Asks whether anybody is there. A dead peer's machine takes small frames without a word for very long.
    async fn ask(&mut self) -> Result<(), End> {
        match self.unanswered {
            Some((since, sent)) if since.elapsed() >= PATIENCE && sent < UNANSWERED_BYTES => {
                return Err(End::TooSlow);
            }
            Some(_) => {}
            None => self.unanswered = Some((Instant::now(), 0)),
        }
        self.socket
            .feed(Message::Ping(Bytes::new()))
            .await
            .map_err(|_| End::Gone)
    }

    /// The next message of the viewer, who seldom says anything: looking clears a buffer each time.
    async fn hear(&mut self) -> Option<Result<Message, axum::Error>> {
        let Self { socket, bell, .. } = self;
        poll_fn(|context| bell.poll(context, |context| socket.poll_next_unpin(context))).await
    }

    /// Whatever comes is a sign of life; nothing else is expected.
    fn receive(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.unanswered = None;
        match message {
            Some(Ok(Message::Close(_))) => Err(End::Left),
            Some(Err(_)) | None => Err(End::Gone),
            Some(Ok(_)) => Ok(()),
        }
    }

    /// Ends as it should be done, for whoever is still there to hear it.
    async fn part(mut self, end: End) {
        let farewell = async {
            match end {
                End::Gone => {}
                End::Left => self.hear_out().await,
                End::Bye(reason) => self.close(&reason).await,
                End::TooSlow => self.say_goodbye("too_slow").await,
                End::Stopping => self.say_goodbye("shutdown").await,
            }
        };
        // Whoever does not take it has lost the connection anyway.
        let _gone = timeout(FAREWELL, farewell).await;
    }

    async fn say_goodbye(&mut self, reason: &str) {
        let bye = Message::Text(control_json(&bye(reason)));
        if self.socket.send(bye).await.is_ok() {
            self.close(reason).await;
        }
    }

    /// Closes, and waits for the other side to do so: else what was sent last may be thrown away.
    async fn close(&mut self, reason: &str) {
        let frame = CloseFrame {
            code: code_of(reason),
            reason: Utf8Bytes::from(reason),
        };
        if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
            self.hear_out().await;
        }
    }

    /// Reading to the end also answers a goodbye.
    async fn hear_out(&mut self) {
        while let Some(Ok(_)) = self.socket.recv().await {}
    }
}

/// Waits for the viewer to take what is sent, but not for ever.
async fn patiently(sending: impl Future<Output = Result<(), End>>) -> Result<(), End> {
    timeout(PATIENCE, sending)
        .await
        .unwrap_or(Err(End::TooSlow))
}

fn code_of(reason: &str) -> u16 {
    match reason {
        "token_revoked" | "login_ended" | "expired" => close::NOT_AUTHENTICATED,
        "not_allowed" => close::NOT_ALLOWED,
        "epoch_changed" => close::EPOCH_CHANGED,
        "too_slow" => close::TRY_AGAIN,
        "shutdown" => close::GOING_AWAY,
        "restart" => close::RESTART,
        _ => axum::extract::ws::close_code::NORMAL,
    }
}
