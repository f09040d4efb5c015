//! Tickets: made, listed, moved, retried, deleted.

use std::collections::BTreeSet;

use model::{
    NewTicket, Page, ProblemKind, Scope, Ticket, TicketFilter, TicketPatch, TicketSort,
    TicketStatus,
};
use serde_json::json;

use crate::world::{World, from, kind, pointers};

async fn make(world: &World, title: &str, more: serde_json::Value) -> Ticket {
    let mut body = json!({"project": "elsewhere", "title": title});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().cloned().unwrap_or_default());
    world
        .admin
        .create_ticket(&from::<NewTicket>(body))
        .await
        .unwrap()
}

async fn listed(world: &World, filter: &TicketFilter) -> Vec<String> {
    let page = Page::default();
    let tickets = world
        .admin
        .list_tickets(filter, TicketSort::Newest, &page)
        .await
        .unwrap();
    tickets
        .items
        .into_iter()
        .map(|ticket| ticket.title.into_string())
        .collect()
}

#[tokio::test]
async fn a_new_ticket_is_queued_and_submitted_by_its_caller() {
    let world = World::new().await;
    let ticket = make(
        &world,
        "Add login",
        json!({"labels": ["a", "b"], "priority": 3}),
    )
    .await;
    assert_eq!(ticket.status, TicketStatus::Queued);
    assert_eq!(ticket.submitter.as_ref().unwrap().as_str(), "admin");
    assert_eq!(world.admin.get_ticket(ticket.id).await.unwrap(), ticket);
}

#[tokio::test]
async fn an_external_id_names_one_ticket_of_a_project() {
    let world = World::new().await;
    make(&world, "One", json!({"external_id": "GH-1"})).await;
    let again: NewTicket =
        from(json!({"project": "elsewhere", "title": "Two", "external_id": "GH-1"}));
    assert_eq!(
        kind(world.admin.create_ticket(&again).await),
        ProblemKind::AlreadyExists
    );
    let other: NewTicket = from(json!({"project": "web", "title": "Two", "external_id": "GH-1"}));
    assert!(world.admin.create_ticket(&other).await.is_ok());
}

#[tokio::test]
async fn lists_are_filtered() {
    let world = World::new().await;
    let elsewhere = TicketFilter {
        project: Some(world.elsewhere.id),
        ..TicketFilter::default()
    };
    make(
        &world,
        "Ärger im Keller",
        json!({"labels": ["bug"], "assignee": "ada"}),
    )
    .await;
    make(&world, "100% sure_thing", json!({})).await;
    let with = |change: fn(&mut TicketFilter)| {
        let mut filter = elsewhere.clone();
        change(&mut filter);
        filter
    };
    assert_eq!(listed(&world, &elsewhere).await.len(), 2);
    for filter in [
        with(|filter| filter.q = Some("äRGER".into())),
        with(|filter| filter.label = Some(model::Name::lossy("bug"))),
        with(|filter| filter.assignee = Some(model::Name::lossy("ada"))),
    ] {
        assert_eq!(listed(&world, &filter).await, ["Ärger im Keller"]);
    }
    assert_eq!(
        listed(&world, &with(|filter| filter.q = Some("0% s".into())))
            .await
            .len(),
        1
    );
    assert_eq!(
        listed(&world, &with(|filter| filter.q = Some("%".into())))
            .await
            .len(),
        1
    );
    assert_eq!(
        listed(&world, &with(|filter| filter.q = Some("e_t".into())))
            .await
            .len(),
        1
    );
    assert!(
        listed(
            &world,
            &with(|filter| filter.status = vec![TicketStatus::Done])
        )
        .await
        .is_empty()
    );
}

#[tokio::test]
async fn an_unknown_status_is_refused_with_the_known_ones() {
    let world = World::new().await;
    let answer = world.server.get("/api/tickets?status=nonsense").await;
    assert_eq!(answer.status, http::StatusCode::BAD_REQUEST);
    let problem = answer.json();
    assert_eq!(problem["errors"][0]["pointer"], "status");
    assert!(
        answer.text.contains("clarification_needed"),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn pages_hold_every_ticket_once_in_every_order() {
    let world = World::new().await;
    let mut made = BTreeSet::new();
    for number in 0..25 {
        made.insert(
            make(
                &world,
                &format!("T{number}"),
                json!({"priority": number % 4}),
            )
            .await
            .id,
        );
    }
    let filter = TicketFilter {
        project: Some(world.elsewhere.id),
        ..TicketFilter::default()
    };
    for sort in TicketSort::ALL {
        let mut seen = Vec::new();
        let mut page = Page::first(7);
        loop {
            let piece = world
                .admin
                .list_tickets(&filter, *sort, &page)
                .await
                .unwrap();
            assert!(piece.items.len() <= 7);
            seen.extend(piece.items.into_iter().map(|ticket| ticket.id));
            let Some(next) = piece.next else { break };
            page.cursor = Some(next);
        }
        assert_eq!(seen.len(), 25, "{sort:?}");
        assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), made, "{sort:?}");
    }
}

