//! A server that takes webhooks, on a port of its own. The test sees each request and decides what is answered, and when.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

/// A server that takes webhooks.
#[derive(Debug)]
pub struct Hooks {
    address: SocketAddr,
    received: mpsc::UnboundedReceiver<Hook>,
}

/// A request that waits for its answer.
#[derive(Debug)]
pub struct Hook {
    /// Path and query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as it came.
    pub body: String,
    reply: oneshot::Sender<Response>,
}

impl Hooks {
    /// Begins to listen.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port for the test");
        let address = listener.local_addr().expect("a port has an address");
        let (sender, received) = mpsc::unbounded_channel();
        let router = Router::new().fallback(take).with_state(sender);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, received }
    }

    /// The address of a path here.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next request, as soon as it is there.
    ///
    /// # Panics
    /// When the server is gone.
    pub async fn next(&mut self) -> Hook {
        self.received
            .recv()
            .await
            .expect("the server lives as long as the test")
    }

    /// Whether no request waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.received.is_empty()
    }
}

impl Hook {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// A header's text; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// Answers with a status and a text.
    pub fn answer(self, status: u16, text: &str) {
        self.answer_with(status, &[], text);
    }

    /// Answers with headers besides.
    ///
    /// # Panics
    /// When the status or a header is none.
    pub fn answer_with(self, status: u16, headers: &[(&'static str, &str)], text: &str) {
        let status = StatusCode::from_u16(status).expect("the test names a status");
        let mut response = (status, text.to_owned()).into_response();
        for (name, value) in headers {
            let value = value.parse().expect("the test names a header");
            response.headers_mut().insert(*name, value);
        }
        // Whoever asked may be gone.
        drop(self.reply.send(response));
    }
}

async fn take(
    State(sender): State<mpsc::UnboundedSender<Hook>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (reply, answer) = oneshot::channel();
    let hook = Hook {
        path: uri.to_string(),
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
        reply,
    };
    drop(sender.send(hook));
    let dropped = StatusCode::INTERNAL_SERVER_ERROR;
    answer.await.unwrap_or_else(|_| dropped.into_response())
}
