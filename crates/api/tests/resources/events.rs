//! Events: reported, listed, filtered; dense and in order.

use client::EventQuery;
use model::{ProblemKind, Scope, Severity};
use serde_json::json;

use crate::world::{SECRET, World, from, kind, pointers};

#[tokio::test]
async fn reported_events_get_dense_numbers_in_their_order() {
    let world = World::new().await;
    let head = world.head().await;
    let rows: Vec<_> = (0..1000)
        .map(|n| json!({"event_type": "test_run_pass", "message": n.to_string()}))
        .collect();
    let appended = world.admin.create_events(&from(json!(rows))).await.unwrap();
    assert_eq!(
        (appended.first_seq, appended.last_seq),
        (head + 1, head + 1000)
    );
    assert_eq!(appended.ids.len(), 1000);
    let query = EventQuery {
        after: Some(head),
        limit: Some(1000),
        ..EventQuery::default()
    };
    let events = world.admin.list_events(&query).await.unwrap();
    let said: Vec<_> = events
        .iter()
        .map(|event| event.message.as_str().to_owned())
        .collect();
    assert_eq!(said, (0..1000).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_event_about_a_run_knows_its_ticket() {
    let world = World::new().await;
    let new = json!({"event_type": "pr_created", "run_id": world.run.id, "details": {"url": "u"}});
    world.admin.create_events(&from(new)).await.unwrap();
    let query = EventQuery {
        run: Some(world.run.id),
        limit: Some(1),
        ..EventQuery::default()
    };
    let event = &world.admin.list_events(&query).await.unwrap()[0];
    assert_eq!(event.ticket_id, Some(world.ticket.id));
    assert_eq!(
        event.ticket_title.as_ref().unwrap().as_str(),
        format!("Add {SECRET}")
    );
    assert_eq!(event.severity, Severity::Success);
    assert_eq!(event.runner.as_ref().unwrap().as_str(), "claude");
}

#[tokio::test]
async fn words_that_nobody_knows_are_kept_as_the_agents_own() {
    let world = World::new().await;
    // The last one would otherwise pass for a control frame of a stream.
    for word in ["made_coffee", "agent.made_coffee", "stream_bye"] {
        world
            .admin
            .create_events(&from(json!({"event_type": word})))
            .await
            .unwrap();
        let query = EventQuery {
            limit: Some(1),
            ..EventQuery::default()
        };
        let event = &world.admin.list_events(&query).await.unwrap()[0];
        assert_eq!(
            event.event_type,
            format!("agent.{}", word.trim_start_matches("agent."))
        );
    }
}

#[tokio::test]
async fn nobody_speaks_for_the_server() {
    let world = World::new().await;
    let head = world.head().await;
    for word in [
        "ticket_created",
        "run_finished",
        "token_created",
        "server_started",
    ] {
        let refused = world
            .admin
            .create_events(&from(json!({"event_type": word})))
            .await;
        assert_eq!(pointers(refused), ["/event_type"], "{word}");
    }
    let rows = json!([{"event_type": "pr_created"}, {"event_type": "run_finished"}]);
    assert_eq!(
        pointers(world.admin.create_events(&from(rows)).await),
        ["/1/event_type"]
    );
    assert_eq!(world.head().await, head, "all or nothing");
}

#[tokio::test]
async fn a_batch_is_neither_empty_nor_endless() {
    let world = World::new().await;
    let head = world.head().await;
    assert_eq!(
        kind(world.admin.create_events(&from(json!([]))).await),
        ProblemKind::Invalid
    );
    let rows = vec![json!({"event_type": "pr_created"}); 1001];
    assert!(world.admin.create_events(&from(json!(rows))).await.is_err());
    assert_eq!(world.head().await, head);
}

#[tokio::test]
async fn lists_are_filtered() {
    let world = World::new().await;
    let count = async |query: EventQuery| world.admin.list_events(&query).await.unwrap().len();
    let of_run = EventQuery {
        run: Some(world.run.id),
        ..EventQuery::default()
    };
    let types = |words: &[&str]| EventQuery {
        event_type: words.iter().map(|word| (*word).to_owned()).collect(),
        ..of_run.clone()
    };
    assert_eq!(count(types(&["run_started"])).await, 1);
    assert_eq!(count(types(&["run_*", "agent.*"])).await, 2);
    assert_eq!(
        count(EventQuery {
            severity: Some(Severity::Error),
            ..of_run.clone()
        })
        .await,
        0
    );
    assert_eq!(
        count(EventQuery {
            project: Some("elsewhere".into()),
            ..EventQuery::default()
        })
        .await,
        1
    );
    let all = world.admin.list_events(&of_run).await.unwrap();
    let middle = all[1].seq;
    let older = EventQuery {
        before: Some(middle),
        ..of_run.clone()
    };
    assert_eq!(count(older).await, all.len() - 2);
}

#[tokio::test]
async fn a_local_caller_reports_only_in_its_project() {
    let world = World::new().await;
    let local = world.client(&[Scope::Report], Some(&world.elsewhere)).await;
    local
        .create_events(&from(json!({"event_type": "pr_created"})))
        .await
        .unwrap();
    let query = EventQuery {
        limit: Some(1),
        ..EventQuery::default()
    };
    let event = &local.list_events(&query).await.unwrap()[0];
    assert_eq!(event.project_id, Some(world.elsewhere.id));
    let refused = local
        .create_events(&from(
            json!({"event_type": "pr_created", "run_id": world.run.id}),
        ))
        .await;
    assert!(refused.is_err());
}
