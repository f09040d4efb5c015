//! Streams: the contract as a viewer sees it, over WebSocket and SSE.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use dashboard::Settings;
use futures_util::{SinkExt, StreamExt};
use http::StatusCode;
use http::header::{HeaderName, SEC_WEBSOCKET_PROTOCOL};
use http_body_util::BodyExt;
use serde_json::Value;
use support::{ADMIN, Server, as_admin, as_nobody};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tower::ServiceExt;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Long enough for a busy machine; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(20);

/// Opens a WebSocket with these headers; gives it with the selected subprotocol.
async fn open(
    address: SocketAddr,
    path: &str,
    headers: &[(HeaderName, String)],
) -> Result<(Socket, Option<String>), StatusCode> {
    let mut request = format!("ws://{address}{path}")
        .into_client_request()
        .unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok((socket, response)) => {
            let selected = response.headers().get(SEC_WEBSOCKET_PROTOCOL);
            Ok((
                socket,
                selected.map(|value| value.to_str().unwrap().to_owned()),
            ))
        }
        Err(Error::Http(response)) => Err(response.status()),
        Err(error) => panic!("{error}"),
    }
}

fn bearer() -> Vec<(HeaderName, String)> {
    vec![(http::header::AUTHORIZATION, format!("Bearer {ADMIN}"))]
}

async fn admin_socket(address: SocketAddr, path: &str) -> Socket {
    open(address, path, &bearer()).await.unwrap().0
}

/// The next frame of JSON.
async fn frame(socket: &mut Socket) -> Value {
    loop {
        let message = tokio::time::timeout(PATIENCE, socket.next())
            .await
            .expect("a frame in time");
        match message.expect("an open stream").unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// The code with which the other side closes, once every frame before it was read.
async fn close_code(socket: &mut Socket) -> u16 {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next())
            .await
            .expect("an end in time")
        {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
            Some(Ok(_)) => {}
            other => panic!("no code: {other:?}"),
        }
    }
}

async fn post(server: &Server, event_type: &str) -> i64 {
    let answer = server
        .post(
            "/api/events",
            format!("{{\"event_type\": \"{event_type}\"}}"),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()["last_seq"].as_i64().unwrap()
}

/// SSE as it comes: blocks of lines.
struct Sse {
    body: Body,
    buffer: String,
}

impl Sse {
    async fn open(server: &Server, path: &str, last: Option<i64>) -> Self {
        let request = as_admin("GET", path);
        let request = last.into_iter().fold(request, |request, last| {
            request.header("last-event-id", last)
        });
        let response = server
            .router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            response.headers()["content-type"],
            "text/event-stream; charset=utf-8"
        );
        assert!(!response.headers().contains_key("content-encoding"));
        Self {
            body: response.into_body(),
            buffer: String::new(),
        }
    }

    /// The next block; `None` at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.buffer = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(PATIENCE, self.body.frame())
                .await
                .expect("a frame in time")?;
            self.buffer
                .push_str(std::str::from_utf8(chunk.unwrap().data_ref().unwrap()).unwrap());
        }
    }

    /// The next block's id and data.
    async fn next(&mut self) -> Option<(Option<i64>, Value)> {
        let block = self.block().await?;
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        let data = serde_json::from_str(field("data: ").expect("every frame has data")).unwrap();
        assert!(field("event:").is_none(), "{block}");
        Some((field("id: ").map(|id| id.parse().unwrap()), data))
    }
}

#[tokio::test]
async fn a_stream_says_hello_and_then_what_happens() {
    let server = Server::start().await;
    let address = server.listen().await;
    let mut socket = admin_socket(address, "/ws/events").await;
    let hello = frame(&mut socket).await;
    assert_eq!(hello["event_type"], "stream_hello");
    assert!(hello["epoch"].is_string());
    let seq = post(&server, "test_run_pass").await;
    let event = frame(&mut socket).await;
    assert_eq!(
        (event["event_type"].as_str(), event["seq"].as_i64()),
        (Some("test_run_pass"), Some(seq))
    );
}

#[tokio::test]
async fn live_and_replayed_frames_are_the_same_bytes() {
    let server = Server::start().await;
    let mut live = Sse::open(&server, "/api/events/stream", None).await;
    live.block().await;
    let seq = post(&server, "test_run_pass").await;
    let live = live.block().await.unwrap();
    let mut replayed = Sse::open(
        &server,
        &format!("/api/events/stream?since={}", seq - 1),
        None,
    )
    .await;
    replayed.block().await;
    assert_eq!(replayed.block().await.unwrap(), live);
    assert!(live.starts_with(&format!("id: {seq}\ndata: {{")), "{live}");
}

