//! Runs: started once, watched, cancelled, finished once; leases fence off whoever lost them.

use model::{
    FinishRun, Heartbeat, NewRun, Outcome, Page, ProblemKind, RunFilter, RunId, RunPatch, RunState,
    Scope,
};
use serde_json::json;

use crate::world::{World, from, kind, pointers};

#[tokio::test]
async fn a_repeated_start_starts_once() {
    let world = World::new().await;
    let new: NewRun = from(json!({"id": RunId::new(), "project": "web", "title": "Once"}));
    let first = world.admin.create_run(&new).await.unwrap();
    let second = world.admin.create_run(&new).await.unwrap();
    assert_eq!(first.run.id, second.run.id);
    assert!(first.run_token.is_some());
    assert_eq!(second.run_token, None, "a secret is shown once");
}

#[tokio::test]
async fn a_run_of_somebody_else_is_not_taken_over_by_its_id() {
    let world = World::new().await;
    let stranger = world.client(&[Scope::Report], Some(&world.elsewhere)).await;
    let new: NewRun = from(json!({"id": world.run.id, "project": "elsewhere", "title": "Mine"}));
    assert_eq!(
        kind(stranger.create_run(&new).await),
        ProblemKind::AlreadyExists
    );
}

#[tokio::test]
async fn a_run_is_edited_while_it_is_open() {
    let world = World::new().await;
    let patch = json!({
        "model": "claude-opus-4-8", "state": "waiting",
        "session": {"agent": "claude", "provider_session_id": "s1", "messages": 1},
    });
    let edited = world
        .admin
        .update_run(world.run.id, &from(patch))
        .await
        .unwrap();
    assert_eq!(edited.state, RunState::Waiting);
    let session = world
        .admin
        .get_session(edited.session_id.unwrap())
        .await
        .unwrap();
    assert_eq!(
        (session.provider_session_id.as_str(), session.messages),
        ("s1", 1)
    );
    let ended: RunPatch = from(json!({"state": "succeeded"}));
    assert_eq!(
        kind(world.admin.update_run(world.run.id, &ended).await),
        ProblemKind::MoveNotAllowed
    );
}

#[tokio::test]
async fn a_run_ends_once() {
    let world = World::new().await;
    let end: FinishRun = from(json!({
        "outcome": "completed", "exit_code": 0, "summary": "Done.", "reported_cost_usd": 0.19968,
    }));
    let ended = world.admin.finish_run(world.run.id, &end).await.unwrap();
    assert_eq!(
        (ended.state, ended.exit_code),
        (RunState::Succeeded, Some(0))
    );
    assert_eq!(ended.reported_cost_usd, model::Usd::from_dollars(0.19968));
    let again = world.admin.finish_run(world.run.id, &end).await.unwrap();
    assert_eq!(
        (again.version, again.ended_at),
        (ended.version, ended.ended_at)
    );
    let other: FinishRun = from(json!({"outcome": "failed"}));
    assert_eq!(
        kind(world.admin.finish_run(world.run.id, &other).await),
        ProblemKind::MoveNotAllowed
    );
}

#[tokio::test]
async fn what_was_open_ends_with_the_run() {
    let world = World::new().await;
    world
        .admin
        .finish_run(world.run.id, &from(json!({"outcome": "crashed"})))
        .await
        .unwrap();
    let steps = world.admin.list_steps(world.run.id).await.unwrap();
    assert_eq!(steps[0].state, model::StepState::Cancelled);
    let events = events_of(&world).await;
    assert_eq!(
        events
            .iter()
            .filter(|event| *event == "run_finished")
            .count(),
        1
    );
}

async fn events_of(world: &World) -> Vec<String> {
    let query = client::EventQuery {
        run: Some(world.run.id),
        ..Default::default()
    };
    let events = world.admin.list_events(&query).await.unwrap();
    events.into_iter().map(|event| event.event_type).collect()
}

#[tokio::test]
async fn spending_is_taken_after_the_end_and_changes_no_state() {
    let world = World::new().await;
    world
        .admin
        .finish_run(world.run.id, &from(json!({"outcome": "cancelled"})))
        .await
        .unwrap();
    let run = world.client_of(&world.run_token);
    assert!(
        run.append_logs(world.run.id, &from::<Vec<_>>(json!([{"text": "late"}])))
            .await
            .is_ok()
    );
    let call = json!({"model": "claude-opus-4-8", "tokens": {"output": 1}});
    assert!(run.create_llm_calls(&from(call)).await.is_ok());
    let step: model::NewStep = from(json!({"step_type": "tool", "name": "late"}));
    assert_eq!(
        kind(run.create_step(world.run.id, &step).await),
        ProblemKind::MoveNotAllowed
    );
    let detail = world.admin.get_run(world.run.id).await.unwrap();
    assert_eq!(detail.run.state, RunState::Cancelled);
}

