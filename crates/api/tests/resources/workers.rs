//! Workers: they ask for tasks, wait for them, and are seen.

use std::time::{Duration, Instant};

use client::{Client, Error};
use model::{ClaimWork, Page, ProblemKind, Scope, TaskState, WorkClaimed, WorkerFilter};
use serde_json::{Value, json};

use crate::support::as_admin;
use crate::world::{World, from, kind, make, pointers};

async fn ask(client: &Client, more: Value) -> Result<WorkClaimed, Error> {
    let mut body = json!({"worker": "w", "agents": ["claude"], "projects": ["elsewhere"]});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().cloned().unwrap());
    client.claim_work(&from::<ClaimWork>(body)).await
}

#[tokio::test]
async fn a_worker_gets_a_task_with_what_it_needs_for_it() {
    let world = World::new().await;
    let task = make(&world, json!({})).await;
    let worker = world.client(&[Scope::Report], None).await;
    let mut claims = ask(&worker, json!({})).await.unwrap().claims;
    let claim = claims.pop().unwrap();
    assert_eq!(
        (claim.task.id, claim.task.status),
        (task.id, TaskState::Running)
    );
    assert_eq!((claim.lease_epoch, claim.run.lease_epoch), (1, 1));
    assert_eq!(claim.run.agent.unwrap().as_str(), "claude");
    let own = world.client_of(&claim.run_token.unwrap());
    let beat = json!({"lease_epoch": claim.lease_epoch});
    assert!(
        !own.heartbeat_run(claim.run.id, &from(beat))
            .await
            .unwrap()
            .cancel
    );
    assert_eq!(ask(&worker, json!({})).await.unwrap().claims, []);
}

#[tokio::test]
async fn a_worker_that_waits_is_woken_by_the_task() {
    let world = World::new().await;
    let admin = world.admin.clone();
    let waits = tokio::spawn(async move { ask(&admin, json!({"wait_seconds": 60})).await });
    // The worker is known once it waits.
    let filter = WorkerFilter::default();
    while world
        .admin
        .list_workers(filter, &Page::default())
        .await
        .unwrap()
        .items
        .len()
        < 2
    {
        tokio::task::yield_now().await;
    }
    let began = Instant::now();
    let task = make(&world, json!({})).await;
    let claims = waits.await.unwrap().unwrap().claims;
    assert_eq!(claims[0].task.id, task.id);
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn what_cannot_be_asked_is_pointed_at() {
    let world = World::new().await;
    for (more, pointer) in [
        (json!({"agents": []}), "/agents"),
        (json!({"skills": vec!["a"; 51]}), "/skills"),
        (json!({"projects": ["nowhere"]}), "/projects/0"),
        (json!({"projects": ["No Slug"]}), "/projects/0"),
        (json!({"capacity": 0}), "/capacity"),
        (
            json!({"holding": vec![model::RunId::new(); 1001]}),
            "/holding",
        ),
        (json!({"count": 101}), "/count"),
        (json!({"wait_seconds": 61}), "/wait_seconds"),
    ] {
        let found = pointers(ask(&world.admin, more).await);
        assert_eq!(found, [pointer]);
    }
}

#[tokio::test]
async fn a_worker_that_drains_takes_nothing_more() {
    let world = World::new().await;
    let worker = ask(&world.admin, json!({})).await.unwrap().worker;
    make(&world, json!({})).await;
    world.admin.drain_worker(worker.id).await.unwrap();
    let answer = ask(&world.admin, json!({"wait_seconds": 60}))
        .await
        .unwrap();
    assert!(answer.worker.draining && answer.claims.is_empty());
    world.admin.resume_worker(worker.id).await.unwrap();
    assert_eq!(ask(&world.admin, json!({})).await.unwrap().claims.len(), 1);
}

#[tokio::test]
async fn workers_are_listed_with_what_they_do() {
    let world = World::new().await;
    make(&world, json!({})).await;
    let more = json!({"host": "h", "version": "1.2", "skills": ["rust"], "capacity": 3});
    let answer = ask(&world.admin, more).await.unwrap();
    let listed = world.admin.get_worker(answer.worker.id).await.unwrap();
    assert_eq!(listed.worker, answer.worker);
    assert_eq!(listed.current_runs[0].run_id, answer.claims[0].run.id);
    world.admin.delete_worker(answer.worker.id).await.unwrap();
    let ids = async |include_left| {
        let filter = WorkerFilter { include_left };
        let page = world.admin.list_workers(filter, &Page::default()).await;
        let ids = page.unwrap().items.into_iter().map(|card| card.worker.id);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids(false).await, [world.worker.id]);
    assert_eq!(ids(true).await, [answer.worker.id, world.worker.id]);
}

#[tokio::test]
async fn another_agents_task_is_refused_and_a_repeated_claim_claims_once() {
    let world = World::new().await;
    let task = make(&world, json!({"assignee": "codex"})).await;
    let claude = from(json!({"agent": "claude"}));
    let other = world.admin.claim_task(task.id, &claude).await;
    assert_eq!(kind(other), ProblemKind::MoveNotAllowed);
    let claim = from(json!({"run_id": model::RunId::new()}));
    let first = world.admin.claim_task(task.id, &claim).await.unwrap();
    let again = world.admin.claim_task(task.id, &claim).await.unwrap();
    assert_eq!(first.run.agent.as_ref().unwrap().as_str(), "codex");
    assert_eq!(first.run, again.run);
    assert!(first.run_token.is_some() && again.run_token.is_none());
}

#[tokio::test]
async fn a_worker_without_its_runs_token_names_its_lease() {
    let world = World::new().await;
    make(&world, json!({})).await;
    let (_, secret) = world.caller(&[Scope::Report], None).await;
    let worker = world.client_of(&secret);
    let claim = ask(&worker, json!({})).await.unwrap().claims.pop().unwrap();
    let (run, head) = (claim.run.id, world.head().await);
    let end = from(json!({"outcome": "completed"}));
    let unnamed = worker.finish_run(run, &end).await;
    assert_eq!(kind(unnamed), ProblemKind::Forbidden);
    let stale = worker.with_lease(claim.lease_epoch + 1);
    assert_eq!(
        kind(stale.finish_run(run, &end).await),
        ProblemKind::LeaseLost
    );
    assert_eq!(world.head().await, head);
    let own = worker.with_lease(claim.lease_epoch);
    assert_eq!(own.finish_run(run, &end).await.unwrap().id, run);
}

#[tokio::test]
async fn a_lease_that_is_no_number_is_refused() {
    let world = World::new().await;
    let path = format!("/api/runs/{}/heartbeat", world.run.id);
    for lease in ["", "-1", "1.5", "x", "9999999999999999999"] {
        let request = as_admin("POST", &path).header("lease-epoch", lease);
        let request = request.header("content-type", "application/json");
        let answer = world.server.send(request.body("{}".into()).unwrap()).await;
        assert_eq!(answer.kind(), "malformed", "{lease}");
    }
}
