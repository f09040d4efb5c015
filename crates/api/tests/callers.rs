//! Who calls: every way to be recognised, and every way not to be.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod support;

use axum::body::Body;
use dashboard::{Limits, Settings};
use http::StatusCode;
use serde_json::Value;
use support::{ADMIN, Answered, Server, as_admin, as_nobody};

/// Logs in by token; gives the cookie and the CSRF token.
async fn log_in(server: &Server) -> (String, String) {
    let body = format!("{{\"token\": \"{ADMIN}\"}}");
    let request = as_nobody("POST", "/api/login").header("content-type", "application/json");
    let answer = server.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let cookie = answer
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let csrf = answer.json()["csrf_token"].as_str().unwrap().to_owned();
    (cookie, csrf)
}

fn document() -> Value {
    serde_json::to_value(dashboard_api::openapi()).unwrap()
}

/// Every operation: method, a path with ids in it, and whether it is open to everyone.
fn operations() -> Vec<(String, String, bool)> {
    let document = document();
    let id = "01900000-0000-7000-8000-000000000000";
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let filled: String = path
            .split('/')
            .map(|part| if part.starts_with('{') { id } else { part })
            .collect::<Vec<_>>()
            .join("/");
        for (method, operation) in item.as_object().unwrap() {
            let open = operation["security"].as_array().is_some_and(Vec::is_empty);
            found.push((method.to_uppercase(), filled.clone(), open));
        }
    }
    found
}

#[tokio::test]
async fn nobody_gets_nothing_that_is_not_open() {
    let server = Server::start().await;
    for (method, path, open) in operations() {
        let request = as_nobody(&method, &path).header("content-type", "application/json");
        let answer = server.send(request.body(Body::from("{}")).unwrap()).await;
        if open {
            assert_ne!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            continue;
        }
        assert_eq!(
            answer.status,
            StatusCode::UNAUTHORIZED,
            "{method} {path}: {}",
            answer.text
        );
        assert_eq!(answer.kind(), "unauthenticated");
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer realm=\"dashboardd\""
        );
    }
}

#[tokio::test]
async fn a_made_up_token_is_nobody() {
    let server = Server::start().await;
    for authorization in [
        "Bearer dsh_made-up",
        "Bearer ",
        "Basic YTpi",
        "dsh_made-up",
        "Bearer \u{e4}",
    ] {
        let request = as_nobody("GET", "/api/me").header("authorization", authorization.as_bytes());
        let answer = server.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.kind(), "unauthenticated", "{authorization}");
    }
}

