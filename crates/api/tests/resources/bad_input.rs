//! Bad input to every operation: always a problem, never the server's own failure, and nothing changes.

use std::collections::BTreeMap;

use axum::body::Body;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::operations::{Example, examples};
use crate::support::{ADMIN, Answered, as_admin};
use crate::world::World;

/// Checks that an answer refuses, in the form in which everything is refused.
#[track_caller]
fn refused(what: &str, answer: &Answered) {
    assert!(
        answer.status.is_client_error(),
        "{what}: {} {}",
        answer.status,
        answer.text
    );
    assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{what}");
    assert_ne!(answer.status, StatusCode::FORBIDDEN, "{what}");
    answer.kind();
}

#[track_caller]
fn points_below(what: &str, answer: &Answered, field: &str) {
    let errors = answer.json()["errors"].clone();
    let points = errors.as_array().is_some_and(|errors| {
        errors
            .iter()
            .any(|error| error["pointer"].as_str().unwrap().starts_with(field))
    });
    assert!(points, "{what} does not point at {field}: {}", answer.text);
}

/// Operations that may be asked for without a word.
const NEED_NO_BODY: [&str; 4] = [
    "heartbeat_run",
    "claim_task",
    "reclaim_task",
    "release_task",
];

fn with_bodies(world: &World) -> Vec<Example> {
    // A file's content may be anything.
    let with_body = examples(world)
        .into_iter()
        .filter(|example| example.body.is_some() && example.id != "create_attachment");
    with_body.collect()
}

async fn send(world: &World, example: &Example, body: String) -> Answered {
    world
        .send(ADMIN, example.method, &example.path, Some(body))
        .await
}

#[tokio::test]
async fn bodies_that_are_no_json_of_the_right_shape() {
    let world = World::new().await;
    let head = world.head().await;
    let deep = "[".repeat(1000) + &"]".repeat(1000);
    let bodies = [
        "",
        " ",
        "{",
        "{\"a\"",
        "nul",
        "{} {}",
        "\"a\"",
        "17",
        "true",
        "null",
        &deep,
        "\u{feff}{}",
        "[[]]",
    ];
    for example in with_bodies(&world) {
        for body in bodies {
            let says_nothing = matches!(body.trim(), "" | "null");
            if says_nothing && NEED_NO_BODY.contains(&example.id) {
                continue;
            }
            let answer = send(&world, &example, body.to_owned()).await;
            refused(&format!("{} with {body:.20}", example.id), &answer);
        }
    }
    assert_eq!(world.head().await, head, "something changed");
}

#[tokio::test]
async fn bytes_that_are_no_text() {
    let world = World::new().await;
    for example in with_bodies(&world) {
        let request =
            as_admin(example.method, &example.path).header("content-type", "application/json");
        let answer = world.server.send(
            request
                .body(Body::from(vec![b'{', b'"', 0xFF, b'"']))
                .unwrap(),
        );
        refused(example.id, &answer.await);
    }
}

#[tokio::test]
async fn bodies_of_another_type() {
    let world = World::new().await;
    let head = world.head().await;
    for example in with_bodies(&world) {
        for content_type in [
            "text/plain",
            "application/xml",
            "multipart/form-data",
            "a",
            "",
        ] {
            let request =
                as_admin(example.method, &example.path).header("content-type", content_type);
            let body = example.body.clone().unwrap().to_string();
            let answer = world
                .server
                .send(request.body(Body::from(body)).unwrap())
                .await;
            let what = format!("{} as {content_type}", example.id);
            assert_eq!(
                answer.status,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "{what}: {}",
                answer.text
            );
            answer.kind();
        }
    }
    assert_eq!(world.head().await, head, "something changed");
}

#[tokio::test]
async fn fields_that_nobody_knows_are_named() {
    let world = World::new().await;
    let head = world.head().await;
    for example in with_bodies(&world) {
        let body = example.body.clone().unwrap();
        let (body, field) = match body {
            Value::Array(rows) => (
                json!([with(&rows[0], "no_such_field", json!(1))]),
                "/0/no_such_field",
            ),
            other => (with(&other, "no_such_field", json!(1)), "/no_such_field"),
        };
        let answer = send(&world, &example, body.to_string()).await;
        refused(example.id, &answer);
        points_below(example.id, &answer, field);
    }
    assert_eq!(world.head().await, head, "something changed");
}

/// What a field of a JSON type may not hold.
fn wrong_values() -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        ("object", json!({"a": 1})),
        ("array", json!([[[]]])),
        ("number", json!(1.5)),
        ("boolean", json!(true)),
        ("string", json!("a\u{0}b")),
    ])
}