#[tokio::test]
async fn only_events_have_an_id_and_the_header_resumes() {
    let server = Server::start().await;
    let first = post(&server, "test_run_pass").await;
    let second = post(&server, "test_run_fail").await;
    // The address is the one of the first connection; the browser's header is newer.
    let path = format!("/api/events/stream?since={}", first - 1);
    let mut stream = Sse::open(&server, &path, Some(first)).await;
    let (id, hello) = stream.next().await.unwrap();
    assert_eq!(
        (id, hello["event_type"].as_str()),
        (None, Some("stream_hello"))
    );
    let (id, event) = stream.next().await.unwrap();
    assert_eq!((id, event["seq"].as_i64()), (Some(second), Some(second)));
}

#[tokio::test]
async fn filters_are_applied_by_the_server() {
    let server = Server::start().await;
    let address = server.listen().await;
    let path = "/ws/events?event_type=test_run_*&severity=warning";
    let mut socket = admin_socket(address, path).await;
    frame(&mut socket).await;
    for event_type in ["test_run_pass", "secret_detected", "test_run_fail"] {
        post(&server, event_type).await;
    }
    assert_eq!(frame(&mut socket).await["event_type"], "test_run_fail");
}

#[tokio::test]
async fn one_projects_stream_holds_only_its_events() {
    let server = Server::start().await;
    let address = server.listen().await;
    for slug in ["one", "two"] {
        server
            .post("/api/projects", format!("{{\"slug\": \"{slug}\"}}"))
            .await;
    }
    let mut socket = admin_socket(address, "/ws/projects/two").await;
    frame(&mut socket).await;
    for (project, title) in [("one", "Not here"), ("two", "Here")] {
        let body = format!("{{\"project\": \"{project}\", \"title\": \"{title}\"}}");
        server.post("/api/tickets", body).await;
    }
    let event = frame(&mut socket).await;
    assert_eq!(
        (event["event_type"].as_str(), event["ticket_title"].as_str()),
        (Some("ticket_created"), Some("Here"))
    );
    assert_eq!(
        open(address, "/ws/projects/none", &bearer()).await.err(),
        Some(StatusCode::NOT_FOUND)
    );
}

#[tokio::test]
async fn another_epoch_is_a_gap_up_to_the_head() {
    let server = Server::start().await;
    post(&server, "test_run_pass").await;
    let head = post(&server, "test_run_pass").await;
    let mut stream = Sse::open(&server, "/api/events/stream?since=1&epoch=another", None).await;
    stream.next().await;
    let (id, gap) = stream.next().await.unwrap();
    assert_eq!((id, gap["event_type"].as_str()), (None, Some("stream_gap")));
    assert_eq!(
        (gap["to"].as_i64(), gap["reason"].as_str()),
        (Some(head), Some("epoch_changed"))
    );
    let next = post(&server, "test_run_fail").await;
    assert_eq!(stream.next().await.unwrap().0, Some(next));
}

#[tokio::test]
async fn a_server_that_stops_says_goodbye() {
    let server = Server::with(Settings::default()).await;
    let address = server.listen().await;
    let mut socket = admin_socket(address, "/ws/events").await;
    let mut sse = Sse::open(&server, "/api/events/stream", None).await;
    frame(&mut socket).await;
    sse.next().await;
    server.stop.cancel();
    let bye = frame(&mut socket).await;
    assert_eq!(
        (bye["event_type"].as_str(), bye["reason"].as_str()),
        (Some("stream_bye"), Some("shutdown"))
    );
    assert_eq!(bye["resume"], true);
    assert_eq!(close_code(&mut socket).await, 1001);
    assert_eq!(sse.next().await.unwrap().1["event_type"], "stream_bye");
    assert!(
        sse.next().await.is_none(),
        "the stream ends after the goodbye"
    );
}

