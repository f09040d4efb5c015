//! The table of all operations: an example of each in the small world, and what a caller needs for it.

use std::collections::BTreeSet;

use model::Scope;
use serde_json::{Value, json};

use crate::world::World;

/// An example of an operation.
pub(crate) struct Example {
    pub(crate) id: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// The least scope with which it is allowed; none for what is open to everyone who calls.
    pub(crate) needs: Option<Scope>,
    /// Whether it names something of the project, so that a stranger is refused.
    pub(crate) names_project: bool,
}

use Scope::{Admin, Operate, Read, Report};

/// An example of every operation but the upgrades to WebSocket. What destroys something comes last, so that they can be
/// carried out one after the other.
pub(crate) fn examples(world: &World) -> Vec<Example> {
    let World {
        ticket,
        task,
        later,
        run,
        step,
        worker,
        file,
        channel,
        ..
    } = world;
    let (ticket, task, later) = (ticket.id, task.id, later.id);
    let (run, step, worker, file) = (run.id, step.id, worker.id, file.id);
    let channel = channel.id;
    vec![
        open("GET", "/health", "get_health"),
        open("GET", "/livez", "get_livez"),
        open("GET", "/readyz", "get_readyz"),
        open("GET", "/api/openapi.json", "get_openapi"),
        read("/api/me", "get_me"),
        read("/api/status", "get_status"),
        read("/api/metrics", "get_metrics"),
        read("/api/events", "list_events"),
        read("/api/llm-calls", "list_llm_calls"),
        read("/api/requests/active", "list_active_requests"),
        read("/api/pipeline/active", "list_active_pipelines"),
        read("/api/projects", "list_projects"),
        read("/api/projects/web", "get_project").of_project(),
        read("/api/projects/web/export", "get_export").of_project(),
        read("/api/tickets", "list_tickets"),
        read("/api/ticket-summaries", "list_ticket_summaries"),
        read(format!("/api/tickets/{ticket}"), "get_ticket").of_project(),
        read(format!("/api/tickets/{ticket}/tasks"), "list_ticket_tasks").of_project(),
        read(
            format!("/api/tickets/{ticket}/events"),
            "list_ticket_events",
        )
        .of_project(),
        read(
            format!("/api/tickets/{ticket}/llm-calls"),
            "list_ticket_llm_calls",
        )
        .of_project(),
        read(
            format!("/api/tickets/{ticket}/comments"),
            "list_ticket_comments",
        )
        .of_project(),
        read("/api/projects/web/board", "get_board").of_project(),
        read("/api/projects/web/board/ready", "list_board_cards").of_project(),
        read("/api/projects/web/stats", "get_project_stats").of_project(),
        read("/api/assignees", "list_assignees"),
        read("/api/config", "get_config"),
        read("/api/questions", "list_questions"),
        read("/api/inbox", "list_inbox"),
        read(
            format!("/api/tickets/{ticket}/questions"),
            "list_ticket_questions",
        )
        .of_project(),
        read("/api/tasks", "list_tasks"),
        read(format!("/api/tasks/{task}"), "get_task").of_project(),
        read(format!("/api/tasks/{task}/comments"), "list_task_comments").of_project(),
        read(format!("/api/tasks/{task}/links"), "get_task_links").of_project(),
        read(format!("/api/tasks/{task}/context"), "get_task_context").of_project(),
        read(format!("/api/tasks/{task}/log?tail=100"), "get_task_log").of_project(),
        read(format!("/api/tasks/{task}/attachments"), "list_attachments").of_project(),
        read(format!("/api/attachments/{file}"), "get_attachment").of_project(),
        read("/api/runs", "list_runs"),
        read(format!("/api/runs/{run}"), "get_run").of_project(),
        read(format!("/api/runs/{run}/steps"), "list_steps").of_project(),
        read(format!("/api/runs/{run}/logs"), "list_logs").of_project(),
        read(format!("/api/runs/{run}/logs/raw"), "get_raw_logs").of_project(),
        read("/api/projects/web/loop", "get_loop").of_project(),
        read("/api/limits", "get_limits"),
        read(format!("/api/tasks/{task}/why"), "get_task_why").of_project(),
        read("/api/workers", "list_workers"),
        read(format!("/api/workers/{worker}"), "get_worker").of_project(),
        read("/api/sessions", "list_sessions"),
        read("/api/search?q=xyz", "search"),
        read("/api/channels", "list_channels").needing(Operate),
        read(format!("/api/channels/{channel}"), "get_channel").needing(Operate),
        read("/api/home-channels", "list_home_channels"),
        read("/api/subscriptions", "list_subscriptions"),
        read("/api/deliveries", "list_deliveries"),
        read("/api/projects/web/notifications", "list_notification_rules").of_project(),
        post("/api/streams/ticket", "create_stream_ticket", Read),
        post("/api/login", "create_login", None).with(json!({"token": crate::support::ADMIN})),
        change("PUT", "/api/me/project", "set_current_project", Read)
            .with(json!({"project": "web"}))
            .of_project(),
        change("PATCH", "/api/config", "update_config", Read)
            .with(json!({"render_markdown": false})),
        post("/api/events", "create_events", Report)
            .with(json!({"event_type": "agent.note", "run_id": run}))
            .of_project(),
        post("/api/llm-calls", "create_llm_calls", Report)
            .with(json!({"model": "m", "run_id": run}))
            .of_project(),
        post("/api/runs", "create_run", Report)
            .with(json!({"project": "web", "title": "a"}))
            .of_project(),
        change("PATCH", format!("/api/runs/{run}"), "update_run", Report)
            .with(json!({"model": "m"}))
            .of_project(),
        post(
            format!("/api/runs/{run}/heartbeat"),
            "heartbeat_run",
            Report,
        )
        .with(json!({}))
        .of_project(),
        post(format!("/api/runs/{run}/logs"), "append_logs", Report)
            .with(json!([{"text": "a"}]))
            .of_project(),
        post(format!("/api/runs/{run}/steps"), "create_step", Report)
            .with(json!({"step_type": "tool", "name": "a"}))
            .of_project(),
        change(
            "PATCH",
            format!("/api/runs/{run}/steps/{step}"),
            "update_step",
            Report,
        )
        .with(json!({"state": "succeeded"}))
        .of_project(),
        post(
            format!("/api/tickets/{ticket}/comments"),
            "create_ticket_comment",
            Report,
        )
        .with(json!({"body": "a"}))
        .of_project(),
        post(
            format!("/api/tasks/{task}/comments"),
            "create_task_comment",
            Report,
        )
        .with(json!({"body": "a"}))
        .of_project(),
        post(
            format!("/api/tasks/{task}/attachments?name=a"),
            "create_attachment",
            Report,
        )
        .with(json!("a"))
        .of_project(),
        change(
            "DELETE",
            format!("/api/attachments/{file}"),
            "delete_attachment",
            Report,
        )
        .of_project(),
        post("/api/projects", "create_project", Operate).with(json!({"slug": "new"})),
        change("PATCH", "/api/projects/web", "update_project", Operate)
            .with(json!({"description": "a"}))
            .of_project(),
        post("/api/tickets", "create_ticket", Operate)
            .with(json!({"project": "web", "title": "a"}))
            .of_project(),
        change(
            "PATCH",
            format!("/api/tickets/{ticket}"),
            "update_ticket",
            Operate,
        )
        .with(json!({"priority": 3, "status": "failed"}))
        .of_project(),
        post("/api/tasks", "create_task", Operate)
            .with(json!({"project": "web", "title": "a"}))
            .of_project(),
        change(
            "PATCH",
            format!("/api/tasks/{task}"),
            "update_task",
            Operate,
        )
        .with(json!({"priority": 3}))
        .of_project(),
        change(
            "DELETE",
            format!("/api/links?parent_id={task}&child_id={later}"),
            "delete_link",
            Operate,
        )
        .of_project(),
        post("/api/links", "create_link", Operate)
            .with(json!({"parent_id": task, "child_id": later}))
            .of_project(),
        post(
            format!("/api/workers/{worker}/drain"),
            "drain_worker",
            Operate,
        )
        .of_project(),
        post(
            format!("/api/workers/{worker}/resume"),
            "resume_worker",
            Operate,
        )
        .of_project(),
        // Its own worker may go with less.
        change(
            "DELETE",
            format!("/api/workers/{worker}"),
            "delete_worker",
            Operate,
        )
        .of_project(),
        post(format!("/api/runs/{run}/finish"), "finish_run", Report)
            .with(json!({"outcome": "failed"}))
            .of_project(),
        post(
            format!("/api/tickets/{ticket}/retry"),
            "retry_ticket",
            Operate,
        )
        .of_project(),
        post(format!("/api/tasks/{task}/block"), "block_task", Operate).of_project(),
        post(
            format!("/api/tasks/{task}/unblock"),
            "unblock_task",
            Operate,
        )
        .of_project(),
        post(
            format!("/api/tasks/{task}/schedule"),
            "schedule_task",
            Operate,
        )
        .of_project(),
        post(
            format!("/api/tasks/{task}/archive"),
            "archive_task",
            Operate,
        )
        .of_project(),
        post(
            format!("/api/tasks/{task}/restore"),
            "restore_task",
            Operate,
        )
        .of_project(),
        post(format!("/api/tasks/{task}/demote"), "demote_task", Operate).of_project(),
        post(format!("/api/tasks/{task}/accept"), "accept_task", Operate).of_project(),
        post(format!("/api/tasks/{task}/review"), "review_task", Operate).of_project(),
        post(
            format!("/api/tasks/{task}/request-changes"),
            "request_task_changes",
            Operate,
        )
        .of_project(),
        post(
            format!("/api/tasks/{task}/complete"),
            "complete_task",
            Operate,
        )
        .of_project(),
        post(format!("/api/tasks/{task}/reopen"), "reopen_task", Operate).of_project(),
        post(format!("/api/tasks/{task}/block"), "block_task", Operate).of_project(),
        post(format!("/api/tasks/{task}/retry"), "retry_task", Operate).of_project(),
        post(
            format!("/api/tasks/{later}/promote"),
            "promote_task",
            Operate,
        )
        .with(json!({"force": true}))
        .of_project(),
        post(format!("/api/tasks/{later}/review"), "review_task", Operate).of_project(),
        post(
            format!("/api/tasks/{later}/approve"),
            "approve_task",
            Operate,
        )
        .of_project(),
        post("/api/tasks/bulk", "update_tasks", Operate)
            .with(json!({"ids": [task], "priority": 2})),
        post(format!("/api/runs/{run}/cancel"), "cancel_run", Operate).of_project(),
        post(format!("/api/tasks/{task}/claim"), "claim_task", Report)
            .with(json!({"agent": "claude"}))
            .of_project(),
        post(
            format!("/api/tasks/{task}/reclaim"),
            "reclaim_task",
            Operate,
        )
        .of_project(),
        post(format!("/api/tasks/{task}/claim"), "claim_task", Report).of_project(),
        post(
            format!("/api/tasks/{task}/release"),
            "release_task",
            Operate,
        )
        .of_project(),
        change("PUT", "/api/projects/web/loop", "update_loop", Operate)
            .with(json!({"state": "paused", "reason": "a"}))
            .of_project(),
        post("/api/projects/web/trigger", "trigger_project", Operate).of_project(),
        post("/api/dispatch?max=1", "dispatch_tasks", Operate),
        post("/api/daemon/pause", "pause_daemon", Operate),
        post("/api/daemon/resume", "resume_daemon", Operate),
        change("PUT", "/api/limits", "update_limits", Operate).with(json!({"max_running": 3})),
        post(
            format!("/api/tasks/{task}/questions"),
            "create_question",
            Operate,
        )
        .with(json!({"text": "a"}))
        .of_project(),
        post("/api/workers/claim", "claim_work", Report)
            .with(json!({"worker": "a", "agents": ["claude"], "projects": ["web"]}))
            .of_project(),
        post(
            format!("/api/tasks/{task}/home-subscribe/slack"),
            "subscribe_home",
            Operate,
        )
        .of_project(),
        change(
            "DELETE",
            format!("/api/tasks/{task}/home-subscribe/slack"),
            "unsubscribe_home",
            Operate,
        )
        .of_project(),
        post("/api/subscriptions", "create_subscription", Operate)
            .with(json!({"task_id": task, "channel_id": channel}))
            .of_project(),
        change(
            "DELETE",
            format!("/api/subscriptions?task_id={task}&channel_id={channel}"),
            "delete_subscription",
            Operate,
        )
        .of_project(),
        change(
            "PUT",
            format!("/api/projects/web/notifications/{channel}"),
            "put_notification_rule",
            Operate,
        )
        .with(json!({"occasions": ["done"]}))
        .of_project(),
        change(
            "DELETE",
            format!("/api/projects/web/notifications/{channel}"),
            "delete_notification_rule",
            Operate,
        )
        .of_project(),
        post(
            format!("/api/channels/{channel}/test"),
            "test_channel",
            Operate,
        ),
        post("/api/channels", "create_channel", Admin).with(json!({
            "name": "a",
            "target": {"platform": "discord", "url": "https://example.org/"},
        })),
        change(
            "PATCH",
            format!("/api/channels/{channel}"),
            "update_channel",
            Admin,
        )
        .with(json!({"disabled": true})),
        change(
            "DELETE",
            format!("/api/channels/{channel}"),
            "delete_channel",
            Admin,
        ),
        read("/api/tokens", "list_tokens").needing(Admin),
        post("/api/tokens", "create_token", Admin).with(json!({"name": "a", "scopes": ["read"]})),
        read("/api/users", "list_users").needing(Admin),
        post("/api/users", "create_user", Admin)
            .with(json!({"name": "bea", "password": "correct horse"})),
        post("/api/backup", "create_backup", Admin),
        change(
            "DELETE",
            format!("/api/tasks/{later}"),
            "delete_task",
            Operate,
        )
        .of_project(),
        change(
            "DELETE",
            format!("/api/tickets/{ticket}"),
            "delete_ticket",
            Operate,
        )
        .of_project(),
        change("DELETE", "/api/projects/web", "delete_project", Operate).of_project(),
    ]
}

