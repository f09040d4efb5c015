//! What is wrong, as people read it.

use crate::server::Server;
use crate::{json, new_task, say, table};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_task_is_shown_with_what_may_help() {
    let server = Server::start().await;
    let made = json(&server, &["tasks", "create", "Crash", "--max-retries", "0"]).await;
    let task = made["task"]["id"].as_str().unwrap();
    let crash = ["run", "--task", task, "--", "sh", "-c", "kill -SEGV $$"];
    assert_eq!(say(&server, &crash).await.code, 139);
    let well = new_task(&server, "Rest").await;

    let shown = table(&server, &["tasks", "show", task]).await;
    assert!(
        shown.contains("critical: given up after 1 failure (1×, "),
        "{shown}"
    );
    assert!(
        shown.contains(&format!("dashctl tasks retry {task}")),
        "{shown}"
    );
    assert!(shown.contains("(crashed, exit code 139)"), "{shown}");

    let board = table(&server, &["board", "--project", "default"]).await;
    let row = |id: &str| {
        board
            .lines()
            .find(|line| line.contains(id))
            .unwrap()
            .to_owned()
    };
    assert!(row(task).contains("critical"), "{board}");
    assert!(!row(&well).contains("critical"), "{board}");

    let worst = table(&server, &["inbox", "--severity", "critical"]).await;
    assert!(worst.contains("given up after 1 failure"), "{worst}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_shows_the_worst_first_and_says_that_there_is_more() {
    let server = Server::start().await;
    let blocked = new_task(&server, "Wait").await;
    json(&server, &["tasks", "block", &blocked, "--reason", "No key"]).await;
    let made = json(&server, &["tasks", "create", "Fail", "--max-retries", "0"]).await;
    let failed = made["task"]["id"].as_str().unwrap();
    say(&server, &["run", "--task", failed, "--", "false"]).await;

    let inbox = json(&server, &["inbox"]).await;
    let shown: Vec<_> = inbox
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["task_id"].as_str())
        .collect();
    assert_eq!(shown, [Some(failed), Some(blocked.as_str())]);
    let stuck = json(&server, &["inbox", "--kind", "stuck"]).await;
    assert_eq!(stuck.as_array().unwrap().len(), 1);
    assert_eq!(stuck[0]["task_id"], blocked);
    let said = say(&server, &["inbox", "-n", "1"]).await;
    assert!(
        said.out.contains(failed) && !said.out.contains(&blocked),
        "{}",
        said.out
    );
    assert!(said.err.contains("There is more"), "{}", said.err);
}