#[tokio::test]
async fn the_cookie_reads_and_changes_only_with_its_csrf_token() {
    let server = Server::start().await;
    let (cookie, csrf) = log_in(&server).await;
    let read = as_nobody("GET", "/api/me").header("cookie", &cookie);
    assert_eq!(
        server.send(read.body(Body::empty()).unwrap()).await.status,
        StatusCode::OK
    );
    let change = |csrf: Option<&str>| {
        let request = as_nobody("POST", "/api/tickets").header("cookie", &cookie);
        let request = request.header("content-type", "application/json");
        let request = csrf.into_iter().fold(request, |request, csrf| {
            request.header("x-csrf-token", csrf)
        });
        server.send(request.body(Body::from("{\"title\": \"a\"}")).unwrap())
    };
    for wrong in [None, Some(""), Some("made up")] {
        let refused = change(wrong).await;
        assert!(
            refused.status == StatusCode::FORBIDDEN || refused.status == StatusCode::UNAUTHORIZED
        );
    }
    assert_eq!(change(Some(&csrf)).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_cookie_is_guarded_and_ends_with_the_login() {
    let settings = Settings {
        port: Some(8080),
        base_path: "/x/".into(),
        ..Settings::default()
    };
    let server = Server::with(settings).await;
    let body = format!("{{\"token\": \"{ADMIN}\"}}");
    let request = as_nobody("POST", "/x/api/login").header("content-type", "application/json");
    let answer = server.send(request.body(Body::from(body)).unwrap()).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("dashboard_8080_x="), "{cookie}");
    assert!(
        cookie.contains("; Path=/x/;") && cookie.contains("; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    let (pair, csrf) = (
        cookie.split(';').next().unwrap(),
        answer.json()["csrf_token"].as_str().unwrap().to_owned(),
    );
    let request = as_nobody("POST", "/x/api/logout")
        .header("cookie", pair)
        .header("x-csrf-token", csrf);
    let answer = server.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    let request = as_nobody("GET", "/x/api/me").header("cookie", pair);
    assert_eq!(
        server
            .send(request.body(Body::empty()).unwrap())
            .await
            .kind(),
        "unauthenticated"
    );
}

#[tokio::test]
async fn logging_in_needs_no_caller_for_a_key() {
    let server = Server::start().await;
    let request = as_nobody("POST", "/api/login").header("content-type", "application/json");
    let body = Body::from(format!("{{\"token\": \"{ADMIN}\"}}"));
    let request = request.header("idempotency-key", "k").body(body);
    assert_eq!(server.send(request.unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_bad_bearer_token_is_not_saved_by_a_good_cookie() {
    let server = Server::start().await;
    let (cookie, _) = log_in(&server).await;
    let request = as_nobody("GET", "/api/me")
        .header("cookie", cookie)
        .header("authorization", "Bearer bad");
    assert_eq!(
        server
            .send(request.body(Body::empty()).unwrap())
            .await
            .kind(),
        "unauthenticated"
    );
}

async fn ask_from(server: &Server, host: &str, origin: Option<&str>) -> Answered {
    let request = as_admin("GET", "/api/me").header("host", host);
    let request = origin
        .into_iter()
        .fold(request, |request, origin| request.header("origin", origin));
    server.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn other_names_and_other_sites_are_refused() {
    let settings = Settings {
        allowed_hosts: vec!["dash.local".into()],
        public_url: Some("https://dash.example.org".into()),
        ..Settings::default()
    };
    let server = Server::with(settings).await;
    for (host, origin, expected) in [
        ("127.0.0.1:8080", None, StatusCode::OK),
        ("dash.local", None, StatusCode::OK),
        ("evil.org", None, StatusCode::FORBIDDEN),
        (
            "127.0.0.1:8080",
            Some("http://127.0.0.1:8080"),
            StatusCode::OK,
        ),
        (
            "127.0.0.1:8080",
            Some("https://dash.example.org"),
            StatusCode::OK,
        ),
        (
            "127.0.0.1:8080",
            Some("http://evil.org"),
            StatusCode::FORBIDDEN,
        ),
        ("127.0.0.1:8080", Some("null"), StatusCode::FORBIDDEN),
    ] {
        let answer = ask_from(&server, host, origin).await;
        assert_eq!(answer.status, expected, "{host} {origin:?}");
    }
}

#[tokio::test]
async fn one_token_cannot_send_without_end() {
    let limits = Limits {
        requests_per_second: 3,
        ..Limits::default()
    };
    let server = Server::with(Settings {
        limits,
        ..Settings::default()
    })
    .await;
    let mut last = server.get("/api/me").await;
    for _ in 0..5 {
        last = server.get("/api/me").await;
    }
    assert_eq!(
        (last.status, last.kind().as_str()),
        (StatusCode::TOO_MANY_REQUESTS, "rate_limited")
    );
    assert!(last.header("retry-after").parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn an_answer_with_a_secret_is_not_given_twice() {
    let server = Server::start().await;
    let create = || {
        let request = as_admin("POST", "/api/tokens").header("content-type", "application/json");
        let request = request.header("idempotency-key", "k");
        server.send(
            request
                .body(Body::from(r#"{"name": "ci", "scopes": ["read"]}"#))
                .unwrap(),
        )
    };
    let first = create().await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert!(first.json()["secret"].is_string());
    let second = create().await;
    assert_eq!(second.status, StatusCode::CONFLICT, "{}", second.text);
    assert!(
        !second
            .text
            .contains(first.json()["secret"].as_str().unwrap())
    );
}
