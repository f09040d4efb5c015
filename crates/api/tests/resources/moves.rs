//! Moves of tasks by people and workers, over HTTP: bodies, refusals, and what they say.

use client::Client;
use http::StatusCode;
use model::{
    HandTaskOver, JudgeTask, MoveTask, ProblemKind, RunStarted, Scope, Task, TaskId, TaskPatch,
    TaskState,
};
use serde_json::{Value, json};

use crate::support::ADMIN;
use crate::world::{World, from, kind, make, pointers};

/// A running task, its run, and its worker.
async fn running(world: &World, more: Value) -> (Task, RunStarted, Client) {
    let task = make(world, more).await;
    let run = json!({"task_id": task.id});
    let started = world.admin.create_run(&from(run)).await.unwrap();
    let worker = world.client_of(started.run_token.as_ref().unwrap());
    (task, started, worker)
}

async fn state(world: &World, task: TaskId) -> TaskState {
    world.admin.get_task(task).await.unwrap().task.status
}

#[tokio::test]
async fn a_worker_completes_its_own_task_and_its_run_with_it() {
    let world = World::new().await;
    let (task, started, worker) = running(&world, json!({})).await;
    let done = json!({"summary": "It works.", "result": "v2", "metadata": {"files": 3}});
    let done = worker.complete_task(task.id, &from(done)).await.unwrap();
    assert_eq!(
        (done.status, done.result.unwrap().as_str()),
        (TaskState::Done, "v2")
    );
    let run = world.admin.get_run(started.run.id).await.unwrap().run;
    assert_eq!(run.outcome, Some(model::Outcome::Completed));
    assert_eq!(run.summary.unwrap().as_str(), "It works.");
    assert_eq!(run.metadata, Some(json!({"files": 3})));
}

#[tokio::test]
async fn behind_a_gate_a_workers_result_waits_for_a_person() {
    let world = World::new().await;
    let (task, _, worker) = running(&world, json!({"human_gate": true})).await;
    let handed = HandTaskOver::default();
    let waits = worker.complete_task(task.id, &handed).await.unwrap();
    assert_eq!(waits.status, TaskState::Review);
    let machine = world.client(&[Scope::Operate], None).await;
    let good = JudgeTask::default();
    for refused in [
        machine.approve_task(task.id, &good).await,
        machine.request_task_changes(task.id, &good).await,
        machine.complete_task(task.id, &handed).await,
        machine.archive_task(task.id, &MoveTask::default()).await,
        machine
            .update_task(task.id, &from(json!({"status": "done"})))
            .await,
    ] {
        assert_eq!(kind(refused), ProblemKind::Forbidden);
    }
    assert_eq!(
        kind(machine.delete_task(task.id).await),
        ProblemKind::Forbidden
    );
    let changes = from(json!({"comment": "Name it better."}));
    let person = from(json!({"name": "bea", "kind": "human", "scopes": ["operate"]}));
    let person = world.admin.create_token(&person).await.unwrap().secret;
    let person = world.client_of(&person);
    let back = person
        .request_task_changes(task.id, &changes)
        .await
        .unwrap();
    assert_eq!(back.status, TaskState::Ready);
    let detail = world.admin.get_task(task.id).await.unwrap();
    assert_eq!(detail.comments[0].body.as_str(), "Name it better.");
}

#[tokio::test]
async fn a_worker_that_lost_its_task_is_told_so_and_changes_nothing() {
    let world = World::new().await;
    let (task, started, worker) = running(&world, json!({})).await;
    let back = from(json!({"status": "ready", "reclaim_first": true}));
    world.admin.update_task(task.id, &back).await.unwrap();
    let late = worker
        .complete_task(task.id, &HandTaskOver::default())
        .await;
    assert_eq!(kind(late), ProblemKind::LeaseLost);
    assert_eq!(state(&world, task.id).await, TaskState::Ready);
    let told = worker
        .heartbeat_run(started.run.id, &model::Heartbeat::default())
        .await;
    assert_eq!(kind(told), ProblemKind::LeaseLost);
}

#[tokio::test]
async fn off_a_running_task_only_who_asks_to_reclaim_it() {
    let world = World::new().await;
    let (task, started, _) = running(&world, json!({})).await;
    for body in [
        json!({"status": "done"}),
        json!({"status": "todo"}),
        json!({"assignee": "ada"}),
    ] {
        let refused = world.admin.update_task(task.id, &from(body)).await;
        assert_eq!(kind(refused), ProblemKind::MoveNotAllowed);
    }
    let taken = json!({"assignee": "ada", "status": "todo", "reclaim_first": true});
    let taken = world.admin.update_task(task.id, &from(taken)).await;
    assert_eq!(taken.unwrap().status, TaskState::Todo);
    let run = world.admin.get_run(started.run.id).await.unwrap().run;
    assert_eq!(run.outcome, Some(model::Outcome::Reclaimed));
}

#[tokio::test]
async fn archiving_cancels_the_run() {
    let world = World::new().await;
    let (task, started, worker) = running(&world, json!({})).await;
    let plain = MoveTask::default();
    let away = world.admin.archive_task(task.id, &plain).await.unwrap();
    assert_eq!(away.status, TaskState::Archived);
    let run = world.admin.get_run(started.run.id).await.unwrap().run;
    assert_eq!(run.outcome, Some(model::Outcome::Cancelled));
    assert!(run.cancel_requested_at.is_some());
    let beat = model::Heartbeat::default();
    let told = worker.heartbeat_run(started.run.id, &beat).await.unwrap();
    assert!(told.cancel);
}