#[tokio::test]
async fn summaries_are_short_tickets() {
    let world = World::new().await;
    let filter = TicketFilter {
        project: Some(world.project.id),
        ..TicketFilter::default()
    };
    let page = Page::default();
    let found = world
        .admin
        .list_ticket_summaries(&filter, TicketSort::Newest, &page)
        .await
        .unwrap();
    let ids: Vec<_> = found.items.iter().map(|summary| summary.id).collect();
    assert_eq!(ids, [world.ticket.id]);
}

#[tokio::test]
async fn an_edit_names_the_version_that_it_saw() {
    let world = World::new().await;
    let ticket = make(&world, "One", json!({})).await;
    let patch: TicketPatch = from(json!({"title": "Two", "version": ticket.version}));
    let edited = world.admin.update_ticket(ticket.id, &patch).await.unwrap();
    assert_eq!(edited.version, ticket.version + 1);
    assert_eq!(
        kind(world.admin.update_ticket(ticket.id, &patch).await),
        ProblemKind::StaleVersion
    );
    let events = world
        .admin
        .list_ticket_events(ticket.id, &Page::default())
        .await
        .unwrap()
        .items;
    assert_eq!(events[0].event_type, "ticket_updated");
}

#[tokio::test]
async fn a_reporter_says_where_a_ticket_stands_and_nothing_else() {
    let world = World::new().await;
    let ticket = make(&world, "One", json!({})).await;
    let reporter = world.client(&[Scope::Report], None).await;
    let moved: TicketPatch = from(json!({"status": "implementing"}));
    let moved = reporter.update_ticket(ticket.id, &moved).await.unwrap();
    assert_eq!(moved.status, TicketStatus::Implementing);
    assert!(moved.started_at.is_some());
    let renamed: TicketPatch = from(json!({"title": "Mine"}));
    assert_eq!(
        kind(reporter.update_ticket(ticket.id, &renamed).await),
        ProblemKind::Forbidden
    );
}

#[tokio::test]
async fn only_what_failed_is_retried() {
    let world = World::new().await;
    let ticket = make(&world, "One", json!({})).await;
    assert_eq!(
        kind(world.admin.retry_ticket(ticket.id).await),
        ProblemKind::MoveNotAllowed
    );
    let failed: TicketPatch = from(json!({"status": "failed"}));
    world.admin.update_ticket(ticket.id, &failed).await.unwrap();
    world.admin.retry_ticket(ticket.id).await.unwrap();
    assert_eq!(
        world.admin.get_ticket(ticket.id).await.unwrap().status,
        TicketStatus::Queued
    );
}

#[tokio::test]
async fn a_ticket_shows_its_tasks_calls_and_comments() {
    let world = World::new().await;
    let page = Page::default();
    let tasks = world
        .admin
        .list_ticket_tasks(world.ticket.id, &page)
        .await
        .unwrap()
        .items;
    let ids: Vec<_> = tasks.iter().map(|task| task.id).collect();
    assert_eq!(ids, [world.task.id, world.later.id]);
    let calls = world
        .admin
        .list_ticket_llm_calls(world.ticket.id, &page)
        .await
        .unwrap()
        .items;
    assert_eq!(calls.len(), 2);
    let comments = world
        .admin
        .list_ticket_comments(world.ticket.id, &page)
        .await
        .unwrap()
        .items;
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0].author.to_string(), "human:admin");
    let empty = world
        .admin
        .create_ticket_comment(world.ticket.id, &from(json!({"body": ""})))
        .await;
    assert_eq!(pointers(empty), ["/body"]);
}

#[tokio::test]
async fn a_deleted_ticket_leaves_its_cost() {
    let world = World::new().await;
    let before = world.admin.get_project("web").await.unwrap().project.totals;
    assert!(before.cost_usd > model::Usd::ZERO);
    world.admin.delete_ticket(world.ticket.id).await.unwrap();
    assert_eq!(
        kind(world.admin.get_ticket(world.ticket.id).await),
        ProblemKind::NotFound
    );
    assert_eq!(
        world.admin.get_project("web").await.unwrap().project.totals,
        before
    );
}
