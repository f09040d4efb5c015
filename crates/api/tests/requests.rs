//! How requests are read and refused: the same for every resource.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod support;

use axum::body::Body;
use dashboard::{Limits, Settings};
use http::StatusCode;
use support::{Server, as_admin, as_nobody};

const TICKETS: &str = "/api/tickets";

#[tokio::test]
async fn a_body_that_is_no_json_is_malformed() {
    let server = Server::start().await;
    for body in [
        "",
        "{",
        "{\"title\": }",
        "{\"a\": ",
        "{\"title\": \"a\"} x",
        "\u{feff}{}",
        "{\"title\": \"\\ud800\"}",
    ] {
        let answer = server.post(TICKETS, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.kind(), "malformed", "{body}");
    }
}

#[tokio::test]
async fn what_is_wrong_in_a_body_is_pointed_at() {
    let server = Server::start().await;
    for (body, pointer, detail) in [
        (r#"{"title": 7}"#, "/title", "invalid type"),
        (r#"{"title": ""}"#, "/title", "must not be empty"),
        (r#"{"title": "a\u0000b"}"#, "/title", "U+0000"),
        (
            r#"{"title": "a", "labels": ["x", 3]}"#,
            "/labels/1",
            "invalid type",
        ),
        (r#"{"title": "a", "status": "lost"}"#, "/status", "`queued`"),
        (
            r#"{"title": "a", "colour": "red"}"#,
            "/colour",
            "unknown field `colour`",
        ),
        (r#"{}"#, "/title", "missing field `title`"),
        (r#"[]"#, "", "invalid"),
    ] {
        let answer = server.post(TICKETS, body).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{body}: {}",
            answer.text
        );
        assert_eq!(answer.kind(), "invalid");
        let error = &answer.json()["errors"][0];
        assert_eq!(error["pointer"], pointer, "{body}: {error}");
        assert!(
            error["detail"].as_str().unwrap().contains(detail),
            "{body}: {error}"
        );
    }
}

#[tokio::test]
async fn in_a_batch_the_row_is_named_too() {
    let server = Server::start().await;
    let answer = server
        .post("/api/events", r#"[{"event_type": "x"}, {"event_type": 4}]"#)
        .await;
    assert_eq!(
        answer.json()["errors"][0]["pointer"],
        "/1/event_type",
        "{}",
        answer.text
    );
    let answer = server.post("/api/events", r#"  {"event_type": ""}"#).await;
    assert_eq!(
        answer.json()["errors"][0]["pointer"],
        "/event_type",
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let server = Server::start().await;
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let mut request = as_admin("POST", TICKETS);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let answer = server
            .send(request.body(Body::from("{\"title\": \"a\"}")).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(answer.kind(), "unsupported_media_type");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_too_deep_is_refused() {
    let limits = Limits {
        body_bytes: 1000,
        batch_bytes: 2000,
        ..Limits::default()
    };
    let server = Server::with(Settings {
        limits,
        ..Settings::default()
    })
    .await;
    let large = format!("{{\"title\": \"{}\"}}", "a".repeat(1000));
    let answer = server.post(TICKETS, &large).await;
    assert_eq!(
        (answer.status, answer.kind().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "too_large")
    );
    let chunks = futures_util::stream::iter([large].map(Ok::<_, std::io::Error>));
    let request = as_admin("POST", TICKETS).header("content-type", "application/json");
    let answer = server
        .send(request.body(Body::from_stream(chunks)).unwrap())
        .await;
    assert_eq!(
        answer.kind(),
        "too_large",
        "a length that is not announced counts too"
    );
    let deep = format!(
        "{{\"event_type\": \"x\", \"details\": {}{}}}",
        "[".repeat(100),
        "]".repeat(100)
    );
    let answer = server.post("/api/events", deep).await;
    assert_eq!(answer.kind(), "malformed");
    assert!(
        answer.json()["detail"].as_str().unwrap().contains("deeper"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn parameters_are_typed_and_known() {
    let server = Server::start().await;
    for (query, pointer, detail) in [
        ("status=lost", "status", "`clarification_needed`"),
        ("colour=red", "colour", "unknown field `colour`"),
        ("limit=0", "limit", "between 1 and 1000"),
        ("limit=1001", "limit", "between 1 and 1000"),
        ("limit=ten", "limit", "not a whole number"),
        ("limit=1&limit=2", "limit", "only once"),
        ("sort=sideways", "sort", "`-created_at`"),
    ] {
        let answer = server.get(&format!("{TICKETS}?{query}")).await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_REQUEST,
            "{query}: {}",
            answer.text
        );
        assert_eq!(answer.kind(), "malformed");
        let error = &answer.json()["errors"][0];
        assert_eq!(error["pointer"], pointer, "{query}: {error}");
        assert!(
            error["detail"].as_str().unwrap().contains(detail),
            "{query}: {error}"
        );
    }
    let answer = server
        .get(&format!("{TICKETS}?status=queued,done&status=failed&q="))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn an_id_that_is_none_names_nothing() {
    let server = Server::start().await;
    for path in [
        "/api/tickets/1",
        "/api/tickets/01900000-0000-7000-8000-000000000000",
        "/api/runs/%00",
        "/api/runs/x/logs",
        "/api/projects/No!",
        "/api/projects/nowhere",
        "/api/sessions/%F0%9F",
    ] {
        let answer = server.get(path).await;
        assert_eq!(
            answer.status,
            StatusCode::NOT_FOUND,
            "{path}: {}",
            answer.text
        );
        assert_eq!(answer.kind(), "not_found");
    }
}

#[tokio::test]
async fn a_wrong_method_and_a_wrong_address_are_problems() {
    let server = Server::start().await;
    let answer = server.send_json("PUT", TICKETS, "{}").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.kind(), "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET,HEAD,POST");
    for path in ["/api", "/api/", "/api/nothing", "/ws/nothing"] {
        let answer = server.get(path).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::NOT_FOUND, "not_found"),
            "{path}"
        );
    }
    let answer = server.get("/no/such/page").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(
        answer.header("content-type").starts_with("text/html"),
        "pages get a page"
    );
}

#[tokio::test]
async fn options_and_head_are_answered() {
    let server = Server::start().await;
    let options = server
        .send(as_nobody("OPTIONS", TICKETS).body(Body::empty()).unwrap())
        .await;
    assert_eq!(
        (options.status, options.header("allow")),
        (StatusCode::NO_CONTENT, "GET,HEAD,POST")
    );
    let head = server
        .send(as_admin("HEAD", TICKETS).body(Body::empty()).unwrap())
        .await;
    assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
    assert!(!head.header("etag").is_empty());
}

#[tokio::test]
async fn whoever_polls_gets_304_while_nothing_changed() {
    let server = Server::start().await;
    let ask = |etag: String| {
        let request = as_admin("GET", TICKETS).header("if-none-match", etag);
        server.send(request.body(Body::empty()).unwrap())
    };
    let etag = server.get(TICKETS).await.header("etag").to_owned();
    let same = ask(etag.clone()).await;
    assert_eq!(
        (same.status, same.text.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    assert_eq!(same.header("etag"), etag);
    server.post(TICKETS, r#"{"title": "New"}"#).await;
    assert_eq!(ask(etag).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_status_has_the_same_etag_a_moment_later() {
    let server = Server::start().await;
    let (first, second) = (
        server.get("/api/status").await,
        server.get("/api/status").await,
    );
    assert_eq!(first.status, StatusCode::OK, "{}", first.text);
    assert_eq!(first.header("etag"), second.header("etag"));
}

#[tokio::test]
async fn an_etag_serves_as_the_version_of_an_edit() {
    let server = Server::start().await;
    let ticket = server.post(TICKETS, r#"{"title": "One"}"#).await.json();
    let path = format!("{TICKETS}/{}", ticket["id"].as_str().unwrap());
    let etag = server.get(&path).await.header("etag").to_owned();
    let edit = |title: &str| {
        let request = as_admin("PATCH", &path)
            .header("if-match", &etag)
            .header("content-type", "application/json");
        server.send(
            request
                .body(Body::from(format!("{{\"title\": \"{title}\"}}")))
                .unwrap(),
        )
    };
    assert_eq!(edit("Two").await.status, StatusCode::OK);
    let stale = edit("Three").await;
    assert_eq!(
        (stale.status, stale.kind().as_str()),
        (StatusCode::CONFLICT, "stale_version")
    );
    assert_eq!(stale.json()["current"]["title"], "Two");
    let request = as_admin("PATCH", &path)
        .header("if-match", "\"x\"")
        .header("content-type", "application/json");
    assert_eq!(
        server
            .send(request.body(Body::from("{}")).unwrap())
            .await
            .kind(),
        "malformed"
    );
}

#[tokio::test]
async fn a_list_is_read_in_pieces_to_its_end() {
    let server = Server::start().await;
    for number in 0..5 {
        server
            .post(TICKETS, format!("{{\"title\": \"{number}\"}}"))
            .await;
    }
    let (mut path, mut titles) = (format!("{TICKETS}?limit=2&q=&sort=created_at"), Vec::new());
    loop {
        let piece = server.get(&path).await;
        let rows = piece.json();
        titles.extend(
            rows.as_array()
                .unwrap()
                .iter()
                .map(|row| row["title"].as_str().unwrap().to_owned()),
        );
        let link = piece.header("link");
        let Some((_, rest)) = link.split_once('<') else {
            break;
        };
        assert!(link.ends_with("; rel=\"next\""), "{link}");
        path = rest.split_once('>').unwrap().0.to_owned();
    }
    assert_eq!(titles, ["0", "1", "2", "3", "4"]);
    let refused = server.get(&format!("{TICKETS}?cursor=made-up")).await;
    assert!(refused.status.is_client_error(), "{}", refused.text);
}

#[tokio::test]
async fn the_same_key_makes_the_same_change_once() {
    let server = Server::start().await;
    let create = |key: &str, title: &str| {
        let request = as_admin("POST", TICKETS).header("content-type", "application/json");
        let body = Body::from(format!("{{\"title\": \"{title}\"}}"));
        server.send(request.header("idempotency-key", key).body(body).unwrap())
    };
    let (first, second) = (create("k1", "Once").await, create("k1", "Once").await);
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.text);
    assert_eq!((second.status, second.json()), (first.status, first.json()));
    let other = create("k1", "Twice").await;
    assert_eq!(
        (other.status, other.kind().as_str()),
        (StatusCode::UNPROCESSABLE_ENTITY, "invalid")
    );
    assert_eq!(create("k2", "Once").await.status, StatusCode::CREATED);
    assert_eq!(
        server.get(TICKETS).await.json().as_array().unwrap().len(),
        2
    );
    assert_eq!(create(&"k".repeat(201), "Long").await.kind(), "malformed");
}

#[tokio::test]
async fn a_wrong_method_is_one_whatever_its_key_was_used_for() {
    let server = Server::start().await;
    let send = |method: &str| {
        let request = as_admin(method, TICKETS).header("content-type", "application/json");
        let body = Body::from("{\"title\": \"a\"}");
        server.send(request.header("idempotency-key", "k").body(body).unwrap())
    };
    assert_eq!(send("POST").await.status, StatusCode::CREATED);
    for method in ["DELETE", "TRACE"] {
        let answer = send(method).await;
        assert_eq!(answer.kind(), "method_not_allowed", "{method}");
        assert_eq!(answer.header("allow"), "GET,HEAD,POST", "{method}");
    }
}

#[tokio::test]
async fn a_long_problem_is_not_called_compressed() {
    let server = Server::start().await;
    let path = format!("/api/{}", "a".repeat(2000));
    let request = as_admin("GET", &path).header("accept-encoding", "gzip");
    let answer = server.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.kind(), "not_found");
    assert_eq!(answer.header("content-encoding"), "");
}

#[tokio::test]
async fn a_key_without_a_caller_is_refused() {
    let server = Server::start().await;
    let request = as_nobody("POST", TICKETS).header("idempotency-key", "k");
    let request = request.header("content-type", "application/json");
    let answer = server
        .send(request.body(Body::from("{\"title\": \"a\"}")).unwrap())
        .await;
    assert_eq!(answer.kind(), "unauthenticated");
}

#[tokio::test]
async fn every_answer_is_guarded_and_named() {
    let server = Server::start().await;
    let request = as_admin("GET", "/api/me").header("x-request-id", "trace-7");
    let answer = server.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.header("x-request-id"), "trace-7");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("x-frame-options"), "DENY");
    assert!(
        answer
            .header("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    assert!(!answer.header("cache-control").is_empty());
    let refused = server.get("/api/tickets/none").await;
    assert_eq!(refused.header("cache-control"), "no-store");
}

#[tokio::test]
async fn long_answers_are_compressed_and_short_ones_are_not() {
    let server = Server::start().await;
    let ask = |path: &str| {
        let request = as_admin("GET", path).header("accept-encoding", "gzip");
        server.send(request.body(Body::empty()).unwrap())
    };
    assert_eq!(
        ask("/api/openapi.json").await.header("content-encoding"),
        "gzip"
    );
    assert_eq!(ask("/health").await.header("content-encoding"), "");
}

#[tokio::test]
async fn a_long_problem_says_truly_how_it_is_encoded() {
    let server = Server::start().await;
    let address = format!("/api/{}", "x".repeat(2000));
    let request = as_admin("GET", &address).header("accept-encoding", "gzip");
    let answer = server.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.header("content-encoding"), "");
    assert!(answer.json()["detail"].as_str().unwrap().len() > 2000);
}