#[tokio::test]
async fn the_document_of_updates_is_kept_to() {
    let world = World::new().await;
    let parent = make(&world, json!({"title": "First this"})).await;
    let child = make(&world, json!({"parents": [parent.id]})).await;
    let send = async |body: Value| {
        let path = format!("/api/tasks/{}", child.id);
        world
            .send(ADMIN, "PATCH", &path, Some(body.to_string()))
            .await
    };
    let running = send(json!({"status": "running"})).await;
    assert_eq!(running.status, StatusCode::BAD_REQUEST, "{}", running.text);
    let untitled = send(json!({"title": " "})).await;
    assert_eq!(untitled.status, StatusCode::UNPROCESSABLE_ENTITY);
    let ready = send(json!({"status": "ready"})).await;
    assert_eq!(ready.status, StatusCode::CONFLICT, "{}", ready.text);
    assert!(ready.text.contains("First this"), "{}", ready.text);
    assert!(
        ready.text.contains(&parent.id.to_string()),
        "{}",
        ready.text
    );
    let blocked = send(json!({"status": "blocked", "block_reason": "No key"})).await;
    assert_eq!(blocked.json()["block_reason"], "No key");
    let done = send(json!({"status": "done", "result": "r", "summary": "s", "metadata": {}})).await;
    assert_eq!(done.json()["result"], "r", "{}", done.text);
    let detail = world.admin.get_task(child.id).await.unwrap();
    assert_eq!(detail.runs[0].summary.as_ref().unwrap().as_str(), "s");
    for (wrong, pointer) in [
        (json!({"summary": "s"}), "/summary"),
        (json!({"metadata": {}}), "/metadata"),
        (json!({"block_kind": "transient"}), "/block_kind"),
        (json!({"block_reason": "s"}), "/block_reason"),
    ] {
        let patch: TaskPatch = from(wrong);
        let refused = world.admin.update_task(child.id, &patch).await;
        assert_eq!(pointers(refused), [pointer]);
    }
}

#[tokio::test]
async fn by_force_a_task_goes_on_without_its_parents() {
    let world = World::new().await;
    let parent = make(&world, json!({})).await;
    let child = make(&world, json!({"parents": [parent.id]})).await;
    let refused = world
        .admin
        .promote_task(child.id, &Default::default())
        .await;
    assert_eq!(kind(refused), ProblemKind::MoveNotAllowed);
    let forced = from(json!({"force": true}));
    let forced = world.admin.promote_task(child.id, &forced).await.unwrap();
    assert_eq!(
        (forced.status, forced.ignores_parents),
        (TaskState::Ready, true)
    );
    let run = from(json!({"task_id": child.id}));
    world.admin.create_run(&run).await.unwrap();
    let events = world.admin.get_task(child.id).await.unwrap().events;
    let told = events
        .iter()
        .find(|event| event.event_type == "task_promoted");
    assert_eq!(told.unwrap().details.as_ref().unwrap()["force"], true);
}

#[tokio::test]
async fn many_are_changed_each_on_its_own() {
    let world = World::new().await;
    let (one, two) = (make(&world, json!({})).await, make(&world, json!({})).await);
    let child = make(&world, json!({"parents": [two.id]})).await;
    let missing = TaskId::new();
    let ids = [one.id, missing, child.id, two.id];
    let bulk = json!({"ids": ids, "status": "done", "priority": 4, "summary": "Done."});
    let outcome = world.admin.update_tasks(&from(bulk)).await.unwrap();
    let oks: Vec<_> = outcome.results.iter().map(|it| (it.id, it.ok)).collect();
    assert_eq!(
        oks,
        [
            (one.id, true),
            (missing, false),
            (child.id, false),
            (two.id, true)
        ]
    );
    assert_eq!(
        outcome.results[1].error.as_deref(),
        Some("there is no such task")
    );
    assert_eq!(state(&world, child.id).await, TaskState::Ready);
    let archive = from(json!({"ids": [child.id], "archive": true}));
    assert!(world.admin.update_tasks(&archive).await.unwrap().results[0].ok);
    for wrong in [json!({"ids": []}), json!({"ids": vec![one.id; 1001]})] {
        assert_eq!(
            pointers(world.admin.update_tasks(&from(wrong)).await),
            ["/ids"]
        );
    }
    let running = from(json!({"ids": [one.id], "status": "running"}));
    let refused = world.admin.update_tasks(&running).await;
    assert_eq!(kind(refused), ProblemKind::Malformed);
}

#[tokio::test]
async fn a_deleted_task_leaves_its_events_and_lets_its_children_go() {
    let world = World::new().await;
    let (task, started, _) = running(&world, json!({"title": "Secret plan"})).await;
    let child = make(&world, json!({"parents": [task.id]})).await;
    let gone = world.admin.delete_task(task.id).await.unwrap();
    assert_eq!(gone.cancelled_run_id, Some(started.run.id));
    assert_eq!(
        kind(world.admin.get_task(task.id).await),
        ProblemKind::NotFound
    );
    assert_eq!(state(&world, child.id).await, TaskState::Ready);
    let of_task = format!("/api/events?task={}", task.id);
    let events = world.send(ADMIN, "GET", &of_task, None).await;
    assert!(events.text.contains("task_deleted"), "{}", events.text);
    assert!(!events.text.contains("Secret plan"), "{}", events.text);
}