/// Operations of which there is no example above, and where they are tried instead.
const ELSEWHERE: [&str; 14] = [
    // Streams: `streams.rs`.
    "stream_events",
    "stream_logs",
    "ws_events",
    "ws_project_events",
    "ws_logs",
    // Need something made for them: `sessions.rs`, `tokens.rs`, `users.rs`, `callers.rs`.
    "get_session",
    "delete_token",
    "update_user",
    "delete_user",
    "delete_login",
    // Needs one that was given up: `notifications.rs`.
    "retry_delivery",
    // Needs a person: `questions.rs`.
    "answer_question",
    // Takes lines: `exports.rs`.
    "create_import",
    // A download without an end of its own.
    "get_raw_logs",
];

#[tokio::test]
async fn no_operation_is_forgotten() {
    let world = World::new().await;
    let document = serde_json::to_value(dashboard_api::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let documented: BTreeSet<&str> = paths
        .values()
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let examples = examples(&world);
    let tried: BTreeSet<&str> = examples
        .iter()
        .map(|example| example.id)
        .chain(ELSEWHERE)
        .collect();
    assert_eq!(documented, tried);
}

fn open(method: &'static str, path: &str, id: &'static str) -> Example {
    change(method, path, id, None)
}

fn read(path: impl Into<String>, id: &'static str) -> Example {
    change("GET", path, id, Read)
}

fn post(path: impl Into<String>, id: &'static str, needs: impl Into<Option<Scope>>) -> Example {
    change("POST", path, id, needs)
}

fn change(
    method: &'static str,
    path: impl Into<String>,
    id: &'static str,
    needs: impl Into<Option<Scope>>,
) -> Example {
    Example {
        id,
        method,
        path: path.into(),
        body: None,
        needs: needs.into(),
        names_project: false,
    }
}

impl Example {
    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    fn needing(mut self, scope: Scope) -> Self {
        self.needs = Some(scope);
        self
    }

    fn of_project(mut self) -> Self {
        self.names_project = true;
        self
    }
}
