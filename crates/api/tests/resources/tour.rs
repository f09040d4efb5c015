//! The tour: every operation of the document, once, by the client's method of the same name.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use client::{Client, EventQuery, LogQuery, StreamKind};
use futures_util::StreamExt;
use http::StatusCode;
use model::{
    BoardFilter, DeliveryState, HandTaskOver, Heartbeat, InboxFilter, JudgeTask, LlmCallFilter,
    LoginRequest, MoveTask, NewToken, NewUser, Page, Platform, QuestionFilter, ReclaimTask,
    RunFilter, Slug, SubscriptionFilter, TaskFilter, TaskState, TicketFilter, TicketSort,
    UserPatch, WorkerFilter,
};
use serde_json::{Value, json};

use crate::notifications;
use crate::support::ADMIN;
use crate::world::{World, from};

/// What was answered well, as `get /api/me`.
type Visited = Arc<Mutex<BTreeSet<String>>>;

/// Serves the world on a port of its own and notes what is answered.
async fn watched(world: &World) -> (Client, Visited) {
    let visited = Visited::default();
    let notes = Arc::clone(&visited);
    let note = move |request: Request, next: Next| {
        let notes = Arc::clone(&notes);
        async move { noted(&notes, request, next).await }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = world.server.router.clone().layer(from_fn(note));
    let service = service.into_make_service_with_connect_info::<std::net::SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    (
        Client::http(&format!("http://{address}"), Some(ADMIN)).unwrap(),
        visited,
    )
}

async fn noted(notes: &Visited, request: Request, next: Next) -> Response {
    let method = request.method().as_str().to_lowercase();
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let response = next.run(request).await;
    let went_well =
        response.status().is_success() || response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if let Some(path) = path.filter(|_| went_well) {
        notes.lock().unwrap().insert(format!("{method} {path}"));
    }
    response
}

#[tokio::test]
async fn every_operation_is_exercised() {
    let world = World::new().await;
    let (client, visited) = watched(&world).await;
    open(&client).await;
    read(&client, &world).await;
    follow(&client, &world).await;
    report(&client, &world).await;
    operate(&client, &world).await;
    tell(&client).await;
    manage(&client).await;
    let document = client.get_openapi().await.unwrap();
    let visited = visited.lock().unwrap().clone();
    let missed: Vec<String> = documented(&document)
        .difference(&visited)
        .cloned()
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
}

fn documented(document: &Value) -> BTreeSet<String> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .keys()
                .map(move |method| format!("{method} {path}"))
        })
        .collect()
}

async fn open(client: &Client) {
    client.get_health().await.unwrap();
    client.get_livez().await.unwrap();
    client.get_readyz().await.unwrap();
    let request: LoginRequest = from(json!({"token": ADMIN}));
    client.create_login(&request).await.unwrap();
    client.delete_login().await.unwrap();
}

