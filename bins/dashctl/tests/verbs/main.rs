//! What people and scripts say to a server: the verbs, their tables, their JSON and their exit codes.

#![allow(clippy::unwrap_used)]

#[path = "../support/server.rs"]
mod server;

mod channels;
mod codes;
mod diagnostics;
mod edits;
mod exports;
mod lists;
mod watch;

use serde_json::Value;
use server::Server;

/// What a command printed, with its exit code.
struct Said {
    code: i32,
    out: String,
    err: String,
}

async fn say(server: &Server, words: &[&str]) -> Said {
    let done = server.dashctl(words).output().await.unwrap();
    Said {
        code: done.status.code().unwrap(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

/// The table that a command prints.
async fn table(server: &Server, words: &[&str]) -> String {
    let said = say(server, words).await;
    assert_eq!(said.code, 0, "{words:?}: {}", said.err);
    said.out
}

/// The JSON that a command prints.
async fn json(server: &Server, words: &[&str]) -> Value {
    let said = say(server, &[words, &["--json"]].concat()).await;
    assert_eq!(said.code, 0, "{words:?}: {}", said.err);
    serde_json::from_str(&said.out).unwrap()
}

async fn new_task(server: &Server, title: &str) -> String {
    let task = json(server, &["tasks", "create", title]).await;
    task["task"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_seen_in_the_inbox_and_answered() {
    let server = Server::start().await;
    let task = new_task(&server, "Choose a colour").await;
    json(&server, &["tasks", "claim", &task]).await;
    let ask = ["questions", "ask", "Red or blue?", "--task", &task];
    let options = ["--option", "red", "--option", "blue"];
    let asked = json(&server, &[&ask[..], &options].concat()).await;
    let id = asked["id"].as_str().unwrap();

    let inbox = table(&server, &["inbox"]).await;
    assert!(
        inbox.contains("question") && inbox.contains("Red or blue?"),
        "{inbox}"
    );
    let why = json(&server, &["tasks", "why", &task]).await;
    assert_eq!(why["reasons"][0]["reason"], "question");

    let wrong = say(&server, &["questions", "answer", id, "green"]).await;
    assert_eq!(wrong.code, 6, "{}", wrong.err);
    let end = &id[id.len() - 8..];
    let answered = json(&server, &["questions", "answer", end, "red"]).await;
    assert_eq!(answered["answer"], "red");
    let open = say(&server, &["questions", "list"]).await;
    assert_eq!((open.code, open.err.trim()), (0, "No such questions."));
    let context = table(&server, &["tasks", "context", &task]).await;
    assert!(
        context.contains("Red or blue?") && context.contains("red"),
        "{context}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_taken_back_from_its_worker() {
    let server = Server::start().await;
    let task = new_task(&server, "Tidy up").await;
    json(&server, &["tasks", "claim", &task]).await;
    let back = json(
        &server,
        &["tasks", "reclaim", &task, "--reason", "too slow"],
    )
    .await;
    assert_eq!(back["status"], "ready");
    let runs = json(&server, &["runs", "list"]).await;
    let error = runs[0]["error"].as_str().unwrap();
    assert!(error.contains("too slow"), "{error}");
    let again = say(&server, &["tasks", "reclaim", &task]).await;
    assert_eq!(again.code, 5, "nobody has it now: {}", again.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_was_taken_by_hand_is_kept_until_it_is_taken_back() {
    let server = Server::start().await;
    let task = new_task(&server, "Tidy up").await;
    let claimed = json(&server, &["tasks", "claim", &task]).await;
    let token = claimed["run_token"].as_str().unwrap();
    let keep = ["tasks", "heartbeat", &task];
    let own = [&keep[..], &["--token", token]].concat();
    let told = json(&server, &own).await;
    let (ends, until) = (
        &claimed["run"]["lease_expires_at"],
        &told["lease_expires_at"],
    );
    assert!(until.as_str() > ends.as_str(), "{until} after {ends}");
    let lease = claimed["lease_epoch"].to_string();
    let by_lease = table(&server, &[&keep[..], &["--lease", &lease]].concat()).await;
    assert!(by_lease.contains("go on"), "{by_lease}");
    let run = claimed["run"]["id"].as_str().unwrap();
    json(&server, &["runs", "cancel", run]).await;
    let told = table(&server, &own).await;
    assert!(told.contains("stop: "), "{told}");

    json(&server, &["tasks", "reclaim", &task]).await;
    let late = say(&server, &own).await;
    assert_eq!(late.code, 5, "{}", late.err);
    json(&server, &["tasks", "claim", &task]).await;
    let late = say(&server, &[&keep[..], &["--lease", &lease]].concat()).await;
    assert_eq!(late.code, 5, "{}", late.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn handing_out_is_stopped_and_goes_on() {
    let server = Server::start().await;
    let task = new_task(&server, "Wait").await;
    let project = "default";
    let paused = table(
        &server,
        &["projects", "pause", project, "--reason", "Friday"],
    )
    .await;
    assert!(
        paused.contains("paused") && paused.contains("Friday"),
        "{paused}"
    );
    let why = table(&server, &["tasks", "why", &task]).await;
    assert!(why.contains("paused"), "{why}");
    let resumed = json(&server, &["projects", "resume", project]).await;
    assert_eq!(resumed["state"], "running");

    assert_eq!(
        json(&server, &["daemon", "pause"]).await["daemon_state"],
        "paused"
    );
    let why = json(&server, &["tasks", "why", &task]).await;
    let reasons = why["reasons"].as_array().unwrap();
    let paused = |reason: &Value| reason["reason"] == "daemon_paused";
    assert!(reasons.iter().any(paused), "{why}");
    assert_eq!(
        json(&server, &["daemon", "resume"]).await["daemon_state"],
        "running"
    );

    let tried = table(&server, &["dispatch", "--dry-run"]).await;
    assert!(
        tried.contains("would take no task") && tried.contains("no_worker"),
        "{tried}"
    );
    let triggered = json(&server, &["projects", "trigger", project]).await;
    assert_eq!(triggered["skipped"][0]["task"], task.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_given_listed_saved_and_taken_away() {
    let server = Server::start().await;
    let task = new_task(&server, "Draw").await;
    std::fs::write(server.home().join("plan.md"), "# Plan").unwrap();
    let given = json(&server, &["tasks", "attach", "plan.md", "--task", &task]).await;
    let id = given["id"].as_str().unwrap();
    assert_eq!(given["media_type"], "text/markdown");
    let again = json(&server, &["tasks", "attach", "plan.md", "--task", &task]).await;
    assert_eq!(again["id"], given["id"], "the same file is there once");

    let files = table(&server, &["tasks", "files", &task]).await;
    assert!(files.contains("plan.md"), "{files}");
    table(&server, &["tasks", "download", id, "--to", "copy.md"]).await;
    let copy = std::fs::read_to_string(server.home().join("copy.md")).unwrap();
    assert_eq!(copy, "# Plan");
    let over = say(&server, &["tasks", "download", id, "--task", &task]).await;
    assert_ne!(over.code, 0, "nothing is written over: {}", over.err);

    let named = ["tasks", "download", "plan.md", "--to", "named.md"];
    let nobodys = say(&server, &named).await;
    assert_eq!(nobodys.code, 2, "{}", nobodys.err);
    table(&server, &[&named[..], &["--task", &task]].concat()).await;
    let part = &id[id.len() - 8..];
    let part = [
        "tasks", "download", part, "--to", "part.md", "--task", &task,
    ];
    table(&server, &part).await;
    for file in ["named.md", "part.md"] {
        let saved = std::fs::read_to_string(server.home().join(file));
        assert_eq!(saved.unwrap(), "# Plan");
    }

    table(&server, &["tasks", "detach", id]).await;
    let gone = say(&server, &["tasks", "download", id, "--to", "more.md"]).await;
    assert_eq!(gone.code, 3, "{}", gone.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_made_used_and_revoked() {
    let server = Server::start().await;
    let made = json(&server, &["tokens", "create", "ci", "--scopes", "read"]).await;
    let (id, secret) = (
        made["token"]["id"].as_str().unwrap(),
        made["secret"].as_str().unwrap(),
    );
    let with = |words: &[&str]| {
        let mut command = server.dashctl(words);
        command.env("DASHBOARD_TOKEN", secret);
        command
    };
    let reads = with(&["tasks", "list"]).output().await.unwrap();
    assert!(reads.status.success(), "{reads:?}");
    let end = &id[id.len() - 8..];
    table(&server, &["tokens", "revoke", end, "--yes"]).await;
    let refused = with(&["tasks", "list"]).output().await.unwrap();
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
}
