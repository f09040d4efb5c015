//! The bare server: a route that parses and answers, and a WebSocket that broadcasts ready bytes. It keeps nothing, knows
//! nobody and filters nothing.

use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use model::{EventId, EventsAppended, NewEvent, NewTask};
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};

/// More than any measurement publishes at once.
const RING: usize = 16 * 1024;
const FRAMES_A_FLUSH: usize = 64;

/// Serves until the process is ended; prints the address first.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let (frames, _) = channel(RING);
    let routes = Router::new()
        .route("/api/events", post(parse_and_answer))
        .route("/api/tasks", post(parse_and_echo))
        .route("/publish", post(publish))
        .route("/ws/events", get(watch))
        .with_state(frames);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn parse_and_answer(Json(event): Json<NewEvent>) -> Json<EventsAppended> {
    let first_seq = i64::try_from(event.message.as_str().len()).unwrap_or_default();
    Json(EventsAppended {
        ids: vec![EventId::new()],
        first_seq,
        last_seq: first_seq,
    })
}

async fn parse_and_echo(Json(task): Json<NewTask>) -> Json<NewTask> {
    Json(task)
}

/// Takes frames, one a line, that are already what viewers get.
async fn publish(State(frames): State<Sender<Utf8Bytes>>, body: String) -> &'static str {
    for frame in body.lines() {
        // Without a viewer there is nobody to tell.
        let _ = frames.send(frame.into());
    }
    "ok"
}

async fn watch(State(frames): State<Sender<Utf8Bytes>>, upgrade: WebSocketUpgrade) -> Response {
    let receiver = frames.subscribe();
    upgrade
        .read_buffer_size(4096)
        .on_upgrade(|socket| forward(socket, receiver))
}

async fn forward(mut socket: WebSocket, mut frames: Receiver<Utf8Bytes>) {
    use futures_util::SinkExt;
    if socket
        .send(Message::text("{\"event_type\":\"stream_hello\"}"))
        .await
        .is_err()
    {
        return;
    }
    loop {
        let mut next = match frames.recv().await {
            Ok(frame) => Some(frame),
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        let mut fed = 0;
        while let Some(frame) = next.take() {
            if socket.feed(Message::Text(frame)).await.is_err() {
                return;
            }
            fed += 1;
            if fed < FRAMES_A_FLUSH {
                next = frames.try_recv().ok();
            }
        }
        if socket.flush().await.is_err() {
            return;
        }
    }
}