async fn read(client: &Client, world: &World) {
    let page = Page::default();
    client.get_me().await.unwrap();
    client.get_status().await.unwrap();
    assert!(client.get_metrics().await.unwrap().contains("dashboard_"));
    client.list_projects(true, &page).await.unwrap();
    client.get_project("web").await.unwrap();
    let (filter, sort) = (TicketFilter::default(), TicketSort::Newest);
    client.list_tickets(&filter, sort, &page).await.unwrap();
    client
        .list_ticket_summaries(&filter, sort, &page)
        .await
        .unwrap();
    client.get_ticket(world.ticket.id).await.unwrap();
    client
        .list_inbox(&InboxFilter::default(), &page)
        .await
        .unwrap();
    client
        .list_questions(&QuestionFilter::default(), &page)
        .await
        .unwrap();
    client
        .list_ticket_questions(world.ticket.id, &page)
        .await
        .unwrap();
    client
        .list_ticket_tasks(world.ticket.id, &page)
        .await
        .unwrap();
    client
        .list_ticket_events(world.ticket.id, &page)
        .await
        .unwrap();
    client
        .list_ticket_llm_calls(world.ticket.id, &page)
        .await
        .unwrap();
    client
        .list_ticket_comments(world.ticket.id, &page)
        .await
        .unwrap();
    client.list_active_pipelines().await.unwrap();
    see_board(client).await;
    client
        .list_tasks(&TaskFilter::default(), &page)
        .await
        .unwrap();
    client.get_task(world.task.id).await.unwrap();
    client
        .list_task_comments(world.task.id, &page)
        .await
        .unwrap();
    client.get_task_links(world.task.id).await.unwrap();
    client.get_task_context(world.task.id).await.unwrap();
    client.get_task_log(world.task.id, Some(100)).await.unwrap();
    client
        .list_runs(&RunFilter::default(), &page)
        .await
        .unwrap();
    client.get_run(world.run.id).await.unwrap();
    client.list_steps(world.run.id).await.unwrap();
    client
        .list_logs(world.run.id, &LogQuery::default())
        .await
        .unwrap();
    assert!(
        !client
            .get_raw_logs(world.run.id, 0)
            .await
            .unwrap()
            .is_empty()
    );
    client.list_events(&EventQuery::default()).await.unwrap();
    client
        .list_llm_calls(&LlmCallFilter::default(), &page)
        .await
        .unwrap();
    client.list_active_requests().await.unwrap();
    let sessions = client.list_sessions(None, &page).await.unwrap().items;
    client.get_session(sessions[0].id).await.unwrap();
    client.search("a", None, None).await.unwrap();
}

async fn see_board(client: &Client) {
    let (filter, page) = (BoardFilter::default(), Page::default());
    client.get_board("web", &filter, None).await.unwrap();
    client
        .list_board_cards("web", TaskState::Ready, &filter, &page)
        .await
        .unwrap();
    client.get_project_stats("web").await.unwrap();
    client.list_assignees(None).await.unwrap();
    client.get_config().await.unwrap();
    client
        .update_config(&from(json!({"render_markdown": false})))
        .await
        .unwrap();
}

async fn follow(client: &Client, world: &World) {
    client.create_stream_ticket().await.unwrap();
    for kind in [StreamKind::Sse, StreamKind::WebSocket] {
        let mut events = client.stream_events(kind, &EventQuery::default(), Some(0));
        assert_eq!(events.row().await.unwrap().unwrap().seq, 1);
        let mut lines = client.stream_logs(kind, world.run.id, 0);
        assert_eq!(lines.row().await.unwrap().unwrap().line, 1);
    }
    let mut events = client.stream_project_events("web", Some(0));
    let event = events.row().await.unwrap().unwrap();
    assert_eq!(event.project_id, Some(world.project.id));
}

async fn report(client: &Client, world: &World) {
    let run = world.run.id;
    client
        .update_run(run, &from(json!({"model": "m"})))
        .await
        .unwrap();
    client
        .heartbeat_run(run, &Heartbeat::default())
        .await
        .unwrap();
    client
        .append_logs(run, &from::<Vec<_>>(json!([{"text": "a"}])))
        .await
        .unwrap();
    let step = json!({"step_type": "tool", "name": "a"});
    let step = client.create_step(run, &from(step)).await.unwrap();
    client
        .update_step(run, step.id, &from(json!({"state": "succeeded"})))
        .await
        .unwrap();
    client
        .create_llm_calls(&from(json!({"run_id": run, "model": "m"})))
        .await
        .unwrap();
    client
        .create_events(&from(json!({"event_type": "pr_created", "run_id": run})))
        .await
        .unwrap();
    client
        .create_ticket_comment(world.ticket.id, &from(json!({"body": "a"})))
        .await
        .unwrap();
    client
        .create_task_comment(world.task.id, &from(json!({"body": "a"})))
        .await
        .unwrap();
    work(client, world).await;
    client.cancel_run(run).await.unwrap();
    client
        .finish_run(run, &from(json!({"outcome": "cancelled"})))
        .await
        .unwrap();
    client
        .create_run(&from(json!({"project": "web", "title": "a"})))
        .await
        .unwrap();
}