#[tokio::test]
async fn a_revoked_token_ends_its_streams() {
    let server = Server::start().await;
    let address = server.listen().await;
    let created = server
        .post("/api/tokens", r#"{"name": "viewer", "scopes": ["read"]}"#)
        .await
        .json();
    let secret = created["secret"].as_str().unwrap();
    let offered = vec![(
        SEC_WEBSOCKET_PROTOCOL,
        format!("dashboard.v1, bearer.{secret}"),
    )];
    let (mut socket, _) = open(address, "/ws/events", &offered).await.unwrap();
    frame(&mut socket).await;
    let path = format!("/api/tokens/{}", created["token"]["id"].as_str().unwrap());
    assert_eq!(
        server.send_json("DELETE", &path, "").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(close_code(&mut socket).await, 4401);
    assert_eq!(
        open(address, "/ws/events", &offered).await.err(),
        Some(StatusCode::UNAUTHORIZED)
    );
}

#[tokio::test]
async fn a_token_is_presented_in_every_documented_way() {
    let server = Server::start().await;
    let address = server.listen().await;
    let offer = |text: String| vec![(SEC_WEBSOCKET_PROTOCOL, text)];
    for (path, headers, selected) in [
        (
            "/ws/events".to_owned(),
            offer(format!("dashboard.v1, bearer.{ADMIN}")),
            Some("dashboard.v1".to_owned()),
        ),
        (
            "/ws/events".to_owned(),
            offer(format!("bearer.{ADMIN}")),
            Some(format!("bearer.{ADMIN}")),
        ),
        ("/ws/events".to_owned(), bearer(), None),
        (format!("/ws/events?token={ADMIN}"), Vec::new(), None),
    ] {
        let (mut socket, found) = open(address, &path, &headers).await.unwrap();
        assert_eq!(found, selected);
        assert_eq!(frame(&mut socket).await["event_type"], "stream_hello");
    }
    for (path, headers) in [
        ("/ws/events", Vec::new()),
        ("/ws/events?token=made-up", Vec::new()),
        ("/ws/events?ticket=made-up", Vec::new()),
        ("/ws/events", offer("dashboard.v1".to_owned())),
        (
            "/ws/events",
            offer("dashboard.v1, bearer.made-up".to_owned()),
        ),
    ] {
        assert_eq!(
            open(address, path, &headers).await.err(),
            Some(StatusCode::UNAUTHORIZED),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_stream_ticket_works_once() {
    let server = Server::start().await;
    let address = server.listen().await;
    let ticket = server.post("/api/streams/ticket", "").await;
    assert_eq!(ticket.status, StatusCode::CREATED, "{}", ticket.text);
    let path = format!(
        "/ws/events?ticket={}",
        ticket.json()["ticket"].as_str().unwrap()
    );
    let (mut socket, _) = open(address, &path, &[]).await.unwrap();
    assert_eq!(frame(&mut socket).await["event_type"], "stream_hello");
    assert_eq!(
        open(address, &path, &[]).await.err(),
        Some(StatusCode::UNAUTHORIZED)
    );
}

#[tokio::test]
async fn the_cookie_opens_a_stream_only_from_our_own_page() {
    let server = Server::start().await;
    let address = server.listen().await;
    let login = as_nobody("POST", "/api/login").header("content-type", "application/json");
    let login = server
        .send(
            login
                .body(Body::from(format!("{{\"token\": \"{ADMIN}\"}}")))
                .unwrap(),
        )
        .await;
    let cookie = login
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    for (origin, expected) in [
        (Some(format!("http://{address}")), None),
        (
            Some("http://evil.org".to_owned()),
            Some(StatusCode::FORBIDDEN),
        ),
        (None, Some(StatusCode::UNAUTHORIZED)),
    ] {
        let mut headers = vec![(http::header::COOKIE, cookie.clone())];
        headers.extend(origin.clone().map(|origin| (http::header::ORIGIN, origin)));
        assert_eq!(
            open(address, "/ws/events", &headers).await.err(),
            expected,
            "{origin:?}"
        );
    }
}

#[tokio::test]
async fn a_ticket_of_work_is_a_filter_and_not_a_credential() {
    let server = Server::start().await;
    let address = server.listen().await;
    let ticket = server
        .post("/api/tickets", r#"{"title": "Mine"}"#)
        .await
        .json();
    let path = format!("/ws/events?ticket={}", ticket["id"].as_str().unwrap());
    let mut socket = admin_socket(address, &path).await;
    frame(&mut socket).await;
    server.post("/api/tickets", r#"{"title": "Other"}"#).await;
    let edit = format!("/api/tickets/{}", ticket["id"].as_str().unwrap());
    server
        .send_json("PATCH", &edit, r#"{"title": "Mine still"}"#)
        .await;
    assert_eq!(frame(&mut socket).await["event_type"], "ticket_updated");
}

#[tokio::test]
async fn a_request_that_is_no_upgrade_is_told_so() {
    let server = Server::start().await;
    let answer = server.get("/ws/events").await;
    assert_eq!(
        (answer.status, answer.kind().as_str()),
        (StatusCode::BAD_REQUEST, "malformed")
    );
}

#[tokio::test]
async fn a_viewer_that_leaves_is_answered() {
    let server = Server::start().await;
    let address = server.listen().await;
    let mut socket = admin_socket(address, "/ws/events").await;
    frame(&mut socket).await;
    socket.close(None).await.unwrap();
    let mut last = None;
    while let Some(message) = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap() {
        last = Some(message.expect("no connection that breaks"));
    }
    assert!(matches!(last, Some(Message::Close(_))), "{last:?}");
}

#[tokio::test]
async fn what_viewers_say_is_bounded() {
    let server = Server::start().await;
    let address = server.listen().await;
    let mut socket = admin_socket(address, "/ws/events").await;
    frame(&mut socket).await;
    socket
        .send(Message::text("short words do no harm"))
        .await
        .unwrap();
    post(&server, "test_run_pass").await;
    assert_eq!(frame(&mut socket).await["event_type"], "test_run_pass");
    // The connection may break while it is still being sent.
    let _ = socket.send(Message::text("x".repeat(1 << 20))).await;
    let end = tokio::time::timeout(PATIENCE, async {
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    assert!(end.is_ok(), "the server hangs up");
}

async fn start_run(server: &Server) -> String {
    let run = server.post("/api/runs", r#"{"title": "Print"}"#).await;
    assert_eq!(run.status, StatusCode::CREATED, "{}", run.text);
    run.json()["run"]["id"].as_str().unwrap().to_owned()
}

async fn print(server: &Server, run: &str, lines: &[&str]) {
    let lines: Vec<Value> = lines
        .iter()
        .map(|text| serde_json::json!({ "text": text }))
        .collect();
    let answer = server
        .post(
            &format!("/api/runs/{run}/logs"),
            Value::from(lines).to_string(),
        )
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn a_runs_log_is_followed_to_its_end() {
    let server = Server::start().await;
    let address = server.listen().await;
    let run = start_run(&server).await;
    print(&server, &run, &["one", "two"]).await;
    let mut socket = admin_socket(address, &format!("/ws/runs/{run}/logs?since=0")).await;
    let mut sse = Sse::open(
        &server,
        &format!("/api/runs/{run}/logs/stream?since=1"),
        None,
    )
    .await;
    assert_eq!(frame(&mut socket).await["event_type"], "stream_hello");
    assert_eq!(frame(&mut socket).await["text"], "one");
    assert_eq!(frame(&mut socket).await["text"], "two");
    sse.next().await;
    let (id, line) = sse.next().await.unwrap();
    assert_eq!((id, line["text"].as_str()), (Some(2), Some("two")));
    print(&server, &run, &["three"]).await;
    assert_eq!(frame(&mut socket).await["line"], 3);
    assert_eq!(sse.next().await.unwrap().0, Some(3));
    server
        .post(
            &format!("/api/runs/{run}/finish"),
            r#"{"outcome": "completed"}"#,
        )
        .await;
    for bye in [frame(&mut socket).await, sse.next().await.unwrap().1] {
        assert_eq!(
            (bye["event_type"].as_str(), bye["reason"].as_str()),
            (Some("stream_bye"), Some("ended"))
        );
        assert_eq!(bye["resume"], false);
    }
    assert_eq!(close_code(&mut socket).await, 1000);
}

#[tokio::test]
async fn a_raw_log_is_read_whole_and_in_parts() {
    let server = Server::start().await;
    let run = start_run(&server).await;
    print(&server, &run, &["one", "two", "three"]).await;
    let path = format!("/api/runs/{run}/logs/raw");
    let whole = server.get(&path).await;
    assert_eq!(
        (whole.status, whole.text.as_str()),
        (StatusCode::OK, "one\ntwo\nthree\n")
    );
    let part = |range: &str| {
        let request = as_admin("GET", &path).header("range", range);
        server.send(request.body(Body::empty()).unwrap())
    };
    let middle = part("bytes=4-7").await;
    assert_eq!(
        (middle.status, middle.text.as_str()),
        (StatusCode::PARTIAL_CONTENT, "two\n")
    );
    assert_eq!(middle.header("content-range"), "bytes 4-7/14");
    let beyond = part("bytes=14-").await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.header("content-range"), "bytes */14");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_stream_says_in_time_that_it_lives() {
    let server = Server::start().await;
    let mut socket = admin_socket(server.listen().await, "/ws/events").await;
    assert_eq!(frame(&mut socket).await["event_type"], "stream_hello");
    let begun = std::time::Instant::now();
    assert_eq!(frame(&mut socket).await["event_type"], "stream_heartbeat");
    let promised = Duration::from_secs(model::stream::HEARTBEAT_SECONDS);
    assert!(begun.elapsed() + Duration::from_secs(1) > promised);
}
