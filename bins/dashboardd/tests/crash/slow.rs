//! One viewer that reads nothing costs three hundred others nothing, and misses nothing when it reads again.

use std::sync::Arc;

use client::{EventQuery, StreamKind};
use futures_util::StreamExt;
use serde_json::{Value, json};
use testkit::Place;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Message, http::HeaderValue};

use crate::server::Server;

const FAST: usize = 300;
const BATCHES: usize = 40;
/// Events of one batch: many for the slow viewer, who asks for all, and one that the fast ones ask for.
const BATCH: usize = 100;
/// Together far more than the connection to a viewer that does not read can hold.
const BYTES: usize = 2_000;
/// Small, so that the slow viewer is behind early.
const RECEIVE_BUFFER: u32 = 4_096;

#[test]
fn a_slow_viewer_costs_the_others_nothing_and_misses_nothing() {
    testkit::run(Place::file, slow_beside_fast);
}

async fn slow_beside_fast(place: Arc<Place>) {
    let server = Server::start(&place).await;
    let client = server.client();
    let query = EventQuery {
        limit: Some(1),
        ..EventQuery::default()
    };
    let start = client
        .list_events(&query)
        .await
        .expect("read the last event")
        .first()
        .map_or(0, |event| event.seq);
    let end = start + (BATCHES * BATCH) as i64;

    let mut slow = open_slowly(&server, start).await;
    let mut fast = JoinSet::new();
    for _ in 0..FAST {
        let ticks = EventQuery {
            event_type: vec!["agent.tick".into()],
            ..EventQuery::default()
        };
        let mut stream = client.stream_events(StreamKind::WebSocket, &ticks, Some(start));
        fast.spawn(async move {
            for batch in 1..=BATCHES {
                let event = stream
                    .row()
                    .await
                    .expect("the stream goes on")
                    .expect("the stream has no end");
                let expected = start + (batch * BATCH) as i64;
                assert_eq!(event.seq, expected, "a fast viewer sees every tick once");
            }
        });
    }
    let mut batch = vec![json!({"event_type": "filler", "message": "x".repeat(BYTES)}); BATCH - 1];
    batch.push(json!({"event_type": "tick"}));
    let batch = serde_json::from_value(json!(batch)).expect("events");
    for _ in 0..BATCHES {
        client
            .create_events(&batch)
            .await
            .expect("no writer waits for a viewer");
    }
    // The slow viewer has read nothing by now, and the fast ones have everything all the same.
    while let Some(done) = fast.join_next().await {
        done.expect("a fast viewer found nothing wrong");
    }
    let mut next = start + 1;
    while next <= end {
        let message = slow
            .next()
            .await
            .expect("the slow viewer is not cut off")
            .expect("its connection stands");
        let Message::Text(frame) = message else {
            continue;
        };
        let frame: Value = serde_json::from_str(&frame).expect("a frame is JSON");
        assert_ne!(frame["event_type"], "stream_gap", "{frame}");
        if let Some(seq) = frame["seq"].as_i64() {
            assert_eq!(seq, next, "the slow viewer sees every event once");
            next += 1;
        }
    }
}

async fn open_slowly(
    server: &Server,
    since: i64,
) -> tokio_tungstenite::WebSocketStream<tokio::net::TcpStream> {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .set_recv_buffer_size(RECEIVE_BUFFER)
        .expect("a small buffer");
    let stream = socket
        .connect(server.address().parse().expect("an address"))
        .await
        .expect("reach the server");
    let url = format!("ws://{}/ws/events?since={since}", server.address());
    let mut request = url.into_client_request().expect("the address is one");
    let token = HeaderValue::from_str(&format!("Bearer {}", server.token()))
        .expect("the token can be sent");
    request.headers_mut().insert("authorization", token);
    client_async(request, stream)
        .await
        .expect("open the stream")
        .0
}