#[tokio::test]
async fn fields_of_the_wrong_type_are_pointed_at() {
    let world = World::new().await;
    let document = serde_json::to_value(dashboard_api::openapi()).unwrap();
    let head = world.head().await;
    let mut tried = 0;
    for example in with_bodies(&world) {
        let body = example.body.clone().unwrap();
        let (row, prefix) = match &body {
            Value::Array(rows) => (rows[0].clone(), "/0"),
            other => (other.clone(), ""),
        };
        for (field, schema) in fields(&document, &example) {
            for (kind, value) in wrong_values() {
                if holds_any_text(example.id, field, kind) || takes(&document, schema, kind) {
                    continue;
                }
                let changed = with(&row, field, value);
                let changed = if prefix.is_empty() {
                    changed
                } else {
                    json!([changed])
                };
                let what = format!("{} with {kind} in {field}", example.id);
                let answer = send(&world, &example, changed.to_string()).await;
                refused(&what, &answer);
                points_below(&what, &answer, &format!("{prefix}/{field}"));
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "only {tried} tries");
    assert_eq!(world.head().await, head, "something changed");
}

/// Where U+0000 is no mistake in form: a secret with it is a wrong secret, which is refused without saying what is
/// wrong with it; a line of a log is kept as bytes, and a program may print any.
fn holds_any_text(id: &str, field: &str, kind: &str) -> bool {
    let anything = [
        ("create_login", "password"),
        ("create_login", "token"),
        ("create_login", "code"),
        ("append_logs", "text"),
    ];
    kind == "string" && anything.contains(&(id, field))
}

/// The fields of the body of an operation.
fn fields<'a>(
    document: &'a Value,
    example: &Example,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let operation = document["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .find(|operation| operation["operationId"] == example.id)
        .unwrap();
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let schema = row_schema(document, schema);
    schema["properties"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(field, schema)| (field.as_str(), schema))
}

/// One or many: the schema of one.
fn row_schema<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = resolved(document, schema);
    if schema["properties"].is_object() {
        return schema;
    }
    if schema["items"].is_object() {
        return row_schema(document, &schema["items"]);
    }
    let choices = schema["oneOf"]
        .as_array()
        .or(schema["anyOf"].as_array())
        .unwrap();
    let of_one = choices
        .iter()
        .find(|choice| choice["items"].is_null())
        .unwrap();
    row_schema(document, of_one)
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// Whether a field may hold values of a JSON type. No text may hold U+0000.
fn takes(document: &Value, schema: &Value, kind: &str) -> bool {
    let schema = resolved(document, schema);
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().any(|choice| takes(document, choice, kind));
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        // Anything goes, as in `metadata`.
        _ => return true,
    };
    kind != "string" && types.contains(&kind)
}

fn with(object: &Value, field: &str, value: Value) -> Value {
    let mut changed: Map<String, Value> = object.as_object().unwrap().clone();
    changed.insert(field.to_owned(), value);
    Value::Object(changed)
}

#[tokio::test]
async fn ids_of_other_kinds_and_ids_that_are_none() {
    let world = World::new().await;
    let head = world.head().await;
    let kinds = [
        ("projects", world.project.id.to_string()),
        ("tickets", world.ticket.id.to_string()),
        ("tasks", world.task.id.to_string()),
        ("runs", world.run.id.to_string()),
        ("steps", world.step.id.to_string()),
    ];
    let nonsense = [
        "1",
        "%00",
        "..",
        "%2e%2e%2f",
        "a%20b",
        "00000000-0000-0000-0000-000000000000",
        "%F0%9F%92%A9",
        "%FF",
    ];
    for example in examples(&world) {
        for (kind, id) in &kinds {
            let others = kinds
                .iter()
                .filter(|(other, _)| other != kind)
                .map(|(_, other)| other.as_str());
            for other in others.chain(nonsense) {
                let path = example.path.replace(id.as_str(), other);
                if path == example.path {
                    continue;
                }
                let body = example.body.as_ref().map(ToString::to_string);
                let answer = world.send(ADMIN, example.method, &path, body).await;
                refused(&format!("{} {path}", example.method), &answer);
            }
        }
    }
    assert_eq!(world.head().await, head, "something changed");
}

#[tokio::test]
async fn references_to_things_that_are_not_there_or_of_another_kind() {
    let world = World::new().await;
    let head = world.head().await;
    let nowhere = "01900000-0000-7000-8000-000000000000";
    let kinds = [
        world.project.id.to_string(),
        world.ticket.id.to_string(),
        world.task.id.to_string(),
        world.later.id.to_string(),
        world.run.id.to_string(),
    ];
    for example in with_bodies(&world) {
        let body = example.body.clone().unwrap();
        for (field, value) in body.as_object().into_iter().flatten() {
            let Some(kind) = kinds.iter().position(|id| value == id) else {
                continue;
            };
            let others = kinds
                .iter()
                .enumerate()
                .filter(|(other, _)| (*other).min(3) != kind.min(3) || kind < 2);
            let others = others.map(|(_, id)| id.as_str()).filter(|id| value != id);
            for other in others.chain([nowhere]) {
                let same_kind =
                    [2, 3].contains(&kind) && [&kinds[2], &kinds[3]].iter().any(|id| *id == other);
                if same_kind {
                    continue;
                }
                let changed = with(&body, field, json!(other)).to_string();
                let answer = send(&world, &example, changed).await;
                let what = format!("{} with {field} {other}", example.id);
                refused(&what, &answer);
            }
        }
    }
    assert_eq!(world.head().await, head, "something changed");
}

#[tokio::test]
async fn parameters_that_are_no_such_thing() {
    let world = World::new().await;
    let document = serde_json::to_value(dashboard_api::openapi()).unwrap();
    let head = world.head().await;
    let mut tried = 0;
    // Most of these are names that a file may have.
    let takes_any_text = |example: &Example| example.id == "create_attachment";
    for example in examples(&world) {
        if takes_any_text(&example) {
            continue;
        }
        let path = example.path.split('?').next().unwrap().to_owned();
        let parameters = operation(&document, example.id)["parameters"]
            .as_array()
            .into_iter()
            .flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            for value in [
                "",
                "%00",
                "-1",
                "1e9",
                "[]",
                "%FF",
                "99999999999999999999",
                "a b",
                "'",
            ] {
                let query = value.replace(' ', "%20");
                let body = example.body.as_ref().map(ToString::to_string);
                let answer = world
                    .send(
                        ADMIN,
                        example.method,
                        &format!("{path}?{name}={query}"),
                        body,
                    )
                    .await;
                let what = format!("{} with {name}={value}", example.id);
                assert!(!answer.status.is_server_error(), "{what}: {}", answer.text);
                if !answer.status.is_success() {
                    refused(&what, &answer);
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 300, "only {tried} tries");
    assert_eq!(world.head().await, head, "something changed");
}

fn operation<'a>(document: &'a Value, id: &str) -> &'a Value {
    let paths = document["paths"].as_object().unwrap();
    let mut operations = paths
        .values()
        .flat_map(|item| item.as_object().unwrap().values());
    operations
        .find(|operation| operation["operationId"] == id)
        .unwrap()
}

#[tokio::test]
async fn methods_that_an_address_does_not_know() {
    let world = World::new().await;
    let head = world.head().await;
    for example in examples(&world) {
        let path = example.path.split('?').next().unwrap();
        let answer = world.send(ADMIN, "PROPFIND", path, None).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.kind(), "method_not_allowed");
        assert!(answer.header("allow").contains(example.method), "{path}");
    }
    assert_eq!(world.head().await, head, "something changed");
}

