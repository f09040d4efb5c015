//! What operations never declared: every one refuses a parameter and a body that it does not take, and changes nothing.

use std::collections::BTreeSet;

use axum::body::Body;
use http::StatusCode;
use serde_json::Value;

use crate::operations::{Example, examples};
use crate::support::{ADMIN, Answered, Server, as_admin, as_nobody};
use crate::world::World;

/// The operations that the document gives a body.
fn with_body() -> BTreeSet<String> {
    let document = serde_json::to_value(dashboard_api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|path| path.as_object().unwrap().values());
    let with_body = operations.filter(|operation| operation.get("requestBody").is_some());
    let id = |operation: &Value| operation["operationId"].as_str().unwrap().to_owned();
    with_body.map(id).collect()
}

async fn send(world: &World, example: &Example, path: &str) -> Answered {
    let body = example.body.as_ref().map(ToString::to_string);
    world.send(ADMIN, example.method, path, body).await
}

#[track_caller]
fn points_at(example: &Example, answer: &Answered, pointer: &str) {
    assert_eq!(
        answer.json()["errors"][0]["pointer"],
        pointer,
        "{}",
        example.id
    );
}

#[tokio::test]
async fn every_operation_refuses_a_parameter_that_nobody_declared() {
    let world = World::new().await;
    let head = world.head().await;
    for example in examples(&world) {
        let sign = if example.path.contains('?') { '&' } else { '?' };
        let answer = send(&world, &example, &format!("{}{sign}zzz=1", example.path)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", example.id);
        assert_eq!(answer.kind(), "malformed", "{}", example.id);
        points_at(&example, &answer, "zzz");
    }
    assert_eq!(world.head().await, head, "something changed");
}

#[tokio::test]
async fn every_operation_without_a_body_refuses_one_that_says_something() {
    let world = World::new().await;
    let (head, with_body) = (world.head().await, with_body());
    let examples = examples(&world).into_iter();
    // A body has no meaning where something is only read.
    let without = examples.filter(|one| one.method != "GET" && !with_body.contains(one.id));
    let mut seen = 0;
    for example in without {
        let said = r#"{"dry_run": true}"#;
        let answer = world
            .server
            .send_json(example.method, &example.path, said)
            .await;
        assert_eq!(answer.kind(), "invalid", "{}: {}", example.id, answer.text);
        points_at(&example, &answer, "/dry_run");
        let plain = as_admin(example.method, &example.path).body(Body::from("dry_run"));
        let answer = world.server.send(plain.unwrap()).await;
        assert_eq!(answer.kind(), "unsupported_media_type", "{}", example.id);
        seen += 1;
    }
    assert!(seen > 10, "only {seen} operations");
    assert_eq!(world.head().await, head, "something changed");
}

#[tokio::test]
async fn a_body_that_says_nothing_is_as_good_as_none() {
    let server = Server::start().await;
    for body in ["", "{}", "null"] {
        let answer = server.post("/api/daemon/pause", body).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.text);
    }
    let answer = server.post("/api/daemon/pause?", "{}").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn below_a_base_path_as_well() {
    let server = Server::with(dashboard::Settings {
        base_path: "/x/".into(),
        ..dashboard::Settings::default()
    });
    let answer = server.await.post("/x/api/daemon/pause?zzz=1", "{}").await;
    assert_eq!(answer.kind(), "malformed");
}

#[tokio::test]
async fn who_calls_is_asked_first() {
    let server = Server::start().await;
    let request = as_nobody("POST", "/api/daemon/pause?zzz=1").body(Body::from("{"));
    let answer = server.send(request.unwrap()).await;
    assert_eq!(answer.kind(), "unauthenticated");
}
