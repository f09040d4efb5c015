//! A dashboard to test: in this process, or on a port of its own where sockets are wanted.

// Every test file uses a part of it.
#![allow(dead_code, unreachable_pub)]

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use client::Client;
use dashboard::{Dashboard, Settings};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// The first admin token of every dashboard here.
pub const ADMIN: &str = "dsh_the-admin-token-of-the-tests";

pub struct Server {
    pub dashboard: Dashboard,
    pub router: Router,
    pub stop: CancellationToken,
    /// Where the files of tasks lie.
    pub files: tempfile::TempDir,
}

/// What came back.
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The kind of the problem.
    pub fn kind(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.text
        );
        let json = self.json();
        assert_eq!(json["status"], self.status.as_u16(), "{json}");
        assert_eq!(json["error"], json["title"], "{json}");
        assert_eq!(json["instance"], self.header("x-request-id"), "{json}");
        json["type"]
            .as_str()
            .unwrap()
            .trim_start_matches("/problems/")
            .to_owned()
    }
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let stop = settings.shutdown.clone();
        let files = tempfile::tempdir().unwrap();
        let builder = Dashboard::builder()
            .in_memory()
            .files(files.path())
            .settings(settings)
            .admin_token(ADMIN)
            .allow_private_addresses(true);
        let dashboard = builder.build().await.unwrap();
        let router = dashboard.router();
        Self {
            dashboard,
            router,
            stop,
            files,
        }
    }

    /// A client that calls as the admin.
    pub fn admin(&self) -> Client {
        Client::in_process(self.router.clone(), Some(ADMIN))
    }

    pub async fn send(&self, request: Request<Body>) -> Answered {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answered {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    /// Asks as the admin.
    pub async fn get(&self, path: &str) -> Answered {
        self.send(as_admin("GET", path).body(Body::empty()).unwrap())
            .await
    }

    /// Sends JSON as the admin.
    pub async fn post(&self, path: &str, body: impl Into<String>) -> Answered {
        self.send_json("POST", path, body).await
    }

    pub async fn send_json(&self, method: &str, path: &str, body: impl Into<String>) -> Answered {
        let request = as_admin(method, path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.into())).unwrap())
            .await
    }

    /// Serves it on a port of its own until `stop` is cancelled.
    pub async fn listen(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = self
            .router
            .clone()
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        address
    }
}

pub fn as_admin(method: &str, path: &str) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {ADMIN}"))
}

pub fn as_nobody(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(path)
}
