//! What is shown of boards, steps and subscriptions, and how many tasks are changed at once.

use crate::channels::create;
use crate::server::Server;
use crate::{json, new_task, say, table};

#[tokio::test(flavor = "multi_thread")]
async fn preferences_are_shown_and_set() {
    let server = Server::start().await;
    let shown = json(&server, &["config", "show"]).await;
    assert_eq!(shown["lane_by_profile"], true);
    let set = ["config", "set", "--lanes", "false", "--default-tenant", "a"];
    let set = json(&server, &set).await;
    assert_eq!(
        (&set["lane_by_profile"], &set["default_tenant"]),
        (&false.into(), &"a".into())
    );
    assert_eq!(set["render_markdown"], shown["render_markdown"]);
    assert!(
        table(&server, &["config", "show"])
            .await
            .contains("Default tenant  a")
    );
    assert_eq!(say(&server, &["config", "set"]).await.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_shown_how_tasks_are_spread() {
    let server = Server::start().await;
    new_task(&server, "one").await;
    let create = ["tasks", "create", "two", "--assignee", "claude", "--triage"];
    json(&server, &create).await;
    let stats = table(&server, &["projects", "stats", "default"]).await;
    assert!(stats.contains("1 triage, 1 ready"), "{stats}");
    let assignees = table(&server, &["assignees"]).await;
    assert!(assignees.contains("claude  1 triage"), "{assignees}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_a_run_are_listed_and_shown() {
    let server = Server::start().await;
    let task = new_task(&server, "x").await;
    let run = json(&server, &["tasks", "claim", &task]).await;
    let run = run["run"]["id"].as_str().unwrap();
    let new = serde_json::json!({"name": "Bash", "step_type": "script", "title": "cargo test"});
    let new = serde_json::from_value(new).unwrap();
    server
        .client()
        .create_step(run.parse().unwrap(), &new)
        .await
        .unwrap();
    let listed = table(&server, &["steps", "list", run]).await;
    assert!(
        listed.contains("1 Bash") && listed.contains("cargo test"),
        "{listed}"
    );
    let shown = json(&server, &["steps", "show", run, "1"]).await;
    assert_eq!(shown["name"], "Bash");
    assert_eq!(say(&server, &["steps", "show", run, "2"]).await.code, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_subscriptions_of_a_channel_are_listed() {
    let server = Server::start().await;
    let task = new_task(&server, "x").await;
    create(&server, &["webhook", "ours"], "http://127.0.0.1:9/").await;
    let none = say(&server, &["channels", "subscriptions", "ours"]).await;
    assert!(none.err.contains("No task is subscribed"), "{}", none.err);
    table(&server, &["tasks", "subscribe", &task, "ours"]).await;
    let listed = table(&server, &["channels", "subscriptions", "ours"]).await;
    assert!(
        listed.contains(&task) && listed.contains("ours"),
        "{listed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_tasks_shows_what_is_wrong() {
    let server = Server::start().await;
    let create = ["tasks", "create", "x", "--max-retries", "5"];
    let task = json(&server, &create).await["task"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for _ in 0..2 {
        let claimed = json(&server, &["tasks", "claim", &task]).await;
        let run = claimed["run"]["id"].as_str().unwrap().parse().unwrap();
        let end = serde_json::json!({"outcome": "failed", "error": "no"});
        let end = serde_json::from_value(end).unwrap();
        server.client().finish_run(run, &end).await.unwrap();
        json(&server, &["tasks", "update", &task, "--not-before", "none"]).await;
    }
    let listed = table(&server, &["tasks", "list"]).await;
    assert!(
        listed.contains("WRONG") && listed.contains("repeated_failures"),
        "{listed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_unknown_task_keeps_no_other_back() {
    let server = Server::start().await;
    let task = new_task(&server, "x").await;
    let bulk = ["tasks", "bulk", &task, "nobody-knows", "-s", "done"];
    let said = say(&server, &bulk).await;
    assert_eq!(said.code, 5, "{}", said.err);
    assert!(said.err.contains("nobody-knows: no task"), "{}", said.err);
    assert!(said.out.contains("yes"), "{}", said.out);
    let shown = json(&server, &["tasks", "show", &task]).await;
    assert_eq!(shown["task"]["status"], "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_takes_is_named_by_its_title() {
    let server = Server::start().await;
    new_task(&server, "Mend the oven").await;
    let tried = table(&server, &["dispatch", "--dry-run"]).await;
    assert!(
        tried.contains("NOT TAKEN") && tried.contains("Mend the oven"),
        "{tried}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_goes_to_another_workspace_and_ticket() {
    let server = Server::start().await;
    let task = new_task(&server, "x").await;
    let ticket = json(&server, &["tickets", "create", "T"]).await;
    let ticket = ticket["id"].as_str().unwrap();
    let edit = [
        "tasks",
        "update",
        &task,
        "--workspace",
        "worktree",
        "--path",
        "/src",
    ];
    let edited = json(
        &server,
        &[&edit[..], &["--branch", "oven", "--ticket", ticket]].concat(),
    )
    .await;
    assert_eq!(
        (&edited["branch_name"], &edited["ticket_id"]),
        (&"oven".into(), &ticket.into())
    );
    let wrong = say(&server, &["tasks", "update", &task, "--branch", "a..b"]).await;
    assert!(
        wrong.code == 6 && wrong.err.contains("/branch_name"),
        "{}",
        wrong.err
    );
    let edit = [
        "tasks",
        "update",
        &task,
        "--workspace",
        "scratch",
        "--ticket",
        "none",
    ];
    let edited = json(&server, &edit).await;
    assert!(edited["workspace_path"].is_null() && edited["ticket_id"].is_null());
}
