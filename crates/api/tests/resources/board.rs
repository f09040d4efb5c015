//! Boards: columns that count and page on their own, cards with what one needs to choose, and 304 while nothing happens.

use axum::body::Body;
use http::StatusCode;
use model::{Board, BoardColumn, BoardFilter, Name, Page, TaskState};
use serde_json::json;

use crate::support::as_admin;
use crate::world::{World, from, make};

async fn board(world: &World, filter: BoardFilter) -> Board {
    let board = world.admin.get_board("elsewhere", &filter, Some(2)).await;
    board.unwrap()
}

fn column(board: &Board, name: TaskState) -> &BoardColumn {
    let column = board.columns.iter().find(|column| column.name == name);
    column.unwrap()
}

fn titles(column: &BoardColumn) -> Vec<&str> {
    column
        .tasks
        .iter()
        .map(|card| card.title.as_str())
        .collect()
}

#[tokio::test]
async fn columns_come_in_order_and_hide_the_archived_unless_asked() {
    let world = World::new().await;
    for include_archived in [false, true] {
        let filter = BoardFilter {
            include_archived,
            ..BoardFilter::default()
        };
        let names: Vec<_> = board(&world, filter)
            .await
            .columns
            .iter()
            .map(|it| it.name)
            .collect();
        let most = TaskState::ALL.len() - usize::from(!include_archived);
        assert_eq!(names, TaskState::ALL[..most]);
    }
}

#[tokio::test]
async fn a_column_counts_all_and_goes_on_as_a_list() {
    let world = World::new().await;
    for (title, priority) in [("a", 0), ("b", 5), ("c", 0), ("d", -1), ("e", 5)] {
        make(&world, json!({"title": title, "priority": priority})).await;
    }
    let board = board(&world, BoardFilter::default()).await;
    let ready = column(&board, TaskState::Ready);
    assert_eq!((ready.count, titles(ready)), (Some(5), vec!["b", "e"]));
    let mut page = Page {
        limit: 2,
        cursor: ready.next_cursor.clone(),
    };
    let mut rest = Vec::new();
    while page.cursor.is_some() {
        let filter = BoardFilter::default();
        let cards = world
            .admin
            .list_board_cards("elsewhere", TaskState::Ready, &filter, &page);
        let cards = cards.await.unwrap();
        rest.extend(cards.items.into_iter().map(|card| card.title.into_string()));
        page.cursor = cards.next;
    }
    assert_eq!(rest, ["a", "c", "d"]);
}

#[tokio::test]
async fn a_card_tells_what_hangs_on_it() {
    let world = World::new().await;
    let one = make(&world, json!({"title": "one"})).await;
    let two = make(&world, json!({"title": "two"})).await;
    let goal = json!({"title": "goal", "tenant": "t", "assignee": "ada"});
    let goal = make(&world, goal).await;
    for child in [&one, &two] {
        let link = json!({"parent_id": goal.id, "child_id": child.id});
        world.admin.create_link(&from(link)).await.unwrap();
    }
    let said = from(json!({"body": "Hm."}));
    world
        .admin
        .create_task_comment(goal.id, &said)
        .await
        .unwrap();
    let board = board(&world, BoardFilter::default()).await;
    let card = &column(&board, TaskState::Ready).tasks[0];
    assert_eq!(
        (card.link_counts.parents, card.link_counts.children),
        (0, 2)
    );
    assert_eq!(card.comment_count, 1);
    let progress = card.progress.unwrap();
    assert_eq!((progress.done, progress.total), (0, 2));
    assert_eq!(column(&board, TaskState::Todo).tasks[0].progress, None);
    assert_eq!(board.tenants, [Name::lossy("t")]);
    assert_eq!(board.assignees, [Name::lossy("ada")]);
    assert_eq!(board.latest_event_id, world.head().await);
}