#[tokio::test]
async fn an_array_in_place_of_an_object_is_refused() {
    let world = World::new().await;
    let head = world.head().await;
    for (path, body) in [
        ("/api/tickets", r#"["web", null, null, "by position"]"#),
        ("/api/login", r#"["ada", "secret", null, null]"#),
        (
            "/api/llm-calls",
            r#"{"model": "m", "tokens": [1, 2, 3, 4, 5, 0]}"#,
        ),
    ] {
        let answer = world.send(ADMIN, "POST", path, Some(body.to_owned())).await;
        assert_eq!(answer.kind(), "invalid", "{path}");
        let error = &answer.json()["errors"][0]["detail"];
        assert_eq!(
            error, "invalid type: sequence, expected an object",
            "{path}"
        );
    }
    assert_eq!(world.head().await, head, "something changed");
}

#[tokio::test]
async fn a_field_that_is_missing_is_pointed_at() {
    let world = World::new().await;
    for (path, body, pointer) in [
        ("/api/projects", json!({}), "/slug"),
        ("/api/tasks", json!({}), "/title"),
        (
            "/api/links",
            json!({"parent_id": world.task.id}),
            "/child_id",
        ),
    ] {
        let body = Some(body.to_string());
        let answer = world.send(ADMIN, "POST", path, body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer);
    }
}