async fn work(client: &Client, world: &World) {
    let page = Page::default();
    client
        .list_workers(WorkerFilter::default(), &page)
        .await
        .unwrap();
    client.get_worker(world.worker.id).await.unwrap();
    client.drain_worker(world.worker.id).await.unwrap();
    client.resume_worker(world.worker.id).await.unwrap();
    client.delete_worker(world.worker.id).await.unwrap();
    let task = from(json!({"project": "elsewhere", "title": "a"}));
    let task = client.create_task(&task).await.unwrap().task;
    client.claim_task(task.id, &from(json!({}))).await.unwrap();
    let back = ReclaimTask::default();
    client.reclaim_task(task.id, &back).await.unwrap();
    client.claim_task(task.id, &from(json!({}))).await.unwrap();
    client.release_task(task.id, &back).await.unwrap();
    hand_out(client, world).await;
    let claim = json!({"worker": "a", "agents": ["claude"], "projects": ["elsewhere"]});
    client.claim_work(&from(claim)).await.unwrap();
}

async fn hand_out(client: &Client, world: &World) {
    client.get_loop("web").await.unwrap();
    let paused = from(json!({"state": "paused"}));
    client.update_loop("elsewhere", &paused).await.unwrap();
    client.trigger_project("web", true, Some(1)).await.unwrap();
    client.dispatch_tasks(true, Some(1)).await.unwrap();
    client.pause_daemon().await.unwrap();
    client.resume_daemon().await.unwrap();
    let limits = client.get_limits().await.unwrap();
    client.update_limits(&limits).await.unwrap();
    client.get_task_why(world.task.id).await.unwrap();
}

async fn operate(client: &Client, world: &World) {
    client
        .create_project(&from(json!({"slug": "new"})))
        .await
        .unwrap();
    client
        .set_current_project(&from(json!({"project": "new"})))
        .await
        .unwrap();
    client
        .update_project("new", &from(json!({"name": "New"})))
        .await
        .unwrap();
    client.delete_project("new", true).await.unwrap();
    client
        .create_ticket(&from(json!({"project": "web", "title": "a"})))
        .await
        .unwrap();
    client
        .update_ticket(world.ticket.id, &from(json!({"status": "failed"})))
        .await
        .unwrap();
    client.retry_ticket(world.ticket.id).await.unwrap();
    client
        .create_task(&from(json!({"project": "web", "title": "a"})))
        .await
        .unwrap();
    client
        .update_task(world.task.id, &from(json!({"priority": 1})))
        .await
        .unwrap();
    let link = from(json!({"parent_id": world.task.id, "child_id": world.later.id}));
    client.delete_link(&link).await.unwrap();
    client.create_link(&link).await.unwrap();
    client
        .list_attachments(world.task.id, &Page::default())
        .await
        .unwrap();
    drop(client.get_attachment(world.file.id).await.unwrap());
    let lines: Vec<_> = client.get_export("web").await.unwrap().collect().await;
    let lines: Vec<u8> = lines.into_iter().flat_map(Result::unwrap).collect();
    let copy = Slug::parse("copy").unwrap();
    client
        .create_import(Some(&copy), lines.into())
        .await
        .unwrap();
    let file = (world.file.name.clone(), world.file.media_type);
    client
        .create_attachment(world.task.id, &file.0, file.1, "b".into())
        .await
        .unwrap();
    client.delete_attachment(world.file.id).await.unwrap();
    move_tasks(client, world).await;
    client.delete_ticket(world.ticket.id).await.unwrap();
}

