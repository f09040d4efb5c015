//! Edits of tasks, projects and limits: every field that the server takes has an option.

use serde_json::{Value, json};

use crate::server::Server;
use crate::{json as ask, new_task, say, table};

fn fields(of: &Value, names: &[&str]) -> Value {
    let named = names.iter().map(|name| of[*name].clone());
    named.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_edited_in_every_field() {
    let server = Server::start().await;
    let id = new_task(&server, "One").await;
    let edit = [
        "tasks", "update", &id, "--tenant", "acme", "--skill", "rust,sql",
    ];
    let more = [
        "--max-runtime",
        "60",
        "--max-retries",
        "5",
        "--human-gate",
        "true",
        "--commit",
        "abc",
    ];
    let edited = ask(&server, &[&edit[..], &more[..]].concat()).await;
    let names = [
        "tenant",
        "skills",
        "max_runtime_seconds",
        "max_retries",
        "human_gate",
        "commit_sha",
    ];
    let expected = json!(["acme", ["rust", "sql"], 60, 5, true, "abc"]);
    assert_eq!(fields(&edited, &names), expected);
    let wide = table(&server, &["tasks", "list", "-o", "wide"]).await;
    assert!(
        wide.contains("TENANT") && wide.contains("rust,sql"),
        "{wide}"
    );
    let plain = table(&server, &["tasks", "list"]).await;
    assert!(!plain.contains("TENANT"), "{plain}");

    let undo = [
        "tasks", "update", &id, "--tenant", "none", "--skill", "none",
    ];
    let more = [
        "--max-runtime",
        "none",
        "--commit",
        "none",
        "--human-gate",
        "false",
    ];
    let edited = ask(&server, &[&undo[..], &more[..]].concat()).await;
    let expected = json!([null, [], null, 5, false, null]);
    assert_eq!(fields(&edited, &names), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_reassigned_by_taking_it_back_from_its_worker() {
    let server = Server::start().await;
    let id = new_task(&server, "One").await;
    ask(&server, &["tasks", "claim", &id]).await;
    let reassign = ["tasks", "update", &id, "--assignee", "codex"];
    let refused = say(&server, &reassign).await;
    assert_eq!(refused.code, 5, "{}", refused.err);
    let edited = ask(&server, &[&reassign[..], &["--reclaim"]].concat()).await;
    assert_eq!(
        fields(&edited, &["status", "assignee"]),
        json!(["ready", "codex"])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_looks_of_a_project_are_set_shown_and_taken_away() {
    let server = Server::start().await;
    let create = [
        "projects", "create", "web", "--icon", "W", "--color", "#1f6feb",
    ];
    ask(&server, &create).await;
    let update = ["projects", "update", "web"];
    let set = [
        "--max-running",
        "3",
        "--max-running-per-agent",
        "2",
        "--max-wip",
        "9",
        "--color",
        "#d73a49",
    ];
    ask(&server, &[&update[..], &set[..]].concat()).await;
    let shown = table(&server, &["projects", "show", "web"]).await;
    for (name, value) in [
        ("Icon", "W"),
        ("Color", "#d73a49"),
        ("Running at once", "3"),
        ("With one agent", "2"),
        ("In work at once", "9"),
    ] {
        let line = shown.lines().find(|line| line.starts_with(name));
        assert!(
            line.is_some_and(|line| line.ends_with(value)),
            "{name}: {shown}"
        );
    }
    let unset = [
        "--max-running",
        "none",
        "--max-wip",
        "none",
        "--icon",
        "none",
    ];
    let card = ask(&server, &[&update[..], &unset[..]].concat()).await;
    let names = ["max_running", "max_running_per_agent", "max_wip", "icon"];
    assert_eq!(fields(&card, &names), json!([null, 2, null, null]));
    let wide = table(&server, &["projects", "list", "-o", "wide"]).await;
    assert!(wide.contains("WORK IS"), "{wide}");
    let nothing = say(&server, &update).await;
    assert_eq!(nothing.code, 2, "{}", nothing.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_all_projects_are_set_one_by_one() {
    let server = Server::start().await;
    let shown = table(&server, &["limits"]).await;
    assert!(shown.contains("no limit"), "{shown}");
    ask(&server, &["limits", "--max-running", "7"]).await;
    let both = ask(&server, &["limits", "--max-running-per-agent", "2"]).await;
    assert_eq!(
        fields(&both, &["max_running", "max_running_per_agent"]),
        json!([7, 2])
    );
    let one = ask(&server, &["limits", "--max-running", "none"]).await;
    assert_eq!(
        fields(&one, &["max_running", "max_running_per_agent"]),
        json!([null, 2])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_and_waits_gets_the_answer_alone() {
    let server = Server::start().await;
    let task = new_task(&server, "Choose").await;
    ask(&server, &["tasks", "claim", &task]).await;
    let words = ["questions", "ask", "Red?", "--task", &task, "--wait"];
    let asking = server.dashctl(&words).spawn().unwrap();
    let id = server
        .look(async || {
            let open = ask(&server, &["questions", "list"]).await;
            open[0]["id"].as_str().map(str::to_owned)
        })
        .await;
    ask(&server, &["questions", "answer", &id, "yes, red"]).await;
    let done = asking.wait_with_output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&done.stdout), "yes, red\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_waits_for_so_long_from_now() {
    let server = Server::start().await;
    let create = ["tasks", "create", "Later", "--not-before", "2h"];
    let made = ask(&server, &create).await["task"].clone();
    let id = made["id"].as_str().unwrap();
    let edited = ask(&server, &["tasks", "update", id, "--not-before", "1d"]).await;
    let schedule = ["tasks", "schedule", id, "--not-before", "90m"];
    let scheduled = ask(&server, &schedule).await;
    for (task, minutes) in [(made, 120), (edited, 24 * 60), (scheduled, 90)] {
        let until: model::Timestamp = task["not_before"].as_str().unwrap().parse().unwrap();
        let left = until.millis_since(model::Timestamp::now()) / 60_000;
        assert!(
            (minutes - 5..=minutes).contains(&left),
            "{left} of {minutes}"
        );
        assert_eq!(task["status"], "scheduled");
    }
    let wrong = ["tasks", "create", "Later", "--not-before", "soon"];
    let wrong = say(&server, &wrong).await;
    assert_eq!(wrong.code, 2, "{}", wrong.err);
}
