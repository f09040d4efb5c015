//! Files of tasks.

use axum::body::Body;
use http::StatusCode;
use model::{Attachment, FileName, MediaType, ProblemKind};

use crate::support::{Answered, as_admin};
use crate::world::{SECRET, World, kind};

async fn send(world: &World, path: &str, content_type: &str, body: impl Into<Body>) -> Answered {
    let request = as_admin("POST", path).header("content-type", content_type);
    world.server.send(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_content_is_saved_and_never_shown_in_place() {
    let world = World::new().await;
    let path = format!("/api/tasks/{}/attachments?name=a%22b.html", world.task.id);
    let made = send(&world, &path, "text/html", "<script>").await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let made = made.json();
    assert_eq!(made["media_type"], "application/octet-stream");
    assert_eq!(made["size"], 8);
    let path = format!("/api/attachments/{}", made["id"].as_str().unwrap());
    let content = world.server.get(&path).await;
    assert_eq!(content.text, "<script>");
    assert_eq!(content.header("content-type"), "application/octet-stream");
    assert_eq!(content.header("x-content-type-options"), "nosniff");
    let disposition = content.header("content-disposition");
    assert!(
        disposition.starts_with("attachment; filename=\"a_b.html\";"),
        "{disposition}"
    );
}

#[tokio::test]
async fn the_same_file_is_there_once() {
    let world = World::new().await;
    let path = format!("/api/tasks/{}/attachments?name={SECRET}", world.task.id);
    let again = send(&world, &path, "text/plain", SECRET).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.text);
    assert_eq!(again.json()["id"], world.file.id.to_string());
    let other = send(&world, &path, "text/plain", "something else").await;
    assert_eq!(other.status, StatusCode::CREATED, "{}", other.text);
}

#[tokio::test]
async fn a_file_that_is_too_large_or_badly_named_is_refused() {
    let world = World::new().await;
    let path = |name: &str| format!("/api/tasks/{}/attachments?name={name}", world.task.id);
    let bytes = vec![0; usize::try_from(Attachment::MOST_BYTES).unwrap() + 1];
    let refused = send(&world, &path("a"), "text/plain", bytes).await;
    assert_eq!(refused.kind(), "too_large");
    let refused = send(&world, &path("a"), "text/plain", "").await;
    assert_eq!(refused.kind(), "invalid");
    for name in [
        "a%2Fb",
        "a%5Cb",
        "%20",
        "a%0Ab",
        ".",
        "..",
        "a%E2%80%AEtxt.exe",
        "a%E2%81%A6b",
        "a%EF%BB%BFb",
    ] {
        let refused = send(&world, &path(name), "text/plain", "x").await;
        assert_eq!(refused.kind(), "malformed", "{name}");
        assert_eq!(refused.json()["errors"][0]["pointer"], "name");
    }
}

#[tokio::test]
async fn the_worker_of_a_task_gives_it_files_and_no_other_task() {
    let world = World::new().await;
    let claim = crate::world::from(serde_json::json!({"agent": "claude"}));
    let claimed = world.admin.claim_task(world.task.id, &claim).await.unwrap();
    let worker = world.admin.with_token(&claimed.run_token.unwrap());
    let name = FileName::parse("plan.md").unwrap();
    let give = async |task| {
        let content = "# Plan".into();
        worker
            .create_attachment(task, &name, MediaType::Markdown, content)
            .await
    };
    let given = give(world.task.id).await.unwrap();
    assert_eq!(given.created_by.name.as_str(), "claude");
    assert!(give(world.later.id).await.is_err());
    worker.delete_attachment(given.id).await.unwrap();
}

#[tokio::test]
async fn a_worker_that_was_fenced_off_neither_adds_nor_removes_files() {
    let world = World::new().await;
    let claim = crate::world::from(serde_json::json!({"agent": "claude"}));
    let claimed = world.admin.claim_task(world.task.id, &claim).await.unwrap();
    let worker = world.admin.with_token(&claimed.run_token.unwrap());
    let give = async |name: &str| {
        let (name, content) = (FileName::parse(name).unwrap(), "# Plan".into());
        worker
            .create_attachment(world.task.id, &name, MediaType::Markdown, content)
            .await
    };
    let early = give("early.md").await.unwrap();
    let back = model::ReclaimTask::default();
    world
        .admin
        .reclaim_task(world.task.id, &back)
        .await
        .unwrap();
    for name in ["late.md", "early.md"] {
        assert_eq!(kind(give(name).await), ProblemKind::LeaseLost);
    }
    let removed = worker.delete_attachment(early.id).await;
    assert_eq!(kind(removed), ProblemKind::LeaseLost);
}

#[tokio::test]
async fn a_content_that_is_lost_is_said_to_be() {
    let world = World::new().await;
    world.lose(&world.file);
    let path = format!("/api/attachments/{}", world.file.id);
    let answer = world.server.get(&path).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.text);
    assert!(answer.text.contains("is lost"), "{}", answer.text);
}

#[tokio::test]
async fn a_parameter_that_is_missing_is_named() {
    let world = World::new().await;
    let path = format!("/api/tasks/{}/attachments", world.task.id);
    let refused = send(&world, &path, "text/plain", "x").await;
    assert_eq!(refused.json()["errors"][0]["pointer"], "name");
}