#[tokio::test]
async fn a_cancel_is_heard_with_the_next_heartbeat() {
    let world = World::new().await;
    let beat = Heartbeat::default();
    assert!(
        !world
            .admin
            .heartbeat_run(world.run.id, &beat)
            .await
            .unwrap()
            .cancel
    );
    let asked = world.admin.cancel_run(world.run.id).await.unwrap();
    assert!(asked.cancel_requested_at.is_some());
    assert_eq!(asked.state, RunState::Running);
    assert!(
        world
            .admin
            .heartbeat_run(world.run.id, &beat)
            .await
            .unwrap()
            .cancel
    );
    let end: FinishRun = from(json!({"outcome": "cancelled", "exit_code": 143}));
    let ended = world.admin.finish_run(world.run.id, &end).await.unwrap();
    assert_eq!(ended.state, RunState::Cancelled);
    assert!(
        world
            .admin
            .heartbeat_run(world.run.id, &beat)
            .await
            .unwrap()
            .cancel
    );
}

#[tokio::test]
async fn who_lost_the_lease_is_told_and_changes_nothing() {
    let world = World::new().await;
    let started = world
        .admin
        .create_run(&from(json!({"task_id": world.task.id, "title": "a"})))
        .await
        .unwrap();
    assert!(started.run.lease_expires_at.is_some());
    let stale = started.run.lease_epoch - 1;
    let head = world.head().await;
    let beat = Heartbeat {
        wait_seconds: None,
        lease_epoch: Some(stale),
    };
    assert_eq!(
        kind(world.admin.heartbeat_run(started.run.id, &beat).await),
        ProblemKind::LeaseLost
    );
    let end: FinishRun = from(json!({"outcome": "completed", "lease_epoch": stale}));
    assert_eq!(
        kind(world.admin.finish_run(started.run.id, &end).await),
        ProblemKind::LeaseLost
    );
    assert_eq!(world.head().await, head);
}

#[tokio::test]
async fn children_hang_below_their_parent() {
    let world = World::new().await;
    let new: NewRun = from(json!({"parent_run_id": world.run.id, "title": "Child"}));
    let child = world.admin.create_run(&new).await.unwrap().run;
    assert_eq!(child.ticket_id, world.run.ticket_id);
    let detail = world.admin.get_run(world.run.id).await.unwrap();
    assert_eq!(
        detail.children.iter().map(|run| run.id).collect::<Vec<_>>(),
        [child.id]
    );
}

#[tokio::test]
async fn lists_are_filtered() {
    let world = World::new().await;
    let new = from(json!({"project": "elsewhere", "title": "a", "agent": "codex"}));
    let other = world.admin.create_run(&new).await.unwrap().run;
    world
        .admin
        .finish_run(other.id, &from(json!({"outcome": "timed_out"})))
        .await
        .unwrap();
    let ids = async |filter: RunFilter| {
        let runs = world
            .admin
            .list_runs(&filter, &Page::default())
            .await
            .unwrap()
            .items;
        runs.into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(RunFilter::default()).await, [other.id, world.run.id]);
    let failed = RunFilter {
        state: vec![RunState::Failed],
        ..RunFilter::default()
    };
    assert_eq!(ids(failed).await, [other.id]);
    let of_ticket = RunFilter {
        ticket: Some(world.ticket.id),
        ..RunFilter::default()
    };
    assert_eq!(ids(of_ticket).await, [world.run.id]);
    let codex = RunFilter {
        agent: Some(model::Name::lossy("codex")),
        ..RunFilter::default()
    };
    assert_eq!(ids(codex).await, [other.id]);
}

#[tokio::test]
async fn the_outcome_says_how_it_ended() {
    let world = World::new().await;
    for outcome in Outcome::ALL {
        let run = world
            .admin
            .create_run(&from(json!({"project": "elsewhere", "title": "a"})))
            .await
            .unwrap()
            .run;
        let end = from(json!({"outcome": outcome}));
        let Ok(ended) = world.admin.finish_run(run.id, &end).await else {
            panic!("{outcome} is refused")
        };
        assert_eq!(
            (ended.state, ended.outcome),
            (outcome.state(), Some(*outcome))
        );
    }
}

#[tokio::test]
async fn what_cannot_be_is_pointed_at() {
    let world = World::new().await;
    for (more, pointer) in [
        (json!({"task_id": model::TaskId::new()}), "/task_id"),
        (json!({"ticket_id": model::TicketId::new()}), "/ticket_id"),
        (json!({"parent_run_id": RunId::new()}), "/parent_run_id"),
        (json!({"project": "no such project"}), "/project"),
        (json!({"max_runtime_seconds": 0}), "/max_runtime_seconds"),
        (json!({"command": vec!["a"; 1001]}), "/command"),
    ] {
        let mut body = json!({"title": "a"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        let found = pointers(world.admin.create_run(&from(body)).await);
        assert!(
            found.iter().any(|found| found.starts_with(pointer)),
            "{pointer}: {found:?}"
        );
    }
}