#[tokio::test]
async fn what_was_done_last_comes_first() {
    let world = World::new().await;
    for title in ["first", "second", "third"] {
        let task = make(&world, json!({"title": title})).await;
        let run = json!({"task_id": task.id});
        let run = world.admin.create_run(&from(run)).await.unwrap().run;
        let end = json!({"outcome": "completed", "summary": format!("{title} is done")});
        world.admin.finish_run(run.id, &from(end)).await.unwrap();
    }
    let board = board(&world, BoardFilter::default()).await;
    let done = column(&board, TaskState::Done);
    assert_eq!(titles(done), ["third", "second"]);
    let summary = done.tasks[0].latest_summary.as_ref().unwrap();
    assert_eq!(summary.as_str(), "third is done");
}

#[tokio::test]
async fn filters_narrow_cards_and_counts_alike() {
    let world = World::new().await;
    make(&world, json!({"assignee": "ada", "tenant": "t"})).await;
    make(&world, json!({"assignee": "ada"})).await;
    make(&world, json!({"assignee": "bea", "title": "Find me"})).await;
    let name = |name: &str| Some(Name::lossy(name));
    for (tenant, assignee, q, expected) in [
        (None, None, None, 3),
        (None, name("ada"), None, 2),
        (name("t"), name("ada"), None, 1),
        (name("t"), name("bea"), None, 0),
        (None, None, Some("find"), 1),
        (None, name("ada"), Some("find"), 0),
    ] {
        let filter = BoardFilter {
            tenant,
            assignee,
            q: q.map(str::to_owned),
            include_archived: false,
        };
        let board = world.admin.get_board("elsewhere", &filter, None);
        let board = board.await.unwrap();
        let ready = column(&board, TaskState::Ready);
        assert_eq!(ready.count, Some(expected), "{filter:?}");
        let shown = i64::try_from(ready.tasks.len()).unwrap();
        assert_eq!(shown, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_board_is_not_sent_again_while_nothing_happens() {
    let world = World::new().await;
    let ask = |seen: &str| {
        let request = as_admin("GET", "/api/projects/elsewhere/board");
        let request = request.header("if-none-match", seen);
        world.server.send(request.body(Body::empty()).unwrap())
    };
    let first = ask("\"none\"").await;
    assert_eq!(first.status, StatusCode::OK);
    let etag = first.header("etag");
    assert_eq!(ask(etag).await.status, StatusCode::NOT_MODIFIED);
    make(&world, json!({})).await;
    assert_eq!(ask(etag).await.status, StatusCode::OK);
}

#[tokio::test]
async fn stats_tell_who_has_how_much() {
    let world = World::new().await;
    make(&world, json!({"assignee": "ada"})).await;
    make(&world, json!({"assignee": "ada", "triage": true})).await;
    make(&world, json!({})).await;
    let stats = world.admin.get_project_stats("elsewhere").await.unwrap();
    assert_eq!(stats.by_status["ready"], 2);
    assert_eq!(stats.by_assignee["ada"]["triage"], 1);
    assert!(stats.oldest_ready_age_seconds.is_some());
    let elsewhere = Some(world.elsewhere.id);
    let known = world.admin.list_assignees(elsewhere).await.unwrap();
    assert_eq!(known.assignees.len(), 1);
    assert_eq!(known.assignees[0].counts["ready"], 1);
    // Whom a worker of the project runs, although nothing was given to it yet.
    let web = world.admin.list_assignees(Some(world.project.id)).await;
    let names: Vec<_> = web
        .unwrap()
        .assignees
        .into_iter()
        .map(|one| one.name)
        .collect();
    assert_eq!(names, [Name::lossy("claude")]);
}

#[tokio::test]
async fn everybody_has_a_view_of_their_own() {
    let world = World::new().await;
    let before = world.admin.get_config().await.unwrap();
    assert!(before.render_markdown && before.lane_by_profile);
    let patch = from(json!({"default_tenant": "t", "lane_by_profile": false}));
    let after = world.admin.update_config(&patch).await.unwrap();
    assert_eq!(
        (after.default_tenant.as_str(), after.lane_by_profile),
        ("t", false)
    );
    assert_eq!(world.admin.get_config().await.unwrap(), after);
    let other = world.client(&[model::Scope::Read], None).await;
    assert_eq!(other.get_config().await.unwrap(), before);
}
