//! Exit codes tell the kind of a failure, whoever notices it: the server, or `dashctl` before it asks.

use crate::server::Server;
use crate::{new_task, say};

async fn check(server: &Server, words: &[&str], code: i32, said: &str) {
    let done = say(server, words).await;
    assert_eq!(done.code, code, "{words:?}: {}", done.err);
    assert!(done.err.contains(said), "{words:?}: {}", done.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_3_however_it_is_named() {
    let server = Server::start().await;
    let nobody = "01a1fe9f-0000-7000-8000-000000000000";
    check(&server, &["tasks", "show", nobody], 3, "").await;
    check(&server, &["tasks", "show", "01a1fe9f-ffff"], 3, "no task").await;
    check(&server, &["runs", "show", "abcdef"], 3, "no run").await;
    check(&server, &["projects", "show", "nope"], 3, "").await;
    check(&server, &["workers", "show", "x1"], 3, "no worker `x1`").await;
    check(
        &server,
        &["channels", "test", "nope"],
        3,
        "no channel `nope`",
    )
    .await;
    check(
        &server,
        &["tokens", "revoke", "nope", "--yes"],
        3,
        "no token `nope`",
    )
    .await;
    check(
        &server,
        &["--context", "nope", "status"],
        3,
        "no context `nope`",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_an_id_that_fits_several_is_6_and_names_them() {
    let server = Server::start().await;
    let ids = [
        new_task(&server, "One").await,
        new_task(&server, "Two").await,
    ];
    let part = &ids[0][..4];
    let done = say(&server, &["tasks", "show", part]).await;
    assert_eq!(done.code, 6, "{}", done.err);
    for (id, title) in ids.iter().zip(["One", "Two"]) {
        assert!(done.err.contains(&format!("{id}  {title}")), "{}", done.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_refusals_have_codes_of_their_own() {
    let server = Server::start().await;
    check(
        &server,
        &["--server", "example.org", "status"],
        6,
        "http://example.org",
    )
    .await;
    check(&server, &["--token", "dsh_wrong", "tasks", "list"], 4, "").await;
    check(&server, &["--token", "", "login"], 4, "no token was given").await;
    let task = new_task(&server, "One").await;
    check(&server, &["tasks", "approve", &task], 5, "").await;
    say(&server, &["tasks", "archive", &task]).await;
    check(
        &server,
        &["tasks", "bulk", &task, "--status", "blocked"],
        5,
        "1 task was left",
    )
    .await;
    check(&server, &["tasks", "update", &task], 2, "required").await;
    check(
        &server,
        &["--server", "http://127.0.0.1:1", "health"],
        7,
        "",
    )
    .await;
    let help = say(&server, &["--help"]).await;
    assert!(help.out.contains("3 not found"), "{}", help.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_worker_is_told_wrongly_is_6_and_what_it_may_not_do_is_all_it_says() {
    let server = Server::start().await;
    let home = server.home().to_str().unwrap().to_owned();
    std::fs::write(server.home().join("prompt"), "{{titel}}").unwrap();
    let work = ["work", "--agent", "a", "--workspaces", &home];
    let exec = ["--exec", "true"];
    for (options, exec, said) in [
        (&["--root", "/nope"][..], &exec[..], "/nope"),
        (&["--prompt", "/nope"], &exec, "/nope"),
        (&["--prompt", "prompt"], &exec, "titel"),
        (&[], &["--exec", "/nope"], "there is no program"),
        (
            &[],
            &["--exec", "env", "sh", "-c", "{prompt}"],
            "`sh` would run",
        ),
    ] {
        check(&server, &[&work, options, exec].concat(), 6, said).await;
    }
    let nowhere = [&work[..], &["--project", "nope"], &exec].concat();
    let refused = say(&server, &nowhere).await;
    assert_ne!(refused.code, 0);
    let lines: Vec<_> = refused.err.lines().collect();
    assert_eq!(lines.len(), 1, "{}", refused.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_asked_about_needs_a_terminal_or_a_word() {
    let server = Server::start().await;
    let task = new_task(&server, "One").await;
    check(&server, &["tasks", "delete", &task], 2, "--yes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_that_nobody_reads_change_no_code() {
    let server = Server::start().await;
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = server.dashctl(&["projects", "show", "nope"]);
    let status = command.stderr(full).status().await.unwrap();
    assert_eq!(status.code(), Some(3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_named_as_its_project_is() {
    let server = Server::start().await;
    let task = new_task(&server, "One").await;
    let board = crate::table(&server, &["board", "default"]).await;
    assert!(board.contains(&task), "{board}");
    check(&server, &["board", "nope"], 3, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_is_empty_is_none() {
    let server = Server::start().await;
    let mut command = server.dashctl(&["--context", "", "health"]);
    let empty = command
        .env("DASHBOARD_SERVER", "")
        .env("DASHBOARD_TOKEN", "");
    let done = empty.output().await.unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(!said.contains("is no address"), "{said}");
}
