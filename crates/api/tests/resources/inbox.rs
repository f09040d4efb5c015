//! The inbox and diagnostics: what needs a person, and what is wrong.

use model::{
    BoardFilter, DiagnosticKind, DiagnosticSeverity, InboxFilter, InboxItem, InboxKind, Page,
    Remedy, Scope, Task, TaskState,
};
use serde_json::{Value, json};

use crate::world::{World, from, make};

async fn run(world: &World, task: &Task, end: Value) {
    let run = from(json!({"task_id": task.id}));
    let run = world.admin.create_run(&run).await.unwrap().run;
    world.admin.finish_run(run.id, &from(end)).await.unwrap();
}

async fn inbox(world: &World) -> Vec<InboxItem> {
    let filter = InboxFilter {
        project: Some(world.elsewhere.id),
        ..InboxFilter::default()
    };
    some(world, filter).await
}

async fn some(world: &World, filter: InboxFilter) -> Vec<InboxItem> {
    let page = Page::default();
    let items = world.admin.list_inbox(&filter, &page);
    items.await.unwrap().items
}

#[tokio::test]
async fn everything_that_needs_a_person_is_there_once() {
    let world = World::new().await;
    assert_eq!(inbox(&world).await, []);
    let judged = make(&world, json!({"human_gate": true})).await;
    run(
        &world,
        &judged,
        json!({"outcome": "completed", "summary": "Look!"}),
    )
    .await;
    let failed = make(&world, json!({"max_retries": 0})).await;
    run(&world, &failed, json!({"outcome": "failed", "error": "no"})).await;
    let blocked = make(&world, json!({})).await;
    let why = from(json!({"reason": "No key"}));
    world.admin.block_task(blocked.id, &why).await.unwrap();
    let asked = make(&world, json!({})).await;
    let question = from(json!({"text": "Which?\nOr both?"}));
    world
        .admin
        .create_question(asked.id, &question)
        .await
        .unwrap();
    let items = inbox(&world).await;
    let seen: Vec<_> = items
        .iter()
        .map(|item| (item.kind, item.task_id.unwrap(), item.reason.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (InboxKind::Failure, failed.id, "given up after 1 failure"),
            (InboxKind::Question, asked.id, "Which?\nOr both?"),
            (InboxKind::Approval, judged.id, "Look!"),
            (InboxKind::Stuck, blocked.id, "No key"),
        ]
    );
    assert_eq!(items[1].title, asked.title);
    assert_eq!(items[1].actions, [Remedy::Answer]);
    let worst = InboxFilter {
        severity: Some(DiagnosticSeverity::Critical),
        ..InboxFilter::default()
    };
    let worst = some(&world, worst).await;
    let worst: Vec<_> = worst.iter().map(|item| item.task_id).collect();
    assert_eq!(worst, [Some(failed.id)]);
    for item in &items {
        let kind = InboxFilter {
            kind: Some(item.kind),
            ..InboxFilter::default()
        };
        let shown = some(&world, kind).await;
        let shown: Vec<_> = shown.iter().map(|one| (one.kind, one.task_id)).collect();
        assert_eq!(shown, [(item.kind, item.task_id)]);
    }
}

#[tokio::test]
async fn the_inbox_comes_in_pieces_and_shows_no_other_project() {
    let world = World::new().await;
    for _ in 0..5 {
        let task = make(&world, json!({})).await;
        world
            .admin
            .block_task(task.id, &Default::default())
            .await
            .unwrap();
    }
    let judged = make(&world, json!({"human_gate": true})).await;
    run(&world, &judged, json!({"outcome": "completed"})).await;
    let stuck = InboxFilter {
        kind: Some(InboxKind::Stuck),
        ..InboxFilter::default()
    };
    let mut page = Page::first(2);
    let mut seen = Vec::new();
    loop {
        let piece = world.admin.list_inbox(&stuck, &page).await.unwrap();
        seen.extend(piece.items.into_iter().map(|item| item.task_id));
        page.cursor = piece.next;
        if page.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    seen.dedup();
    assert_eq!(seen.len(), 5);
    let stranger = world.client(&[Scope::Read], Some(&world.project)).await;
    let all = InboxFilter::default();
    let unseen = stranger.list_inbox(&all, &Page::default()).await.unwrap();
    assert_eq!(unseen.items, []);
}

#[tokio::test]
async fn an_archived_project_is_in_the_inbox_only_where_it_is_named() {
    let world = World::new().await;
    let blocked = make(&world, json!({})).await;
    let why = Default::default();
    world.admin.block_task(blocked.id, &why).await.unwrap();
    let asked = make(&world, json!({})).await;
    let question = from(json!({"text": "Which?"}));
    let asking = world.admin.create_question(asked.id, &question);
    asking.await.unwrap();
    assert_eq!(some(&world, InboxFilter::default()).await.len(), 2);
    let put_away = world.admin.delete_project("elsewhere", false).await;
    assert_eq!(put_away.unwrap().status, "archived");
    assert_eq!(some(&world, InboxFilter::default()).await, []);
    assert_eq!(inbox(&world).await.len(), 2);
}

#[tokio::test]
async fn crashes_are_diagnosed_on_card_and_page() {
    let world = World::new().await;
    let task = make(&world, json!({"max_retries": 1})).await;
    for _ in 0..2 {
        run(&world, &task, json!({"outcome": "crashed"})).await;
    }
    let detail = world.admin.get_task(task.id).await.unwrap();
    assert_eq!(detail.task.status, TaskState::Failed);
    let kinds: Vec<_> = detail.diagnostics.iter().map(|one| one.kind).collect();
    assert_eq!(
        kinds,
        [
            DiagnosticKind::RepeatedFailures,
            DiagnosticKind::RepeatedCrashes,
        ]
    );
    let filter = BoardFilter::default();
    let board = world.admin.get_board("elsewhere", &filter, None).await;
    let columns = board.unwrap().columns;
    let column = columns.iter().find(|it| it.name == TaskState::Failed);
    let card = column.unwrap().tasks[0].diagnostics.unwrap();
    assert_eq!(
        (card.severity, card.count),
        (DiagnosticSeverity::Critical, 2)
    );
}

#[tokio::test]
async fn tasks_that_are_named_and_not_there_are_told() {
    let world = World::new().await;
    let task = make(&world, json!({})).await;
    let missing = model::TaskId::new();
    let result = format!("made task {missing} after task {}", task.id);
    let done = from(json!({"result": result}));
    world.admin.complete_task(task.id, &done).await.unwrap();
    let detail = world.admin.get_task(task.id).await.unwrap();
    let [told] = detail.diagnostics.as_slice() else {
        panic!("{:?}", detail.diagnostics);
    };
    assert_eq!(told.kind, DiagnosticKind::UnknownReferences);
    assert!(told.message.contains(&missing.to_string()));
    assert!(!told.message.contains(&task.id.to_string()));
}
