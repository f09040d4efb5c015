//! What is watched is shown again when it changes, and ends with Ctrl-C.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::server::Server;
use crate::{json, new_task};

/// Reads documents until one is as wanted; each is one line.
async fn until(
    lines: &mut tokio::io::Lines<BufReader<tokio::process::ChildStdout>>,
    wanted: impl Fn(&Value) -> bool,
) {
    let look = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it goes on");
            let document: Value = serde_json::from_str(&line).unwrap();
            if wanted(&document) {
                return;
            }
        }
    };
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, look).await.unwrap();
}

async fn interrupt(child: &mut tokio::process::Child) -> i32 {
    let pid = child.id().unwrap().to_string();
    let sent = std::process::Command::new("kill")
        .args(["-INT", &pid])
        .status();
    assert!(sent.unwrap().success());
    child.wait().await.unwrap().code().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_shown_again_when_it_changes() {
    let server = Server::start().await;
    for words in [
        &["tasks", "list"][..],
        &["board"],
        &["inbox"],
        &["runs", "list"],
        &["workers", "list"],
    ] {
        let mut words = words.to_vec();
        words.extend(["--watch", "--json"]);
        let mut child = server.dashctl(&words).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        until(&mut lines, |_| true).await;
        let title = format!("seen by {}", words[0]);
        let task = new_task(&server, &title).await;
        let claim = ["--worker", "w"];
        json(&server, &[&["tasks", "claim", &task][..], &claim].concat()).await;
        let asked = ["questions", "ask", &title, "--task", &task];
        json(&server, &asked).await;
        match words[0] {
            // A worker that claims by hand is no worker that comes and goes; what changed is told all the same.
            "workers" => until(&mut lines, Value::is_array).await,
            _ => until(&mut lines, |shown| shown.to_string().contains(&title)).await,
        }
        assert_eq!(interrupt(&mut child).await, 0, "{words:?}");
    }
}