async fn move_tasks(client: &Client, world: &World) {
    let (task, later) = (world.task.id, world.later.id);
    let (plain, judged) = (MoveTask::default(), JudgeTask::default());
    let done = HandTaskOver::default();
    client.block_task(task, &Default::default()).await.unwrap();
    client.unblock_task(task, &plain).await.unwrap();
    client
        .schedule_task(task, &Default::default())
        .await
        .unwrap();
    client.archive_task(task, &plain).await.unwrap();
    client.restore_task(task, &plain).await.unwrap();
    client.demote_task(task, &plain).await.unwrap();
    client.accept_task(task, &plain).await.unwrap();
    client.review_task(task, &done).await.unwrap();
    client.request_task_changes(task, &judged).await.unwrap();
    client.review_task(task, &done).await.unwrap();
    client.approve_task(task, &judged).await.unwrap();
    client.reopen_task(task, &plain).await.unwrap();
    client.complete_task(task, &done).await.unwrap();
    client.reopen_task(task, &plain).await.unwrap();
    client.block_task(task, &Default::default()).await.unwrap();
    client.retry_task(task, &plain).await.unwrap();
    client
        .promote_task(later, &from(json!({"force": true})))
        .await
        .unwrap();
    let bulk = json!({"ids": [task, later], "priority": 2});
    client.update_tasks(&from(bulk)).await.unwrap();
    let asked = from(json!({"text": "Which one?", "options": ["a", "b"]}));
    let asked = client.create_question(later, &asked).await.unwrap();
    let answer = from(json!({"answer": "a"}));
    client.answer_question(asked.id, &answer).await.unwrap();
    client.delete_task(later).await.unwrap();
}

async fn tell(client: &Client) {
    let page = Page::default();
    let mut hooks = testkit::Hooks::start().await;
    let channel = notifications::channel(client, &hooks).await.id;
    client.list_channels(&page).await.unwrap();
    client.get_channel(channel).await.unwrap();
    let patch = from(json!({"name": "b"}));
    client.update_channel(channel, &patch).await.unwrap();
    client.list_home_channels(None).await.unwrap();
    let all = SubscriptionFilter::default();
    client.list_subscriptions(&all, &page).await.unwrap();
    let task = notifications::complete(client).await;
    let pair = from(json!({"task_id": task.id, "channel_id": channel}));
    client.create_subscription(&pair).await.unwrap();
    client.delete_subscription(&pair).await.unwrap();
    let rule = from(json!({"occasions": ["budget"]}));
    let put = client.put_notification_rule("web", channel, &rule).await;
    put.unwrap();
    client.list_notification_rules("web").await.unwrap();
    let gone = client.delete_notification_rule("web", channel).await;
    gone.unwrap();
    let gone = client.unsubscribe_home(task.id, Platform::Slack).await;
    gone.unwrap();
    hooks.next().await.answer(404, "");
    let failed = notifications::delivery(client, DeliveryState::Failed).await;
    client.retry_delivery(failed.id).await.unwrap();
    hooks.next().await.answer(200, "");
    let (tested, ()) = tokio::join!(client.test_channel(channel), async {
        hooks.next().await.answer(200, "");
    });
    assert!(tested.unwrap().ok);
    client.delete_channel(channel).await.unwrap();
}

async fn manage(client: &Client) {
    let page = Page::default();
    let new: NewToken = from(json!({"name": "a", "scopes": ["read"]}));
    let token = client.create_token(&new).await.unwrap().token;
    client.list_tokens(&page).await.unwrap();
    client.delete_token(token.id).await.unwrap();
    let new: NewUser = from(json!({"name": "bea", "password": "correct horse"}));
    let user = client.create_user(&new).await.unwrap();
    client.list_users(&page).await.unwrap();
    let patch: UserPatch = from(json!({"disabled": true}));
    client.update_user(user.id, &patch).await.unwrap();
    client.delete_user(user.id).await.unwrap();
    let copy: Vec<_> = client.create_backup().await.unwrap().collect().await;
    let copy: Vec<u8> = copy
        .into_iter()
        .flat_map(|chunk| chunk.unwrap().to_vec())
        .collect();
    assert!(copy.starts_with(b"SQLite format 3\0"));
}
