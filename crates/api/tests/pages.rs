//! What is served besides the API: health, metrics, the documentation; with and without a base path.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod support;

use axum::body::Body;
use dashboard::Settings;
use http::StatusCode;
use support::{Server, as_nobody};

#[tokio::test]
async fn health_is_open_to_everyone() {
    let server = Server::start().await;
    for path in ["/health", "/livez", "/readyz"] {
        let answer = server
            .send(as_nobody("GET", path).body(Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        assert_eq!(answer.json()["status"], "ok");
        assert!(answer.json()["version"].is_string());
    }
}

#[tokio::test]
async fn metrics_count_requests_by_route() {
    let server = Server::start().await;
    server.get("/api/tickets?limit=1").await;
    let answer = server.get("/api/metrics").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let series =
        "dashboard_http_requests_total{method=\"GET\",route=\"/api/tickets\",status=\"2xx\"} ";
    let counted = answer
        .text
        .lines()
        .find_map(|line| line.strip_prefix(series));
    let counted: u64 = counted.expect("the series is there").parse().unwrap();
    assert!(counted > 0);
    assert!(
        answer
            .text
            .contains("dashboard_http_request_duration_seconds_bucket")
    );
}

#[tokio::test]
async fn the_documentation_works_below_any_base_path() {
    for base in ["/", "/x/"] {
        let server = Server::with(Settings {
            base_path: base.into(),
            ..Settings::default()
        })
        .await;
        let page = server.get(&format!("{base}docs/")).await;
        assert_eq!(page.status, StatusCode::OK, "{base}");
        assert!(
            page.header("content-security-policy")
                .contains("script-src 'self';")
        );
        assert!(
            !page.text.contains("://"),
            "it must not load anything from elsewhere"
        );
        let setup = server
            .get(&format!("{base}docs/swagger-initializer.js"))
            .await;
        assert!(setup.text.contains("../api/openapi.json"), "{}", setup.text);
        assert_eq!(
            server.get(&format!("{base}docs/none.js")).await.status,
            StatusCode::NOT_FOUND
        );
        let document = server.get(&format!("{base}api/openapi.json")).await.json();
        assert_eq!(document["servers"][0]["url"], base);
    }
}

#[tokio::test]
async fn docs_without_a_slash_leads_to_the_pages() {
    let server = Server::with(Settings {
        base_path: "/x".into(),
        ..Settings::default()
    })
    .await;
    let answer = server.get("/x/docs").await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (StatusCode::PERMANENT_REDIRECT, "docs/")
    );
}

#[tokio::test]
async fn everything_lies_below_the_base_path_and_nothing_beside_it() {
    let server = Server::with(Settings {
        base_path: "/x/".into(),
        ..Settings::default()
    })
    .await;
    assert_eq!(server.get("/x/api/me").await.status, StatusCode::OK);
    assert_eq!(server.get("/x/api/none").await.kind(), "not_found");
    assert_eq!(server.get("/api/me").await.status, StatusCode::NOT_FOUND);
    let link = server.get("/x/api/projects?limit=1").await;
    assert_eq!(link.status, StatusCode::OK);
    for path in ["/x", "/x/", "/x/tickets"] {
        let page = server.get(path).await;
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{path}"
        );
        assert!(
            page.text.contains("<base href=\"/x/\""),
            "{path}: {}",
            page.text
        );
    }
}
